package storetest

import (
	"slices"
	"testing"

	"selfie/internal/store"
)

func testMigrate(t *testing.T, target Target) {
	w := newWorld(t, target)
	engine := w.db.Engine
	things := corpus(20)
	w.insert(things...)
	w.must(w.db.Migrate(w.ctx))
	w.must(w.db.Migrate(w.ctx))
	w.check(t, store.All().Order("name"), ask{order: []key{up(name)}, keep: every}.answer(things))

	declare := func(indexes ...store.Index) (*world, error) {
		v := &world{T: t, ctx: w.ctx, clock: w.clock, db: store.Open(engine, w.clock.now)}
		v.things = store.Declare[Thing](v.db, "things", indexes...)
		return v, v.db.Migrate(w.ctx)
	}
	added, err := declare(append(thingIndexes(), store.On("note", "-score"), store.OnUnique("slug"), store.OnSparse("stats.deep.level"), store.On("tags[]", "name"))...)
	w.must(err)
	added.check(t, store.Where("note", nil), ask{order: []key{down(score)}, keep: every}.answer(things))
	added.check(t, store.Where("tags[]", "x").Order("name"), ask{order: []key{up(name)}, keep: tagged("x")}.answer(things))
	wantExists(t, "by an added index", added.things.Insert(w.ctx, &Thing{Space: "else", Slug: things[0].Slug}), "slug__u")

	dropped, err := declare(store.On("name"))
	w.must(err)
	dropped.check(t, store.All().Order("name"), ask{order: []key{up(name)}, keep: every}.answer(things))
	_, err = dropped.things.Find(w.ctx, store.All().Order("note"))
	wantErr(t, "by a dropped index", err, store.ErrNoIndex)
	twin := &Thing{Meta: store.Meta{ID: "zz"}, Space: things[0].Space, Slug: things[0].Slug}
	dropped.insert(twin)

	if _, err := declare(store.OnUnique("slug")); err == nil {
		t.Error("a unique index was made over documents that violate it")
	}
	again, err := declare(thingIndexes()[0], store.On("open"), store.On("tags[]"))
	w.must(err)
	again.check(t, store.Where("tags[]", "y"), ask{keep: tagged("y")}.answer(append(things, twin)))
	again.check(t, store.All(), ask{keep: every}.answer(append(things, twin)))
	testSecondCollection(t, engine, w)
}

// testSecondCollection holds that collections know nothing of each other.
func testSecondCollection(t *testing.T, engine store.Engine, w *world) {
	db := store.Open(engine, w.clock.now)
	old := store.Declare[Thing](db, "things", thingIndexes()[0])
	fresh := store.Declare[Thing](db, "more_things", thingIndexes()...)
	w.must(db.Migrate(w.ctx))
	before, err := old.Count(w.ctx, store.All())
	w.must(err)
	w.must(fresh.Insert(w.ctx, &Thing{Meta: store.Meta{ID: "zz"}, Slug: "fresh"}))
	if v, err := old.Get(w.ctx, "zz"); err != nil || v.Slug == "fresh" {
		t.Errorf("the old collection's document is %+v, %v", v, err)
	}
	w.must(fresh.Delete(w.ctx, "zz", 0))
	if n, err := old.Count(w.ctx, store.All()); err != nil || n != before {
		t.Errorf("the old collection has %d, %v", n, err)
	}
}

// testReopen holds that an engine that was closed has lost nothing.
func testReopen(t *testing.T, target Target) {
	if target.Reopen == nil {
		return
	}
	engine := target.Open(t)
	t.Cleanup(func() { engine.Close() })
	w := worldOver(t, engine)
	things := corpus(30)
	w.insert(things...)
	_, err := w.things.Update(w.ctx, things[0].ID, func(v *Thing) error { v.Note = "kept"; return nil })
	w.must(err)
	w.must(w.things.Delete(w.ctx, things[29].ID, 0))
	page, err := w.things.Find(w.ctx, store.All().Order("name").Limit(5))
	w.must(err)

	engine = target.Reopen(t, engine)
	w = worldOver(t, engine)
	if got := w.get(things[0].ID); got.Note != "kept" || got.Rev != 2 {
		t.Errorf("came back as %+v", got)
	}
	for _, a := range asks() {
		w.once(t, a, things[:29])
	}
	rest, err := w.things.Find(w.ctx, store.All().Order("name").After(page.Next).Limit(100))
	w.must(err)
	want := ask{keep: every, order: []key{up(name)}}.answer(things[:29])
	if got := append(ids(page.Items), ids(rest.Items)...); !slices.Equal(got, want) {
		t.Errorf("a cursor from before:\n got %q\nwant %q", got, want)
	}
	wantExists(t, "after reopening", w.things.Insert(w.ctx, &Thing{Space: things[1].Space, Slug: things[1].Slug}), "space__slug__u")
}
