package search

import (
	"slices"
	"strings"
	"testing"

	"selfie/community"
	"selfie/internal/outbox"
	"selfie/internal/scene"
)

// stage is a story with a search index that follows it.
type stage struct {
	*scene.Scene
	dir     string
	options Options // but the directory
	Index   *Index
	Tailer  *outbox.Tailer
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{Scene: scene.New(t, scene.SQLite(t)), dir: t.TempDir()}
	s.open()
	t.Cleanup(func() { s.OK(s.Index.Close()) })
	return s
}

// open opens the index, as a process that starts does.
func (s *stage) open() *stage {
	s.T.Helper()
	s.options.Dir = s.dir
	x, err := Open(s.Svc, s.options)
	s.OK(err)
	s.Index = x
	s.Tailer = outbox.NewTailer(s.DB, nil, 0)
	x.Follow(s.Tailer)
	return s
}

// reopen is a restart.
func (s *stage) reopen(meanwhile func()) *stage {
	s.T.Helper()
	s.OK(s.Index.Close())
	if meanwhile != nil {
		meanwhile()
	}
	return s.open()
}

// caughtUp lets every follower and the index finish.
func (s *stage) caughtUp() *stage {
	s.T.Helper()
	s.Settled()
	s.OK(s.Tailer.CatchUp(s.Ctx))
	return s
}

// all returns every hit of a query, over all pages.
func (s *stage) all(q string) (hits []Hit) {
	s.T.Helper()
	cursor := ""
	for range maxDepth {
		page, next, err := s.Index.Search(s.Ctx, s.By, q, cursor, 3)
		s.OK(err)
		hits = append(hits, page...)
		if next == "" {
			return hits
		}
		cursor = next
	}
	s.T.Fatalf("the list of %q does not end", q)
	return nil
}

// finds fails the test unless the query finds the threads of these titles,
// in any order.
func (s *stage) finds(q string, titles ...string) *stage {
	s.T.Helper()
	got := titlesOf(s.all(q))
	slices.Sort(got)
	slices.Sort(titles)
	if !slices.Equal(got, titles) {
		s.T.Fatalf("%q finds %q, want %q", q, got, titles)
	}
	return s
}

func titlesOf(hits []Hit) []string {
	titles := make([]string, len(hits))
	for i, h := range hits {
		titles[i] = h.Thread.Title
	}
	return titles
}

// as, asked and answered keep the stage in hand where Scene's steps return a Scene.
func (s *stage) as(name string) *stage { s.T.Helper(); s.As(name); return s }

func (s *stage) asked(title, body string, changes ...scene.Change) *community.Thread {
	s.T.Helper()
	s.Ask(title, append(changes, func(d *community.ThreadDraft) {
		if body != "" {
			d.Body = body
		}
	})...)
	return s.Thread
}

func (s *stage) snippet(q string) Hit {
	s.T.Helper()
	hits := s.all(q)
	if len(hits) != 1 {
		s.T.Fatalf("%q finds %q, want one", q, titlesOf(hits))
	}
	return hits[0]
}

func (s *stage) shows(q string, parts ...string) Hit {
	s.T.Helper()
	h := s.snippet(q)
	for _, p := range parts {
		if !strings.Contains(string(h.Snippet), p) {
			s.T.Fatalf("the snippet of %q is %q, want %q in it", q, h.Snippet, p)
		}
	}
	return h
}
