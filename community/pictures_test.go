package community_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/scene"
	"selfie/internal/store"
)

func TestPictureStories(t *testing.T) {
	stories := map[string]func(*testing.T, store.Engine){
		"each picture is read once":             storyReadOnce,
		"a reader that dies is survived":        storyReaderDies,
		"the same screenshot was answered here": storySameShown,
		"what was never read is read":           storyReread,
	}
	scene.OverEngines(t, func(t *testing.T, fresh func(*testing.T) store.Engine) {
		for name, story := range stories {
			t.Run(name, func(t *testing.T) { story(t, fresh(t)) })
		}
	})
	t.Run("explained", func(t *testing.T) {
		for _, story := range stories {
			e, _ := scene.Explained(t)
			story(t, e)
		}
	})
}

func shot(s *scene.Scene, who, hash, dhash, look string) *community.Upload {
	s.T.Helper()
	u, err := s.Svc.AddUpload(s.Ctx, s.Actor(who), community.Upload{Hash: hash, DHash: dhash, Look: look, Width: 1280, Height: 800,
		Variants: []community.Variant{{Name: "1600", Key: "key of " + hash}}})
	s.OK(err)
	return u
}

// storyReadOnce lets several readers on several nodes take from one shelf.
func storyReadOnce(t *testing.T, e store.Engine) {
	s := scene.New(t, e).As("asker")
	waits := map[string]string{}
	for _, hash := range []string{"a", "b", "c", "d", "e", "f"} {
		waits[shot(s, "asker", hash, "", "").ID] = "key of " + hash
	}
	if n, err := s.Svc.Unread(s.Ctx); err != nil || n != 6 {
		t.Fatalf("%d wait, %v", n, err)
	}
	var mu sync.Mutex
	took := map[string]int{}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				id, key, err := s.Svc.NextPicture(s.Ctx)
				if err != nil || id == "" {
					if err != nil {
						t.Error(err)
					}
					return
				}
				mu.Lock()
				took[id]++
				if waits[id] != key {
					t.Errorf("%s is read from %q", id, key)
				}
				mu.Unlock()
				if err := s.Svc.KeepText(s.Ctx, id, "text of "+key); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for id, key := range waits {
		u, err := s.Svc.OwnUpload(s.Ctx, s.Actor("asker"), id)
		if s.OK(err); took[id] != 1 || u.ReadText() != "text of "+key || u.Reading.At == 0 {
			t.Errorf("%s was taken %d times and says %+v", key, took[id], u.Reading)
		}
	}
	if n, err := s.Svc.Unread(s.Ctx); err != nil || n != 0 {
		t.Errorf("%d wait still, %v", n, err)
	}
	for id := range waits { // a second delivery changes nothing
		s.OK(s.Svc.KeepText(s.Ctx, id, "something else"))
		if u, err := s.Svc.Upload(s.Ctx, s.Actor("asker"), id); err != nil || u.ReadText() != "text of "+waits[id] {
			t.Errorf("read again: %+v, %v", u.Reading, err)
		}
	}
	s.OK(s.Svc.KeepText(s.Ctx, "gone", "text"))
}

// storyReaderDies takes a picture and never gives it back.
func storyReaderDies(t *testing.T, e store.Engine) {
	s := scene.New(t, e).As("asker")
	u := shot(s, "asker", "a", "", "")
	for try := range 3 {
		if id, _, err := s.Svc.NextPicture(s.Ctx); err != nil || id != u.ID {
			t.Fatalf("try %d took %q, %v", try, id, err)
		}
		if id, _, err := s.Svc.NextPicture(s.Ctx); err != nil || id != "" {
			t.Fatalf("what is being read was taken: %q, %v", id, err)
		}
		s.Clock.Advance(3 * time.Minute)
	}
	if id, _, err := s.Svc.NextPicture(s.Ctx); err != nil || id != "" {
		t.Fatalf("it was taken once more: %q, %v", id, err)
	}
	got, err := s.Svc.Upload(s.Ctx, s.By, u.ID)
	if s.OK(err); got.Reading == nil || !got.Reading.Failed || got.Unread != 0 {
		t.Errorf("it was not given up: %+v", got.Reading)
	}
	long := shot(s, "asker", "b", "", "")
	s.OK(s.Svc.KeepText(s.Ctx, long.ID, strings.Repeat("ä", community.MaxReading)+"\xff"))
	if got, err = s.Svc.Upload(s.Ctx, s.By, long.ID); err != nil || len(got.ReadText()) != community.MaxReading {
		t.Errorf("%d bytes were kept, %v", len(got.ReadText()), err)
	}
	_, err = s.Svc.OwnUpload(s.Ctx, s.Actor("other"), u.ID)
	s.Refused(err, fault.NotFound)
}

