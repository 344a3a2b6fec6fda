package community_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/scene"
	"selfie/internal/store"
)

// uploaded records a picture of the one who acts.
func uploaded(s *scene.Scene, n int) *community.Upload {
	s.T.Helper()
	u, err := s.Svc.AddUpload(s.Ctx, s.By, community.Upload{
		Hash: fmt.Sprintf("%064x", n), Width: 10, Height: 10, Bytes: 1000, Name: "my-desk.png",
		Variants: []community.Variant{{Name: "1600", Key: fmt.Sprintf("k-%d", n)}},
	})
	s.OK(err)
	return u
}

// upload reads the record of a picture; nil when it is gone.
func upload(s *scene.Scene, id string) *community.Upload {
	s.T.Helper()
	u, err := s.Svc.Records().Uploads.Get(s.Ctx, id)
	s.OK(store.IgnoreAbsent(err))
	return u
}

func swept(s *scene.Scene, dry bool) community.UploadsSwept {
	s.T.Helper()
	n, err := s.Svc.SweepUploads(s.Ctx, dry)
	s.OK(err)
	return n
}

func storySweep(t *testing.T, e store.Engine) {
	s := scene.New(t, e)
	s.As("asker")
	posted, drafted, unused := uploaded(s, 1), uploaded(s, 2), uploaded(s, 3)
	draft := community.Draft{Place: "answer:someday", Body: "Look:\n\n![x](/images/" + drafted.ID + ")"}
	s.OK(s.Svc.SaveDraft(s.Ctx, s.By, draft))
	s.Ask("Router blinks red after the update", scene.Showing(posted.ID)).Settled()

	s.Clock.Advance(community.UnusedFor - time.Minute)
	if n := swept(s, false); n != (community.UploadsSwept{}) {
		t.Fatalf("before its time: %+v", n)
	}
	s.Clock.Advance(2 * time.Minute)
	young := uploaded(s, 4)
	for _, dry := range []bool{true, false} {
		if n := swept(s, dry); n != (community.UploadsSwept{Aside: 1, Bytes: 1000, Kept: 1}) {
			t.Fatalf("dry %t: %+v", dry, n)
		}
	}
	_, err := s.Svc.Ask(s.Ctx, s.By, community.ThreadDraft{Space: "general", Title: "A picture set aside", Body: "See the picture.", Images: []string{unused.ID}})
	s.Refused(err, fault.Invalid)
	if n := swept(s, false); n.Removed != 0 || upload(s, unused.ID) == nil {
		t.Fatalf("gone at once: %+v", n)
	}
	s.Clock.Advance(61 * time.Minute)
	if n := swept(s, true); n.Removed != 1 || upload(s, unused.ID) == nil {
		t.Fatalf("a dry run: %+v", n)
	}
	if n := swept(s, false); n.Removed != 1 || upload(s, unused.ID) != nil {
		t.Fatalf("it is not gone: %+v", n)
	}
	for _, u := range []*community.Upload{posted, drafted, young} {
		if upload(s, u.ID) == nil {
			t.Fatalf("a picture in use is gone: %+v", u)
		}
	}

	draft.Body = "Never mind the picture."
	s.OK(s.Svc.SaveDraft(s.Ctx, s.By, draft))
	swept(s, false)
	s.Clock.Advance(61 * time.Minute)
	if swept(s, false); upload(s, drafted.ID) != nil {
		t.Fatal("the picture outlives its draft")
	}

	wanted := []string{posted.Hash, young.Hash}
	have, err := s.Svc.PicturesAmong(s.Ctx, []string{posted.Hash, drafted.Hash, unused.Hash, young.Hash, fmt.Sprintf("%064x", 99)})
	s.OK(err)
	if len(have) != 2 || !have[wanted[0]] || !have[wanted[1]] {
		t.Fatalf("referred to are %v, want %v", have, wanted)
	}
}

