package saved

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
	"selfie/search"
)

func isTaken(err error) bool { return errors.Is(err, store.ErrExists) }

// onNews notes a question that may be new to others.
func (s *Service) onNews(ctx context.Context, d outbox.Delivery) error {
	if d.Post != "" && d.Post != d.Thread { // an answer, or a comment
		return nil
	}
	n := &news{Meta: store.Meta{ID: store.DeriveID("news", d.ID)}, Thread: d.Thread, At: d.At}
	_, _, err := s.news.Put(ctx, n)
	return err
}

// pass holds what is new against the searches, and tells what is due.
func (s *Service) pass(ctx context.Context) error {
	if s.finder == nil {
		return nil
	}
	for {
		more, err := s.hold(ctx)
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	due := store.All().Between("due", 1, s.now()).Order("due")
	if err := s.searches.Each(ctx, due, func(x *Search) error { return s.tell(ctx, x.ID) }); err != nil {
		return err
	}
	old := store.Where("waiting", false).Between("at", nil, after(s.now(), -keepHits)).Order("at")
	return s.hits.Each(ctx, old, func(h *Hit) error { return store.IgnoreAbsent(s.hits.Delete(ctx, h.ID, 0)) })
}

// hold takes some news, as many as are looked at together; more tells that there
// were others. News are dropped when all searches were held against them: after
// a crash in between they are gone through again, which changes nothing.
func (s *Service) hold(ctx context.Context) (more bool, err error) {
	page, err := s.news.Find(ctx, store.All().Order("at").Limit(newsAPass))
	if err != nil || len(page.Items) == 0 {
		return false, err
	}
	at := map[string]store.Millis{} // since when a question is new
	var ids []string
	for _, n := range page.Items {
		if _, had := at[n.Thread]; !had {
			ids = append(ids, n.Thread)
		}
		at[n.Thread] = max(at[n.Thread], n.At)
	}
	found, err := s.finder.Gather(ctx, ids)
	if err != nil {
		return false, err
	}
	err = s.searches.Each(ctx, store.All(), func(x *Search) error { return s.holdOne(ctx, x, found, at) })
	if err != nil {
		return false, err
	}
	for _, n := range page.Items {
		if err := s.news.Delete(ctx, n.ID, 0); store.IgnoreAbsent(err) != nil {
			return false, err
		}
	}
	return page.Next != "", nil
}

// holdOne notes which of the questions a search finds, with its member's rights.
func (s *Service) holdOne(ctx context.Context, x *Search, found *search.Gathered, at map[string]store.Millis) error {
	if !found.MayMeet(x.Query) {
		return nil
	}
	m, err := s.people.Member(ctx, x.Member)
	if err != nil || m.Closed != 0 {
		return fault.IgnoreAbsent(err)
	}
	met, err := found.Meet(ctx, m.Actor(), x.Query)
	if fault.Is(err, fault.Invalid) {
		return nil // of another version's language
	}
	if err != nil {
		return err
	}
	for _, t := range met {
		if t.Author == x.Member || at[t.ID] < x.Created {
			continue
		}
		h := &Hit{Meta: store.Meta{ID: store.DeriveID("saved-hit", x.ID, t.ID)}, Search: x.ID, Member: x.Member, Thread: t.ID, At: s.now(), Waiting: true}
		standing, _, err := s.hits.Put(ctx, h)
		if err != nil {
			return err
		}
		if standing.Waiting {
			if err := s.schedule(ctx, x.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// schedule lets a search tell as soon as it may.
func (s *Service) schedule(ctx context.Context, id string) error {
	_, err := s.searches.Update(ctx, id, func(x *Search) error {
		if x.Due != 0 {
			return store.ErrUnchanged
		}
		x.Due = s.now()
		if x.Told != 0 {
			x.Due = max(x.Due, after(x.Told, pause))
		}
		return nil
	})
	return store.IgnoreAbsent(err)
}

// tell says in one word what waits for a search. What the word is about is
// written down first, so that a crash neither repeats nor loses it.
func (s *Service) tell(ctx context.Context, id string) error {
	page, err := s.hits.Find(ctx, store.Where("search", id).And("waiting", true).Order("at").Limit(tellMost))
	if err != nil {
		return err
	}
	x, err := s.searches.Update(ctx, id, func(x *Search) error {
		if len(x.Telling) > 0 {
			return store.ErrUnchanged
		}
		x.Telling, x.Told = nil, s.now()
		for _, h := range page.Items {
			x.Telling = append(x.Telling, h.ID)
		}
		return nil
	})
	if err != nil {
		return store.IgnoreAbsent(err)
	}
	if err := s.say(ctx, x); err != nil {
		return err
	}
	for _, hit := range x.Telling {
		_, err := s.hits.Update(ctx, hit, func(h *Hit) error { h.Waiting = false; return nil })
		if store.IgnoreAbsent(err) != nil {
			return err
		}
	}
	left, err := s.hits.Find(ctx, store.Where("search", id).And("waiting", true).Order("at").Limit(1))
	if err != nil {
		return err
	}
	_, err = s.searches.Update(ctx, id, func(x *Search) error {
		x.Telling, x.Due = nil, 0
		if len(left.Items) > 0 {
			x.Due = after(x.Told, pause)
		}
		return nil
	})
	return store.IgnoreAbsent(err)
}

// say puts the word before the member, about what they still see.
func (s *Service) say(ctx context.Context, x *Search) error {
	m, err := s.people.Member(ctx, x.Member)
	if err != nil || m.Closed != 0 || s.inbox == nil {
		return fault.IgnoreAbsent(err)
	}
	hits, err := s.hits.GetMany(ctx, x.Telling)
	if err != nil {
		return err
	}
	var ids []string
	for _, id := range x.Telling {
		if h := hits[id]; h != nil {
			ids = append(ids, h.Thread)
		}
	}
	seen, err := s.people.ThreadsByID(ctx, m.Actor(), ids)
	if err != nil {
		return err
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return seen[id] == nil })
	if len(ids) == 0 {
		return nil
	}
	last := ids[len(ids)-1]
	text := fmt.Sprintf("It fits your saved search “%s”%s.", x.Query, besides(len(ids)-1))
	return s.inbox.Write(ctx, fmt.Sprint("saved:", x.ID, ":", x.Created, ":", x.Told), notify.Notice{Member: x.Member, Kind: notify.NoticeSaved,
		Thread: last, Post: community.Ref{Kind: community.AQuestion, ID: last}, By: seen[last].Author, Text: text}, x.letter(ids, seen))
}

func besides(more int) string {
	switch more {
	case 0:
		return ""
	case 1:
		return ", and so does one more"
	}
	return fmt.Sprintf(", and so do %d more", more)
}

// mailMost is how many questions a mail lists.
const mailMost = 10

// letter lists the questions, the latest first.
func (x *Search) letter(ids []string, seen map[string]*community.Thread) notify.Letter {
	l := notify.Letter{Subject: fmt.Sprintf("New question for “%s”: %s", x.Query, seen[ids[len(ids)-1]].Title),
		Text: fmt.Sprintf("A new question fits your saved search “%s”:", x.Query)}
	if len(ids) > 1 {
		l.Subject = fmt.Sprintf("%d new questions for “%s”", len(ids), x.Query)
		l.Text = fmt.Sprintf("New questions fit your saved search “%s”:", x.Query)
	}
	for _, id := range slices.Backward(ids) {
		if len(l.List) == mailMost {
			l.List = append(l.List, notify.Entry{Title: fmt.Sprintf("… and %d more:", len(ids)-mailMost), Path: "/search?q=" + url.QueryEscape(x.Query)})
			break
		}
		l.List = append(l.List, notify.Entry{Title: seen[id].Title, Path: "/threads/" + id})
	}
	l.List = append(l.List, notify.Entry{Title: "Your saved searches, to see or drop them:", Path: "/saved"})
	return l
}
