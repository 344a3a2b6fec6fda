package ocr_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"selfie/internal/fault"
	"selfie/media/ocr"
	"selfie/media/ocr/ocrtest"
)

// shelf holds ids that are their own keys.
type shelf struct {
	waits []string
	texts map[string]string
}

func (s *shelf) NextPicture(context.Context) (id, key string, err error) {
	if len(s.waits) == 0 {
		return "", "", nil
	}
	id, s.waits = s.waits[0], s.waits[1:]
	return id, id, nil
}

func (s *shelf) KeepRead(_ context.Context, id, text, masked string) error {
	s.texts[id] = text
	if masked != text {
		s.texts[id] += " as " + masked
	}
	return nil
}

func (s *shelf) Unreadable(_ context.Context, id string) error {
	s.texts[id] = "unreadable"
	return nil
}

func (s *shelf) PutBack(_ context.Context, id string) error {
	s.waits = append(s.waits, id)
	return nil
}

func TestWorkerReadsWhatWaits(t *testing.T) {
	busy := fault.New(fault.Unavailable, "Busy.")
	reader := &ocrtest.Fake{Says: func(picture []byte) (string, error) {
		switch string(picture) {
		case "broken":
			return "", fault.New(fault.Invalid, "This cannot be read.")
		case "slow":
			return "", busy
		}
		return "text of " + string(picture), nil
	}}
	blobs := func(_ context.Context, key string) (io.ReadCloser, error) {
		if key == "gone" {
			return nil, fault.New(fault.NotFound, "This picture does not exist.")
		}
		return io.NopCloser(strings.NewReader(key)), nil
	}
	s := &shelf{waits: []string{"a", "jane@example.com", "broken", "slow", "gone", "b"}, texts: map[string]string{}}
	if err := ocr.NewWorker(s, blobs, reader, slog.New(slog.DiscardHandler)).Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a": "text of a", "jane@example.com": "text of jane@example.com as text of j…@example.com", "broken": "unreadable", "gone": "unreadable", "b": "text of b"}
	if !maps.Equal(s.texts, want) || reader.Reads() != 5 {
		t.Errorf("%v after %d reads", s.texts, reader.Reads())
	}
}

// A store of pictures that is away stops the work, and takes no try from what waits.
func TestWorkerLeavesWhatTheStoreRefuses(t *testing.T) {
	down := fault.New(fault.Unavailable, "The pictures are away.")
	blobs := func(context.Context, string) (io.ReadCloser, error) { return nil, down }
	s := &shelf{waits: []string{"a", "b"}, texts: map[string]string{}}
	err := ocr.NewWorker(s, blobs, ocrtest.Saying("x"), slog.New(slog.DiscardHandler)).Drain(t.Context())
	if !errors.Is(err, down) || len(s.texts) != 0 || !slices.Equal(s.waits, []string{"b", "a"}) {
		t.Errorf("%v, %v, %v", err, s.texts, s.waits)
	}
}
