package reputation

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"selfie/community"
	"selfie/internal/store"
)

// What a fact causes, leaving aside whether its post is removed: that is for
// the verdict, so that a restored post finds its causes.

// ofVote lists the causes of a standing vote. The voter pays for voting an
// answer down, as on Stack Exchange; for a question nothing.
func (r Rules) ofVote(v *community.Vote) []*Cause {
	var list []*Cause
	add := func(member string, k Kind) {
		if member == "" || r.Points[k] == 0 {
			return
		}
		c := causeOf(member, k, v.ID, v.Created)
		c.Post, c.On, c.Thread, c.By = v.Post, v.Kind, v.Thread, v.Voter
		list = append(list, c)
	}
	if k := voteKind(v.Kind, v.Value); k != "" {
		add(v.Author, k)
		if k == AnswerDown {
			add(v.Voter, DownVoting)
		}
	}
	return list
}

func voteKind(on community.Kind, value int64) Kind {
	switch {
	case on == community.AQuestion && value > 0:
		return QuestionUp
	case on == community.AQuestion && value < 0:
		return QuestionDown
	case on == community.AnAnswer && value > 0:
		return AnswerUp
	case on == community.AnAnswer && value < 0:
		return AnswerDown
	case on == community.AComment && value > 0:
		return CommentUp
	}
	return ""
}

// ofAccept lists the causes of an accepted answer: none for one's own answer,
// and nothing for staff who accept in the asker's place.
func (r Rules) ofAccept(t *community.Thread, a *community.Answer) []*Cause {
	if t.Accepted == nil || a == nil || a.Thread != t.ID || a.ID != t.Accepted.Answer || a.Author == t.Author || a.Author == t.Accepted.By {
		return nil
	}
	list := []*Cause{r.ofMark(a.Author, Accepted, t.ID, a, t.Accepted.By, t.Accepted.At)}
	if t.Accepted.By == t.Author {
		list = append(list, r.ofMark(t.Author, Accepting, t.ID, a, t.Author, t.Accepted.At))
	}
	return slices.DeleteFunc(list, func(c *Cause) bool { return c == nil })
}

// ofVerify lists the cause of a confirmed answer: none for one's own.
func (r Rules) ofVerify(a *community.Answer) []*Cause {
	if a.Verified == nil || a.Verified.By == a.Author {
		return nil
	}
	if c := r.ofMark(a.Author, Verified, a.ID, a, a.Verified.By, a.Verified.At); c != nil {
		return []*Cause{c}
	}
	return nil
}

func (r Rules) ofMark(member string, k Kind, fact string, a *community.Answer, by string, at store.Millis) *Cause {
	if member == "" || r.Points[k] == 0 {
		return nil
	}
	c := causeOf(member, k, fact, at, a.ID, strconv.FormatInt(int64(at), 10))
	c.Post, c.On, c.Thread, c.By = a.ID, community.AnAnswer, a.Thread, by
	return c
}

// judge tells from the present facts what has become of a cause.
func (s *Service) judge(ctx context.Context, c *Cause) (Verdict, error) {
	v := Verdict{}
	struck, err := s.judgeFact(ctx, c)
	if err != nil {
		return v, err
	}
	place, tags, err := s.judgePlace(ctx, c)
	if err != nil {
		return v, err
	}
	if v.Struck = struck; struck == "" {
		v.Struck = place
	}
	v.Standing, v.Tags = v.Struck == "", tags
	return v, nil
}

// judgeFact says why the fact itself counts no more, or "".
func (s *Service) judgeFact(ctx context.Context, c *Cause) (Struck, error) {
	switch c.Kind {
	case Helped:
		if !c.Given {
			return Revoked, nil
		}
		return "", nil
	case Accepted, Accepting:
		t, err := s.facts.Threads.Get(ctx, c.Thread)
		if err != nil {
			return missing(err)
		}
		a, err := s.facts.Answers.Get(ctx, c.Post)
		if err != nil {
			return missing(err)
		}
		return among(c, s.rules.ofAccept(t, a), Undone), nil
	case Verified:
		a, err := s.facts.Answers.Get(ctx, c.Post)
		if err != nil {
			return missing(err)
		}
		return among(c, s.rules.ofVerify(a), Undone), nil
	}
	v, err := s.facts.Votes.Get(ctx, c.Fact)
	if err != nil {
		return missing(err)
	}
	return among(c, s.rules.ofVote(v), TakenBack), nil
}

func among(c *Cause, standing []*Cause, otherwise Struck) Struck {
	if slices.ContainsFunc(standing, func(x *Cause) bool { return x.ID == c.ID }) {
		return ""
	}
	return otherwise
}

// judgePlace says whether the post and its thread are there to be read, and the
// thread's tags.
func (s *Service) judgePlace(ctx context.Context, c *Cause) (Struck, []string, error) {
	if c.Thread == "" {
		return "", nil, nil
	}
	t, err := s.facts.Threads.Get(ctx, c.Thread)
	if err != nil {
		struck, err := missing(err)
		return struck, nil, err
	}
	if t.Removed != nil {
		return Removed, t.Tags, nil
	}
	p, err := s.postOf(ctx, c, t)
	if err != nil {
		struck, err := missing(err)
		return struck, t.Tags, err
	}
	if p.Removed != nil {
		return Removed, t.Tags, nil
	}
	return "", t.Tags, nil
}

func (s *Service) postOf(ctx context.Context, c *Cause, t *community.Thread) (*community.Post, error) {
	switch c.On {
	case community.AnAnswer:
		a, err := s.facts.Answers.Get(ctx, c.Post)
		if err != nil {
			return nil, err
		}
		return &a.Post, nil
	case community.AComment:
		m, err := s.facts.Comments.Get(ctx, c.Post)
		if err != nil {
			return nil, err
		}
		return &m.Post, nil
	}
	return &t.Post, nil
}

func missing(err error) (Struck, error) {
	if errors.Is(err, store.ErrNotFound) {
		return Missing, nil
	}
	return "", err
}