// storySweepRace: a post is composed just before its picture is set aside, and
// written just after; and a draft shows again what was set aside.
func storySweepRace(t *testing.T, e store.Engine) {
	s := scene.New(t, e)
	s.As("asker")
	late, back := uploaded(s, 1), uploaded(s, 2)
	s.Clock.Advance(community.UnusedFor + time.Minute)
	swept(s, false)
	s.Ask("Router blinks red after the update")
	_, err := s.Svc.Records().Threads.Update(s.Ctx, s.Thread.ID, func(t *community.Thread) error { t.Images = []string{late.ID}; return nil })
	s.OK(err)
	s.OK(s.Svc.SaveDraft(s.Ctx, s.By, community.Draft{Place: "ask", Body: "![x](/images/" + back.ID + "/320)"}))
	s.Clock.Advance(61 * time.Minute)
	if n := swept(s, false); n != (community.UploadsSwept{Kept: 2}) {
		t.Fatalf("got %+v", n)
	}
	if u := upload(s, late.ID); u.Aside != 0 || u.Post == nil || *u.Post != s.Question() || u.Thread != s.Thread.ID {
		t.Fatalf("the post's picture is not its own again: %+v", u)
	}
	if u := upload(s, back.ID); u.Aside != 0 || u.Post != nil {
		t.Fatalf("the draft's picture is not usable again: %+v", u)
	}
	_, err = s.Svc.Ask(s.Ctx, s.By, community.ThreadDraft{Space: "general", Title: "From the draft at last", Body: "See the picture.", Images: []string{back.ID}})
	s.OK(err)
}

func storyCloseUploads(t *testing.T, e store.Engine) {
	s := scene.New(t, e)
	s.As("asker")
	shown, earlier, unused := uploaded(s, 1), uploaded(s, 2), uploaded(s, 3)
	s.Ask("Router blinks red after the update", scene.Showing(shown.ID, earlier.ID)).Settled()
	body := "It happens since this morning.\n\n![desk](/images/" + shown.ID + ")"
	_, err := s.Svc.EditThread(s.Ctx, s.By, s.Thread.ID, 0, community.ThreadDraft{Space: "general", Title: s.Thread.Title, Body: body}, "")
	s.OK(err).Settled()
	asker := s.By

	s.OK(s.Svc.CloseMember(s.Ctx, s.Actor("admin"), asker.ID, false)).Settled()
	if upload(s, unused.ID) != nil || upload(s, earlier.ID) == nil {
		t.Fatal("closing takes the unused pictures, and those alone")
	}
	if u := upload(s, shown.ID); u == nil || u.Name != "" {
		t.Fatalf("the post's picture stays, and forgets its file's name: %+v", u)
	}
	s.OK(s.Svc.CloseMember(s.Ctx, s.Actor("admin"), asker.ID, true)).Settled()
	if upload(s, earlier.ID) != nil || upload(s, shown.ID) == nil {
		t.Fatal("purging takes the pictures of earlier versions, and those alone")
	}
}

// Many uploads of one picture do not hide the next one's references.
func TestPicturesAmongMany(t *testing.T) {
	s := scene.New(t, scene.SQLite(t))
	var hashes []string
	for n := range 3 {
		hashes = append(hashes, fmt.Sprintf("%064x", n))
	}
	for range store.MaxLimit + 1 {
		s.OK(s.Svc.Records().Uploads.Insert(s.Ctx, &community.Upload{Hash: hashes[0]}))
	}
	s.OK(s.Svc.Records().Uploads.Insert(s.Ctx, &community.Upload{Hash: hashes[2]}))
	have, err := s.Svc.PicturesAmong(s.Ctx, hashes)
	s.OK(err)
	if !have[hashes[0]] || have[hashes[1]] || !have[hashes[2]] {
		t.Fatalf("got %v", have)
	}
	if slices.ContainsFunc([][]string{nil, hashes[1:2]}, func(h []string) bool {
		have, err := s.Svc.PicturesAmong(s.Ctx, h)
		return err != nil || len(have) != 0
	}) {
		t.Fatal("nothing refers to nothing")
	}
}
