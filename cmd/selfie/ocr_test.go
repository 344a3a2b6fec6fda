package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"selfie/community"
	"selfie/media/ocr"
	"selfie/media/ocr/ocrtest"
)

// TestPictureIsFoundByWhatItSays takes a screenshot the whole way: stored, read
// by tesseract in the background, posted, searched for; and read by another
// process than the one that took it in and ended.
func TestPictureIsFoundByWhatItSays(t *testing.T) {
	eyes, state := ocr.Open(t.Context(), ocr.Options{})
	if eyes == nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(state.Says)
		}
		t.Skip("NOT RUN: finding threads by their pictures; install with: apt-get install tesseract-ocr")
	}
	data := filepath.Join(t.TempDir(), "data")
	upload := takeIn(t, data, ocrtest.Screenshot(t, 1000, 600, "Windows Update", "Error 0x80070057: The parameter is incorrect."))

	a := at(t, data)
	defer a.Close()
	if err := a.openIndex(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.reading(eyes)(ctx) }()
	untilRead(t, a, upload.ID)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	owner, err := a.people.Member(t.Context(), upload.Owner)
	if err != nil {
		t.Fatal(err)
	}
	thread, err := a.people.Ask(t.Context(), owner.Actor(), community.ThreadDraft{Space: "general", Title: "It does not work any more", Images: []string{upload.ID}})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.relay.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.tailer.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	hits, _, err := a.index.Search(t.Context(), community.Actor{}, "Error 0x80070057", "", 5)
	if err != nil || len(hits) != 1 || hits[0].Thread.ID != thread.ID {
		t.Errorf("found %+v, %v", hits, err)
	}
}

// takeIn stores a picture in a process that then ends, with the picture taken to
// be read and never given back.
func takeIn(t *testing.T, data string, shot []byte) *community.Upload {
	t.Helper()
	a := at(t, data)
	defer a.Close()
	m, err := a.people.CreateMember(t.Context(), community.System, community.NewMember{Name: "Mia", Email: "mia@example.org", Password: "quite a long password"})
	if err != nil {
		t.Fatal(err)
	}
	pic, err := a.pics.Add(t.Context(), bytes.NewReader(shot), "shot.png")
	if err != nil {
		t.Fatal(err)
	}
	u, err := a.people.AddUpload(t.Context(), m.Actor(), community.Upload{Hash: pic.Hash, Width: pic.Width, Height: pic.Height,
		Variants: []community.Variant{{Name: pic.Variants[0].Name, Key: pic.Variants[0].Key}}})
	if err != nil {
		t.Fatal(err)
	}
	if id, _, err := a.people.NextPicture(t.Context()); err != nil || id != u.ID {
		t.Fatalf("took %q, %v", id, err)
	}
	longAgo := func(u *community.Upload) error { u.Unread = 1; return nil } // the taker's time is over
	if _, err := a.people.Records().Uploads.Update(t.Context(), u.ID, longAgo); err != nil {
		t.Fatal(err)
	}
	return u
}

func untilRead(t *testing.T, a *app, id string) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		u, err := a.people.Upload(t.Context(), community.System, id)
		if err != nil {
			t.Fatal(err)
		}
		if u.Reading != nil {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the picture was not read")
		}
	}
}
