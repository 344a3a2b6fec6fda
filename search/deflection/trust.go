package deflection

import (
	"context"
	"errors"
	"slices"
	"time"

	"selfie/community"
	"selfie/community/markup"
	"selfie/internal/fault"
	"selfie/internal/store"
)

// Trust says whether answers are suggested, and from which likeness on; one
// document, "suggestions". What is learned is learned anew every day; whether it
// is used is an admin's decision.
type Trust struct {
	store.Meta
	Calibration
	Off bool         `json:"off,omitempty"` // an admin switched suggestions off
	At  store.Millis `json:"at,omitempty"`  // when it was learned; 0 is never

	// Again says that an admin wants it learned anew, before its day.
	Again bool `json:"again,omitempty"`
}

// On reports whether suggestions are made.
func (t *Trust) On() bool { return t.Proven && !t.Off }

const trustID = "suggestions"

// The pace and the bounds of learning.
const (
	relearn      = 24 * time.Hour
	learnLook    = 5 * time.Minute
	maxQuestions = 500 // the latest of each space and kind
	maxVerdicts  = 1000
	maxHeard     = 500 // attempts of each outcome
	maxLooked    = 4000
)

func (s *Service) trust(ctx context.Context) (*Trust, error) {
	t, err := s.trusts.Get(ctx, trustID)
	if errors.Is(err, store.ErrNotFound) {
		return &Trust{}, nil
	}
	return t, err
}

// Trust tells an admin what is known about suggestions.
func (s *Service) Trust(ctx context.Context, by community.Actor) (*Trust, error) {
	if err := s.administers(by); err != nil {
		return nil, err
	}
	return s.trust(ctx)
}

// SwitchSuggestions lets answers be suggested, or no longer: those that stand
// are hidden too then. On says only that they may be: whether any is made is
// for the evidence to say.
func (s *Service) SwitchSuggestions(ctx context.Context, by community.Actor, on bool) (*Trust, error) {
	if err := s.administers(by); err != nil {
		return nil, err
	}
	return s.trusts.Upsert(ctx, trustID, freshTrust, func(t *Trust) error {
		if t.Off == !on {
			return store.ErrUnchanged
		}
		t.Off = !on
		return nil
	})
}

func freshTrust() *Trust { return &Trust{Meta: store.Meta{ID: trustID}} }

func (s *Service) administers(by community.Actor) error {
	switch {
	case by.Guest():
		return fault.New(fault.Unauthorized, "Please sign in first. What you typed is kept.")
	case !by.IsAdmin():
		return fault.New(fault.NotFound, "There is no such page, or it is not for everyone. Check the address, or search for what you need.")
	}
	return nil
}

// learnDue learns once a day, and when an admin asks for it.
func (s *Service) learnDue(ctx context.Context) error {
	t, err := s.trust(ctx)
	if err != nil || t.At != 0 && !t.Again && s.now() < after(t.At, relearn) {
		return err
	}
	return s.learn(ctx)
}

// Learn has it learned anew within minutes, for an admin: it takes longer than a
// request may.
func (s *Service) Learn(ctx context.Context, by community.Actor) (*Trust, error) {
	if err := s.administers(by); err != nil {
		return nil, err
	}
	if s.finder == nil || !s.finder.Ready() {
		return nil, fault.New(fault.Unavailable, "The search is being prepared. Please try again in a moment.")
	}
	return s.trusts.Upsert(ctx, trustID, freshTrust, func(t *Trust) error { t.Again = true; return nil })
}

func (s *Service) learn(ctx context.Context) error {
	if s.finder == nil || !s.finder.Ready() {
		return nil
	}
	list, err := s.evidence(ctx)
	if fault.Is(err, fault.Unavailable) {
		return nil // the index is made anew meanwhile
	}
	if err != nil {
		return err
	}
	found := calibrate(list)
	_, err = s.trusts.Upsert(ctx, trustID, freshTrust, func(t *Trust) error {
		t.Calibration, t.At, t.Again = found, s.now(), false
		return nil
	})
	return err
}

