package storetest

import (
	"errors"
	"math"
	"testing"

	"selfie/internal/store"
)

func testUnique(t *testing.T, target Target) {
	w := newWorld(t, target)
	w.insert(
		&Thing{Meta: store.Meta{ID: "a"}, Space: "s", Slug: "one", Mail: "m@x"},
		&Thing{Meta: store.Meta{ID: "b"}, Space: "s", Slug: "two"},
		&Thing{Meta: store.Meta{ID: "c"}, Space: "r", Slug: "one"},
		&Thing{Meta: store.Meta{ID: "d"}, Space: "s", Slug: "One", Mail: "M@x"},
	)
	const spaceSlug, mail = "space__slug__u", "mail__u__s"
	for _, c := range []struct {
		name  string
		v     Thing
		index string
	}{
		{"compound", Thing{Space: "s", Slug: "one"}, spaceSlug},
		{"sparse", Thing{Space: "s", Slug: "new", Mail: "m@x"}, mail},
		{"id before others", Thing{Meta: store.Meta{ID: "a"}, Space: "s", Slug: "one", Mail: "m@x"}, "id"},
	} {
		wantExists(t, "insert, "+c.name, w.things.Insert(w.ctx, &c.v), c.index)
	}
	set := func(space, slug, mail string) func(*Thing) error {
		return func(v *Thing) error { v.Space, v.Slug, v.Mail, v.Note = space, slug, mail, "spoilt"; return nil }
	}
	_, err := w.things.Update(w.ctx, "b", set("s", "one", ""))
	wantExists(t, "update, compound", err, spaceSlug)
	_, err = w.things.Update(w.ctx, "b", set("s", "two", "m@x"))
	wantExists(t, "update, sparse", err, mail)
	if got := w.get("b"); got.Rev != 1 || got.Slug != "two" || got.Mail != "" || got.Note != "" {
		t.Errorf("a refused update left %+v", got)
	}
	testUniqueMoves(t, w)
	testUniqueNull(t, target)
}

// testUniqueMoves holds that a value is free once its document gave it up.
func testUniqueMoves(t *testing.T, w *world) {
	_, err := w.things.Update(w.ctx, "a", func(v *Thing) error { v.Note = "itself"; return nil })
	w.must(err)
	_, err = w.things.Update(w.ctx, "a", func(v *Thing) error { v.Mail = ""; return nil })
	w.must(err)
	_, err = w.things.Update(w.ctx, "b", func(v *Thing) error { v.Mail = "m@x"; return nil })
	w.must(err)
	w.must(w.things.Delete(w.ctx, "b", 0))
	w.insert(&Thing{Space: "s", Slug: "two", Mail: "m@x"})
	if n, err := w.things.Count(w.ctx, store.All()); err != nil || n != 4 {
		t.Errorf("count %d, %v", n, err)
	}
}

// testUniqueNull holds that null is a value like others in a unique index,
// unless the index is sparse and null is in its first field.
func testUniqueNull(t *testing.T, target Target) {
	engine := target.Open(t)
	t.Cleanup(func() { engine.Close() })
	db := store.Open(engine, newClock().now)
	things := store.Declare[Thing](db, "things", store.OnUnique("rank"), store.OnUniqueSparse("owner", "stats.deep.level"))
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	insert := func(v Thing) error { return things.Insert(t.Context(), &v) }
	if err := errors.Join(insert(Thing{Rank: ptr(int64(1))}), insert(Thing{})); err != nil {
		t.Fatal(err)
	}
	wantExists(t, "null twice", insert(Thing{}), "rank__u")
	if err := insert(Thing{Rank: ptr(int64(2)), Owner: ptr("")}); err != nil {
		t.Fatal(err)
	}
	wantExists(t, "null in the second field twice", insert(Thing{Rank: ptr(int64(3)), Owner: ptr("")}), "owner__stats_deep_level__u__s")
	wantExists(t, "null and absent", insert(Thing{Rank: ptr(int64(3)), Owner: ptr(""), Stats: stats{Deep: &deep{}}}), "owner__stats_deep_level__u__s")
	if err := insert(Thing{Rank: ptr(int64(3)), Owner: ptr(""), Stats: stats{Deep: &deep{Level: ptr("")}}}); err != nil {
		t.Errorf("an empty string was taken for null: %v", err)
	}
}

func testPut(t *testing.T, target Target) {
	w := newWorld(t, target)
	id := store.DeriveID("cause")
	first, inserted, err := w.things.Put(w.ctx, &Thing{Meta: store.Meta{ID: id}, Slug: "s", Mail: "m"})
	if err != nil || !inserted || first.Rev != 1 {
		t.Fatalf("%+v, %t, %v", first, inserted, err)
	}
	standing, inserted, err := w.things.Put(w.ctx, &Thing{Meta: store.Meta{ID: id}, Slug: "s", Mail: "m", Note: "late"})
	if err != nil || inserted || standing.Note != "" {
		t.Errorf("put again: %+v, %t, %v", standing, inserted, err)
	}
	_, _, err = w.things.Put(w.ctx, &Thing{Slug: "other", Mail: "m"})
	wantExists(t, "put of a taken value", err, "mail__u__s")
	count := func(v *Thing) error { v.Score++; return nil }
	for want := range int64(3) {
		v, err := w.things.Upsert(w.ctx, "up", func() *Thing { return &Thing{Slug: "up"} }, count)
		if err != nil || v.Score != want+1 || v.Rev != want+1 || v.ID != "up" {
			t.Errorf("upsert %d: %+v, %v", want, v, err)
		}
	}
}

