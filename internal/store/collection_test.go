package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"selfie/internal/store"
	"selfie/internal/store/storetest"
)

type post struct {
	store.Meta
	Space string `json:"space"`
	Score int64  `json:"score"`
}

func posts(t *testing.T, e store.Engine) (*store.DB, *store.Collection[post]) {
	t.Helper()
	db := store.Open(e, func() time.Time { return time.UnixMilli(1000) })
	c := store.Declare[post](db, "posts", store.On("space", "-score"), store.On("-score"))
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db, c
}

// TestOnCommit holds that listeners hear of acknowledged writes and no others.
func TestOnCommit(t *testing.T) {
	db, c := posts(t, storetest.NewNaive())
	ctx := t.Context()
	var heard []string
	db.OnCommit(func(commit store.Commit) { heard = append(heard, commit.Collection+"/"+commit.ID) })
	expect := func(what string, want ...string) {
		t.Helper()
		if !slices.Equal(heard, want) {
			t.Errorf("%s: heard %q, want %q", what, heard, want)
		}
		heard = nil
	}
	mine := errors.New("mine")
	insert := func() error { return c.Insert(ctx, &post{Meta: store.Meta{ID: "a"}}) }
	update := func(err error) error {
		_, err = c.Update(ctx, "a", func(*post) error { return err })
		return err
	}
	for _, step := range []struct {
		what string
		f    func() error
		err  error
		want []string
	}{
		{"insert", insert, nil, []string{"posts/a"}},
		{"refused insert", insert, store.ErrExists, nil},
		{"update", func() error { return update(nil) }, nil, []string{"posts/a"}},
		{"unchanged", func() error { return update(store.ErrUnchanged) }, nil, nil},
		{"failed", func() error { return update(mine) }, mine, nil},
		{"stale delete", func() error { return c.Delete(ctx, "a", 9) }, store.ErrStale, nil},
		{"delete", func() error { return c.Delete(ctx, "a", 2) }, nil, []string{"posts/a"}},
		{"delete again", func() error { return c.Delete(ctx, "a", 0) }, store.ErrNotFound, nil},
	} {
		if err := step.f(); !errors.Is(err, step.err) {
			t.Errorf("%s: %v", step.what, err)
		}
		expect(step.what, step.want...)
	}
}

// TestMergeReadsLittle holds that a page of several lists asks each for one
// page, and one document more.
func TestMergeReadsLittle(t *testing.T) {
	spy := &spy{Engine: storetest.NewNaive()}
	_, c := posts(t, spy)
	for i := range 90 {
		if err := c.Insert(t.Context(), &post{Space: fmt.Sprint("s", i%3), Score: int64(i / 2)}); err != nil {
			t.Fatal(err)
		}
	}
	var queries []store.Query
	for i := range 3 {
		queries = append(queries, store.Where("space", fmt.Sprint("s", i)).Limit(10))
	}
	for met := 0; ; {
		spy.read, spy.plans = 0, nil
		page, err := c.Merge(t.Context(), queries...)
		if err != nil {
			t.Fatal(err)
		}
		if met += len(page.Items); len(spy.plans) != 3 || spy.read > 33 {
			t.Errorf("%d plans read %d documents", len(spy.plans), spy.read)
		}
		if page.Next == "" {
			if met != 90 {
				t.Errorf("met %d", met)
			}
			return
		}
		queries[0] = queries[0].After(page.Next)
	}
}

// spy notes what an engine is asked for.
type spy struct {
	store.Engine
	plans []store.Plan
	read  int
}

func (s *spy) Find(ctx context.Context, schema *store.Schema, p store.Plan) ([]store.Raw, error) {
	raws, err := s.Engine.Find(ctx, schema, p)
	s.plans = append(s.plans, p)
	s.read += len(raws)
	return raws, err
}

// TestEachStops holds that an error of the function ends the walk and comes back.
func TestEachStops(t *testing.T) {
	_, c := posts(t, storetest.NewNaive())
	for range 9 {
		if err := c.Insert(t.Context(), &post{Space: "s"}); err != nil {
			t.Fatal(err)
		}
	}
	enough, met := errors.New("enough"), 0
	err := c.Each(t.Context(), store.All().Limit(2), func(*post) error {
		if met++; met == 5 {
			return enough
		}
		return nil
	})
	if err != enough || met != 5 {
		t.Errorf("met %d, %v", met, err)
	}
}
