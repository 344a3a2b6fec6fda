package deflection

import (
	"context"
	"errors"
	"slices"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// Typing is what a visitor typed and was shown.
type Typing struct {
	Attempt string // that the page carries: how an unlinked visit goes on; "" starts one
	Surface Surface
	Query   string
	Shown   []Offer // what the visitor may see, best first
}

// Typed records what a visitor typed and was shown, as one attempt a visitor,
// surface and visit. visitor is the browser's secret, "" for who is not to be
// tracked. It returns nil without an error for staff, whose looking around is
// no attempt, and for an empty query.
func (s *Service) Typed(ctx context.Context, visitor string, by community.Actor, in Typing) (*Attempt, error) {
	query := firstRunes(in.Query, maxQuery)
	if by.Staff() || normal(query) == "" {
		return nil, nil
	}
	in.Query, in.Shown = query, in.Shown[:min(len(in.Shown), maxShown)]
	hash := hashOf(visitor)
	for range 4 {
		a, err := s.goOn(ctx, hash, by, in)
		if err != nil || a != nil {
			return a, err
		}
		a = s.begin(hash, by, in)
		err = s.attempts.Insert(ctx, a)
		if !errors.Is(err, store.ErrExists) {
			return a, err
		}
	}
	return nil, store.ErrBusy
}

func (s *Service) begin(hash string, by community.Actor, in Typing) *Attempt {
	now := s.now()
	a := &Attempt{Visitor: hash, Surface: in.Surface, Outcome: Ongoing, Live: true, Started: now,
		Idle: s.session.Milliseconds(), Within: s.window.Milliseconds()}
	if hash != "" {
		a.Member = by.ID
	}
	a.ID = store.Token()[:26]
	a.typed(in.Query, in.Shown, now)
	return a
}

// goOn continues the visit that goes on; nil when there is none.
func (s *Service) goOn(ctx context.Context, hash string, by community.Actor, in Typing) (*Attempt, error) {
	id := in.Attempt
	if hash != "" {
		a, err := s.attempts.First(ctx, store.Where("current", currentOf(hash, in.Surface)))
		if err != nil {
			return nil, fault.IgnoreAbsent(store.IgnoreAbsent(err))
		}
		id = a.ID
	}
	if id == "" {
		return nil, nil
	}
	a, err := s.attempts.Update(ctx, id, func(a *Attempt) error {
		now := s.now()
		if a.lapse(now); a.Live && a.Visitor == hash && a.Surface == in.Surface {
			a.join(by)
			a.typed(in.Query, in.Shown, now)
		}
		return nil
	})
	if err != nil || !a.Live || a.Visitor != hash || a.Surface != in.Surface {
		return nil, fault.IgnoreAbsent(store.IgnoreAbsent(err))
	}
	return a, nil
}

// join notes who is signed in, for a visit that may be linked at all.
func (a *Attempt) join(by community.Actor) {
	if a.Visitor != "" && !by.Guest() {
		a.Member = by.ID
	}
}

// Opened records that the visitor opened a thread, which they must be able to
// see. fault.Gone when the attempt is not (any more) theirs.
func (s *Service) Opened(ctx context.Context, visitor string, by community.Actor, attempt, thread string) (*Attempt, error) {
	t, err := s.people.Thread(ctx, by, thread)
	if err != nil {
		return nil, err
	}
	first, err := s.solution(ctx, by, t, "")
	if err != nil {
		return nil, err
	}
	return s.sign(ctx, visitor, by, attempt, func(a *Attempt, now store.Millis) error {
		if a.Outcome != Ongoing && a.Outcome != Abandoned && a.Outcome != Failed {
			return store.ErrUnchanged
		}
		a.join(by)
		a.led(first)
		a.open(thread, now)
		return nil
	})
}

// Solved records that the visitor's problem is solved by an answer of a thread
// they were led to. answer may be empty when the thread itself says which it
// is: the accepted one, or the only one. The author is told, and credited once
// an attempt; never for who is helped by an answer of their own.
func (s *Service) Solved(ctx context.Context, visitor string, by community.Actor, attempt, thread, answer string) (*Attempt, error) {
	t, err := s.people.Thread(ctx, by, thread)
	if err != nil {
		return nil, err
	}
	if !by.Guest() && t.Author == by.ID {
		return nil, fault.New(fault.Forbidden, "This is your own question: accept the answer that solved it.")
	}
	sol, err := s.solution(ctx, by, t, answer)
	if err != nil {
		return nil, err
	}
	return s.sign(ctx, visitor, by, attempt, func(a *Attempt, now store.Millis) error {
		switch {
		case !a.has(thread):
			return fault.New(fault.Invalid, "This question was not part of your search. Open it from there, and say so then.")
		case a.Asked != "" || a.Case != "":
			return fault.New(fault.Conflict, "You asked about it meanwhile. Accept the answer to your own question when it is solved.")
		case a.Outcome == Confirmed && *a.Solved == sol:
			return store.ErrUnchanged
		}
		a.join(by)
		a.solve(sol, now)
		return s.emit(a, now)
	})
}

// solution finds out which answer of a thread is meant.
func (s *Service) solution(ctx context.Context, by community.Actor, t *community.Thread, answer string) (Solution, error) {
	sol := Solution{Thread: t.ID}
	if answer == "" {
		list, err := s.people.Answers(ctx, by, t, "", 2)
		if err != nil {
			return sol, err
		}
		if len(list.Items) == 1 || (len(list.Items) > 1 && t.Accepted != nil && list.Items[0].ID == t.Accepted.Answer) {
			sol.Answer, sol.Author = list.Items[0].ID, list.Items[0].Author
		}
		return sol, nil
	}
	a, _, err := s.people.Answer(ctx, by, answer)
	if err != nil {
		return sol, err
	}
	if a.Thread != t.ID || a.Removed != nil {
		return sol, fault.Field("answer", "This answer does not belong to the question. Look at it again.")
	}
	sol.Answer, sol.Author = a.ID, a.Author
	return sol, nil
}

// NotYet records that a thread did not solve the problem, or not after all: the
// visit goes on then.
func (s *Service) NotYet(ctx context.Context, visitor string, by community.Actor, attempt, thread string) (*Attempt, error) {
	a, err := s.notYet(ctx, visitor, by, attempt, thread, true)
	if errors.Is(err, store.ErrExists) { // another visit goes on already
		a, err = s.notYet(ctx, visitor, by, attempt, thread, false)
	}
	return a, err
}

func (s *Service) notYet(ctx context.Context, visitor string, by community.Actor, attempt, thread string, reopen bool) (*Attempt, error) {
	return s.sign(ctx, visitor, by, attempt, func(a *Attempt, now store.Millis) error {
		if !a.has(thread) {
			return store.ErrUnchanged
		}
		confirmed := a.Outcome == Confirmed
		a.join(by)
		if a.deny(thread, now, reopen); confirmed && a.Outcome != Confirmed {
			return s.emit(a, now)
		}
		return nil
	})
}

// Asked records that the visitor asked a question: from this attempt, which
// may be empty, and by that with whatever else they had tried. It may be
// repeated, and never fails for an attempt that is not theirs.
func (s *Service) Asked(ctx context.Context, visitor string, by community.Actor, attempt, thread string) error {
	t, err := s.people.Thread(ctx, by, thread)
	if err != nil {
		return err
	}
	back := comeback{thread: t.ID, at: t.Created, topic: t.Title, direct: true}
	if attempt != "" {
		_, err := s.sign(ctx, visitor, by, attempt, func(a *Attempt, _ store.Millis) error { a.join(by); return s.take(a, back) })
		if err != nil && !fault.Is(err, fault.Gone) {
			return err
		}
	}
	back.direct = false
	if visitor == "" {
		return nil
	}
	return s.comeBack(ctx, store.Where("visitor", hashOf(visitor)), back)
}

// HandOver lets an attempt go on elsewhere in the same browser: from a frame on
// a company's page, where it has the secret from, to the community's own pages,
// where it has another. Without one there, or while a visit goes on there, the
// attempt is known by its own id alone from now on. Who is not tracked stays so.
func (s *Service) HandOver(ctx context.Context, from, to, attempt string) error {
	give := func(to string) error {
		_, err := s.sign(ctx, from, community.Actor{}, attempt, func(a *Attempt, _ store.Millis) error {
			if a.Visitor == "" || a.Visitor == to {
				return store.ErrUnchanged
			}
			a.Visitor = to
			a.derive()
			return nil
		})
		return err
	}
	err := give(hashOf(to))
	if errors.Is(err, store.ErrExists) {
		err = give("")
	}
	return err
}

// sign changes an attempt of this visitor's by a sign of life.
func (s *Service) sign(ctx context.Context, visitor string, by community.Actor, attempt string, apply func(*Attempt, store.Millis) error) (*Attempt, error) {
	if attempt == "" {
		return nil, errOver
	}
	hash := hashOf(visitor)
	a, err := s.attempts.Update(ctx, attempt, func(a *Attempt) error {
		now := s.now()
		theirs := a.Visitor == "" || a.Visitor == hash || (a.Member != "" && a.Member == by.ID)
		if !theirs || now >= after(a.Started, Window) {
			return errOver
		}
		a.lapse(now)
		return apply(a, now)
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, errOver
	}
	return a, err
}

// take lets an attempt take that its visitor came back.
func (s *Service) take(a *Attempt, back comeback) error {
	confirmed := a.Outcome == Confirmed
	if !a.returned(back) {
		return store.ErrUnchanged
	}
	if confirmed {
		return s.emit(a, back.at)
	}
	return nil
}

// emit lets the attempt's next write carry that it was confirmed, or is not any
// more.
func (s *Service) emit(a *Attempt, at store.Millis) error {
	if !a.Emit(s.routes, a.ID, outbox.Event{Kind: settled, At: at}) {
		return errBusy
	}
	return nil
}

func firstRunes(s string, n int) string {
	r := []rune(s)
	return string(r[:min(len(r), n)])
}

// Adopt keeps an attempt of another time as it is, once: for demonstrations and
// imports. Nobody is told or credited. What only serves indexes is computed.
func (s *Service) Adopt(ctx context.Context, a *Attempt) (inserted bool, err error) {
	switch {
	case !slices.Contains(Outcomes, a.Outcome) || !slices.Contains(Surfaces, a.Surface):
		return false, fault.Field("outcome", "An attempt needs an outcome and a surface that exist.")
	case a.Outcome == Confirmed && a.Solved == nil:
		return false, fault.Field("solved", "A confirmed attempt says what solved it.")
	case a.Started <= 0 || a.Updated < a.Started || a.Outcome != Ongoing && a.Ended < a.Started:
		return false, fault.Field("started", "An attempt begins before it goes on and ends.")
	case len(a.Shown) > maxShown || len(a.Opened) > maxOpened || len(a.Denied) > maxOpened || len(a.Credited) > maxCredited:
		return false, fault.Field("shown", "An attempt lists at most %d threads shown and %d opened.", maxShown, maxOpened)
	}
	a.Query = firstRunes(a.Query, maxQuery)
	if a.QueryHash = ""; a.Query != "" {
		a.QueryHash = store.DeriveID("query", normal(a.Query))
	}
	a.Live = a.Outcome == Ongoing
	a.derive()
	_, inserted, err = s.attempts.Put(ctx, a)
	return inserted, err
}