// evidence gathers what is known about suggestions, as they would be made by
// today's ranking: among the threads that were solved before each question.
//
//   - What askers said of suggestions.
//   - Questions that became duplicates: it fits if it is the original.
//   - Questions of the same time that were solved by an answer of their own: it
//     does not fit. Some of them had been answered before, unnoticed; that makes
//     the judgement harder on suggestions, never easier.
//   - Visitors' attempts: it fits if the visitor said that it did, and does not
//     if they opened it and asked or said no. Whatever they did not open is no
//     evidence.
func (s *Service) evidence(ctx context.Context) (list []judged, err error) {
	e := &inquiry{s: s, ctx: ctx}
	for _, step := range []func() error{e.verdicts, e.questions, e.attempts} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return e.list, nil
}

// inquiry gathers evidence.
type inquiry struct {
	s      *Service
	ctx    context.Context
	list   []judged
	looked int
}

func (e *inquiry) verdicts() error {
	for _, v := range []Verdict{Fitted, Declined} {
		q := store.Where("verdict", v).Order("at").Reverse().Limit(maxVerdicts)
		page, err := e.s.suggestions.Find(e.ctx, q)
		if err != nil {
			return err
		}
		for _, sg := range page.Items {
			e.list = append(e.list, judged{"thread:" + sg.Thread, fromAnswer, sg.Share, v == Fitted})
		}
	}
	return nil
}

// questions holds the latest questions of every public space against what was
// solved before them: duplicates and others over the same time, so that both
// are as frequent as in life.
func (e *inquiry) questions() error {
	spaces, err := e.s.people.Spaces(e.ctx, community.Actor{})
	if err != nil {
		return err
	}
	for _, sp := range spaces {
		if sp.Visibility != community.Public {
			continue
		}
		duplicates, since, err := e.latest(sp.ID, community.OnDuplicate)
		if err != nil {
			return err
		}
		others, from, err := e.latest(sp.ID, community.OnOpen)
		if err != nil {
			return err
		}
		for _, t := range slices.Concat(duplicates, others) {
			if t.Created < max(since, from) {
				continue
			}
			if err := e.question(t); err != nil {
				return err
			}
		}
	}
	return nil
}

// latest lists the latest threads of a shelf; since is when the oldest of them
// was asked, if there are older ones.
func (e *inquiry) latest(space string, on community.Shelf) (list []*community.Thread, since store.Millis, err error) {
	page, err := e.s.people.Records().Threads.Find(e.ctx, store.Where("space", space).And("stats.shelf", on).Order("-created").Limit(maxQuestions))
	if page.Next != "" {
		since = page.Items[len(page.Items)-1].Created
	}
	return page.Items, since, err
}

func (e *inquiry) question(t *community.Thread) error {
	if t.Private || t.Duplicate == nil && t.Accepted == nil {
		return nil
	}
	m, err := e.look(wanted{title: t.Title, body: markup.Text(t.HTML), exclude: t.ID, asker: t.Author, at: t.Created})
	if err != nil || m == nil {
		return err
	}
	j := judged{"thread:" + t.ID, fromOwn, m.share, false}
	if t.Duplicate != nil {
		root, err := e.s.people.Root(e.ctx, community.System, t)
		if err != nil {
			return fault.IgnoreAbsent(err)
		}
		j.from, j.fits = fromDuplicate, root.ID == m.thread.ID
	}
	e.list = append(e.list, j)
	return nil
}

// look is fitting, as long as not too much was looked for.
func (e *inquiry) look(w wanted) (*match, error) {
	if e.looked++; e.looked > maxLooked {
		return nil, nil
	}
	return e.s.fitting(e.ctx, w)
}

func (e *inquiry) attempts() error {
	for _, o := range []Outcome{Confirmed, Failed, Revoked} {
		page, err := e.s.attempts.Find(e.ctx, store.Where("offered", true).And("outcome", o).Order("started").Reverse().Limit(maxHeard))
		if err != nil {
			return err
		}
		for _, a := range page.Items {
			if err := e.attempt(a); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *inquiry) attempt(a *Attempt) error {
	if a.Query == "" {
		return nil
	}
	m, err := e.look(wanted{title: a.Query, exclude: a.Asked, asker: a.Member, at: a.Started})
	if err != nil || m == nil {
		return err
	}
	fits := a.Outcome == Confirmed && a.Solved.Thread == m.thread.ID
	unfit := slices.Contains(a.Denied, m.thread.ID) || a.Outcome != Confirmed && slices.Contains(a.Opened, m.thread.ID)
	if fits != unfit {
		e.list = append(e.list, judged{"query:" + a.QueryHash, fromAttempt, m.share, fits})
	}
	return nil
}