func testUpdate(t *testing.T, target Target) {
	w := newWorld(t, target)
	w.insert(&Thing{Meta: store.Meta{ID: "a"}, Slug: "s"})
	start := w.get("a").Changed
	bump := func(v *Thing) error { v.Score++; return nil }

	w.clock.add(10)
	v, err := w.things.Update(w.ctx, "a", bump)
	w.must(err)
	if v.Rev != 2 || v.Changed != start+10 || v.Score != 1 || w.get("a").Meta != v.Meta {
		t.Errorf("after an update: %+v, stands %+v", v, w.get("a"))
	}
	w.clock.add(-1000)
	v, err = w.things.Update(w.ctx, "a", bump)
	w.must(err)
	if v.Rev != 3 || v.Changed != start+10 {
		t.Errorf("with a clock that went back: %+v", v.Meta)
	}
	w.clock.add(5000)
	v, err = w.things.Settle(w.ctx, "a", bump)
	w.must(err)
	if v.Rev != 4 || v.Changed != start+10 || w.get("a").Score != 3 {
		t.Errorf("after settling: %+v", v)
	}
	v, err = w.things.Update(w.ctx, "a", func(v *Thing) error {
		v.Meta = store.Meta{ID: "z", Rev: 99, Changed: math.MaxInt64}
		return nil
	})
	w.must(err)
	if want := (store.Meta{ID: "a", Rev: 5, Changed: store.At(w.clock.now())}); v.Meta != want || w.get("a").Meta != want {
		t.Errorf("a function that wrote Meta left %+v", v.Meta)
	}
	testUpdateErrors(t, w)
}

func testUpdateErrors(t *testing.T, w *world) {
	standing := w.get("a")
	mine := errors.New("mine")
	_, err := w.things.Update(w.ctx, "a", func(v *Thing) error { v.Score = 77; return mine })
	if err != mine {
		t.Errorf("the function's error came back as %v", err)
	}
	v, err := w.things.Update(w.ctx, "a", func(v *Thing) error { v.Score = 78; return store.ErrUnchanged })
	if err != nil || v.Score != standing.Score || v.Meta != standing.Meta {
		t.Errorf("unchanged: %+v, %v", v, err)
	}
	if got := w.get("a"); got.Score != standing.Score || got.Meta != standing.Meta {
		t.Errorf("a failed function left %+v", got)
	}
	if _, err := w.things.Update(w.ctx, "a", func(v *Thing) error { v.Score = 79; return nil }); err != nil {
		t.Errorf("the document is stuck after a failed function: %v", err)
	}
}

// testUpdateTwice repeats the writes' tests while every function runs twice.
func testUpdateTwice(t *testing.T, target Target) {
	open := target.Open
	target.Open = func(t testing.TB) store.Engine { return Twice(open(t)) }
	t.Run("update", func(t *testing.T) { testUpdate(t, target) })
	t.Run("unique", func(t *testing.T) { testUnique(t, target) })
	t.Run("put and upsert", func(t *testing.T) { testPut(t, target) })
}

// testUpdatePeer lets a rival write through another engine while the function
// runs: the function must see the rival's document on its next run.
func testUpdatePeer(t *testing.T, target Target) {
	if target.Peer == nil {
		return
	}
	w := newWorld(t, target)
	peer := target.Peer(t, w.db.Engine)
	t.Cleanup(func() { peer.Close() })
	rival := worldOver(t, peer)
	w.insert(&Thing{Meta: store.Meta{ID: "a"}, Slug: "s"}, &Thing{Meta: store.Meta{ID: "b"}, Slug: "t"})
	runs := 0
	v, err := w.things.Update(w.ctx, "a", func(v *Thing) error {
		if runs++; runs <= 3 {
			_, err := rival.things.Update(w.ctx, "a", func(v *Thing) error { v.Score += 10; return nil })
			w.must(err)
		}
		v.Score++
		return nil
	})
	w.must(err)
	if runs != 4 || v.Score != 31 || v.Rev != 5 || w.get("a").Score != 31 {
		t.Errorf("%d runs left %+v", runs, v)
	}
	_, err = w.things.Update(w.ctx, "b", func(v *Thing) error { return rival.things.Delete(w.ctx, "b", v.Rev) })
	wantErr(t, "update of what a rival deleted", err, store.ErrNotFound)
	_, err = w.things.Update(w.ctx, "a", func(v *Thing) error {
		_, err := rival.things.Update(w.ctx, "a", func(v *Thing) error { v.Note += "."; return nil })
		return err
	})
	wantErr(t, "update against an endless rival", err, store.ErrBusy)
}

func testDelete(t *testing.T, target Target) {
	w := newWorld(t, target)
	w.insert(&Thing{Meta: store.Meta{ID: "a"}, Slug: "a", Tags: []string{"x"}}, &Thing{Meta: store.Meta{ID: "b"}, Slug: "b", Tags: []string{"x"}})
	_, err := w.things.Update(w.ctx, "a", func(*Thing) error { return nil })
	w.must(err)
	for _, rev := range []int64{1, 3, -1, math.MaxInt64} {
		wantErr(t, "delete at another revision", w.things.Delete(w.ctx, "a", rev), store.ErrStale)
	}
	w.must(w.things.Delete(w.ctx, "a", 2))
	wantErr(t, "delete again", w.things.Delete(w.ctx, "a", 2), store.ErrNotFound)
	w.must(w.things.Delete(w.ctx, "b", 0))
	for _, q := range []store.Query{store.All(), store.All().Order("name"), store.Where("tags[]", "x")} {
		if n, err := w.things.Count(w.ctx, q); err != nil || n != 0 {
			t.Errorf("%d are left, %v", n, err)
		}
	}
	w.insert(&Thing{Meta: store.Meta{ID: "a"}, Slug: "a"})
	if got := w.get("a"); got.Rev != 1 || got.Tags != nil {
		t.Errorf("a deleted document came back: %+v", got)
	}
}
