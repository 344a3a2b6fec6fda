package deflection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"selfie/community/notify"
	"selfie/internal/store"
)

// Help is how many people a member's answers helped in some time, by when they
// were helped. Who said so once is one person, however often.
type Help struct {
	People int64 // said that it solved their problem
	Maybe  int64 // visits that read an answer and left without a word
}

// mostCounted bounds the attempts that are looked at; beyond, it were more.
const mostCounted = 2000

// HelpOf counts whom a member's answers helped from `from` to before `to`.
func (s *Service) HelpOf(ctx context.Context, member string, from, to time.Time) (h Help, err error) {
	begin, end := store.At(from), store.At(to)-1
	q := store.Where("solved.author", member).And("outcome", Confirmed).Between("ended", begin, end)
	var list []*Attempt
	err = s.attempts.Each(ctx, q.Order("ended").Limit(store.MaxLimit), func(a *Attempt) error {
		if list = append(list, a); len(list) >= mostCounted {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return h, err
	}
	h.People = peopleOf(list, member)
	h.Maybe, err = s.attempts.Count(ctx, store.Where("maybe[]", member).Between("ended", begin, end))
	return h, err
}

// peopleOf counts the different visitors of attempts, but for the author. Those
// who cannot be told apart are one person a day for each answer, as they are told
// of: else one could be many.
func peopleOf(list []*Attempt, author string) (n int64) {
	had := map[string]bool{}
	for _, a := range list {
		who := cmp.Or(a.Member, a.Visitor)
		if who == "" {
			who = a.Solved.Answer + a.Ended.Time().Format(time.DateOnly)
		}
		if who == author || had[who] {
			continue
		}
		had[who] = true
		n++
	}
	return n
}

// week remembers that its authors were told.
type week struct {
	store.Meta
	From store.Millis `json:"from"`
	Told int64        `json:"told"` // authors
}

// toldFrom is from how many people on a week is worth a word: of a single one
// the author heard at once.
const toldFrom = 2

// tellWeek tells authors, once the week is over, how many their answers helped in
// it. A week begins on Monday, UTC. Who was told before a crash is not told
// again: notice and mail have ids derived from the week.
func (s *Service) tellWeek(ctx context.Context) error {
	to := monday(s.now().Time())
	from := to.AddDate(0, 0, -7)
	id := "week-" + from.Format(time.DateOnly)
	if _, err := s.weeks.Get(ctx, id); !errors.Is(err, store.ErrNotFound) || s.inbox == nil {
		return err
	}
	authors := map[string]bool{}
	err := s.attempts.Each(ctx, store.Where("outcome", Confirmed).Between("ended", store.At(from), store.At(to)-1).Order("ended"), func(a *Attempt) error {
		if a.Solved != nil && a.Solved.Author != "" {
			authors[a.Solved.Author] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	w := &week{Meta: store.Meta{ID: id}, From: store.At(from)}
	for _, author := range slices.Sorted(maps.Keys(authors)) {
		h, err := s.HelpOf(ctx, author, from, to)
		if err == nil && h.People >= toldFrom {
			w.Told++
			err = s.tellHelp(ctx, author, id, h)
		}
		if err != nil {
			return err
		}
	}
	_, _, err = s.weeks.Put(ctx, w)
	return err
}

func (s *Service) tellHelp(ctx context.Context, author, week string, h Help) error {
	says := fmt.Sprintf("Your answers helped %d people last week.", h.People)
	more := "They found what you had written, and said that it solved their problem. Thank you!"
	if h.Maybe > 0 {
		more += fmt.Sprintf(" %d more read it and left without a word; it may have helped them too.", h.Maybe)
	}
	return s.inbox.Write(ctx, "helped:"+week+":"+author,
		notify.Notice{Member: author, Kind: notify.NoticeWeek, Text: says, Link: "/members/" + author + "/points"},
		notify.Letter{Subject: says, Text: says + " " + more})
}

// monday is the beginning of a moment's week.
func monday(t time.Time) time.Time {
	t = t.UTC()
	back := (int(t.Weekday()) + 6) % 7
	return time.Date(t.Year(), t.Month(), t.Day()-back, 0, 0, 0, 0, time.UTC)
}