// storySameShown finds who asked with the same screenshot, as far as it is to
// be seen, and rather where it was solved.
func storySameShown(t *testing.T, e store.Engine) {
	const look, dhash, near = "f0f0aa5533cc0f0ff0f0aa5533cc0f0ff0f0aa5533cc0f0ff0f0aa5533cc0f0f", "f0f0aa5533cc0f0f", "e0f0aa5533cd0f0e"
	s := scene.New(t, e).Space("beta", community.Restricted, "testers")
	s.As("agent").Ask("Hidden from most with this picture", scene.In("beta"), scene.Showing(shot(s, "agent", "a", dhash, look).ID)).Settled()
	hidden := s.Thread.ID
	mine := shot(s, "asker", "mine", near, look)
	same := func(who string) string {
		th, err := s.Svc.SameShown(s.Ctx, s.Actor(who), mine)
		if s.OK(err); th == nil {
			return ""
		}
		return th.ID
	}
	if got := same("asker"); got != "" {
		t.Errorf("a hidden thread is told of: %s", got)
	}
	if got := same("agent"); got != hidden {
		t.Errorf("an agent is told of %q, want %s", got, hidden)
	}
	s.As("one").Ask("Solved with this very picture", scene.Showing(shot(s, "one", "b", dhash, look).ID))
	s.As("helper").Answer("Hold the button down.").As("one").Accept().Settled()
	solved := s.Thread.ID
	s.As("two").Ask("Asked again with this picture", scene.Showing(shot(s, "two", "c", dhash, look).ID)).Settled()
	if got := same("asker"); got != solved {
		t.Errorf("told of %q, want the solved %s", got, solved)
	}
	s.OK(s.Svc.Remove(s.Ctx, s.Actor("moderator"), community.Ref{Kind: community.AQuestion, ID: solved}, "gone"))
	if got := same("asker"); got != s.Thread.ID {
		t.Errorf("told of %q, want the visible %s", got, s.Thread.ID)
	}
}

// storyReread brings in uploads as they were before their text was read.
func storyReread(t *testing.T, e store.Engine) {
	s := scene.New(t, e).As("asker")
	const dhash, look = "f0f0aa5533cc0f0f", "f0f0aa5533cc0f0ff0f0aa5533cc0f0ff0f0aa5533cc0f0ff0f0aa5533cc0f0f"
	bare, read, lost, taken := shot(s, "asker", "bare", "", ""), shot(s, "asker", "read", dhash, look), shot(s, "asker", "lost", "", ""), shot(s, "asker", "taken", "", "")
	s.OK(s.Svc.KeepText(s.Ctx, read.ID, "as it was"))
	s.OK(s.Svc.TakeBack(s.Ctx, s.By, taken.ID))
	for _, u := range []*community.Upload{bare, lost} {
		_, err := s.Svc.Records().Uploads.Update(s.Ctx, u.ID, func(u *community.Upload) error { u.Unread = 0; return nil })
		s.OK(err)
	}
	o := community.Rereading{Look: func(_ context.Context, u *community.Upload) (string, string, string, error) {
		if u.Hash == "lost" {
			return "", "", "", fault.New(fault.NotFound, "There is nothing.")
		}
		return dhash, look, "data:x", nil
	}}
	pass := func(want community.Reread) {
		t.Helper()
		if got, err := s.Svc.RereadUploads(s.Ctx, o); err != nil || got != want {
			t.Errorf("a pass did %+v, %v; want %+v", got, err, want)
		}
	}
	pass(community.Reread{Looked: 4, Queued: 1, Hashed: 1, Lost: 1})
	pass(community.Reread{Looked: 4, Lost: 1})
	if id, _, err := s.Svc.NextPicture(s.Ctx); err != nil || id != bare.ID {
		t.Fatalf("took %q, %v", id, err)
	}
	s.OK(s.Svc.KeepText(s.Ctx, bare.ID, "at last"))
	if u := upload(s, bare.ID); u.ReadText() != "at last" || len(u.Bands) != 4 || u.Look != look || u.Blur != "data:x" {
		t.Errorf("got %+v", u)
	}
	o.All = true
	pass(community.Reread{Looked: 4, Queued: 2, Lost: 1})
	if u := upload(s, read.ID); u.ReadText() != "as it was" {
		t.Errorf("what was read is forgotten before it is read anew: %+v", u)
	}
	s.OK(s.Svc.Unreadable(s.Ctx, read.ID))
	s.OK(s.Svc.KeepText(s.Ctx, bare.ID, "anew"))
	if u, v := upload(s, read.ID), upload(s, bare.ID); u.ReadText() != "as it was" || u.Unread != 0 || v.ReadText() != "anew" {
		t.Errorf("got %+v and %+v", u.Reading, v.Reading)
	}
}
