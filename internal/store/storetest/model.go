package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"selfie/internal/store"
)

// testModel plays random programs against the engine and Naive.
func testModel(t *testing.T, target Target) {
	const programs = 4
	for seed := range uint64(programs) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, seed))
			play(t, target, r.IntN, target.rounds(10_000)/programs)
		})
	}
}

// Fuzz plays the program that the fuzzer writes, as Run plays random ones.
func Fuzz(f *testing.F, target Target) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 4 {
		program := make([]byte, 600)
		for i := range program {
			program[i] = byte(r.Uint32())
		}
		f.Add(program)
	}
	f.Fuzz(func(t *testing.T, program []byte) {
		next := func(n int) int {
			if len(program) == 0 {
				return 0
			}
			b := program[0]
			program = program[1:]
			return int(b) % n
		}
		play(t, target, next, len(program)/12)
	})
}

// duel is one program on two databases that must stay alike. n draws a number
// below its argument.
type duel struct {
	*testing.T
	ctx         context.Context
	n           func(int) int
	clock       *clock
	naive       *Naive
	model, real *store.Collection[Thing]
	step        int
}

func play(t *testing.T, target Target, n func(int) int, steps int) {
	w := newWorld(t, target)
	d := &duel{T: t, ctx: w.ctx, n: n, clock: w.clock, naive: NewNaive(), real: w.things}
	db := store.Open(d.naive, d.clock.now)
	d.model = store.Declare[Thing](db, "things", thingIndexes()...)
	w.must(db.Migrate(d.ctx))
	for d.step = range steps {
		d.clock.add(int64(n(50) - 10))
		d.play()
		if t.Failed() {
			return
		}
	}
	for _, a := range asks() {
		d.find(a.query.Limit(store.MaxLimit))
	}
}

func (d *duel) play() {
	switch d.n(10) {
	case 0, 1, 2:
		d.insert()
	case 3, 4:
		d.update()
	case 5:
		d.delete()
	case 6:
		d.get()
	default:
		d.find(d.query())
	}
}

func (d *duel) id() string { return fmt.Sprintf("t%03d", d.n(120)) }

// thing may collide with others by id, slug and mail.
func (d *duel) thing() *Thing {
	v := randomThing(d.n, d.id())
	v.Slug = fmt.Sprint("slug", d.n(60))
	v.Mail = pick(d.n, "", "", fmt.Sprint("mail", d.n(30)))
	return v
}

func (d *duel) insert() {
	v := d.thing()
	twin := *v
	d.alike("insert", d.real.Insert(d.ctx, v), d.model.Insert(d.ctx, &twin))
	d.same("insert", v, &twin)
}

func (d *duel) update() {
	id, v, fail := d.id(), d.thing(), pick(d.n, nil, nil, nil, store.ErrUnchanged, errMine)
	settle, part := d.n(4) == 0, d.n(3)
	apply := func(old *Thing) error {
		switch part {
		case 0:
			*old = *v
		case 1:
			old.Tags, old.Note = v.Tags, v.Name
		case 2:
			old.Score, old.Rank, old.Mail = v.Score, v.Rank, v.Mail
		}
		return fail
	}
	run := func(c *store.Collection[Thing]) (*Thing, error) {
		if settle {
			return c.Settle(d.ctx, id, apply)
		}
		return c.Update(d.ctx, id, apply)
	}
	got, gotErr := run(d.real)
	want, wantErr := run(d.model)
	d.alike("update", gotErr, wantErr)
	d.same("update", got, want)
}

var errMine = errors.New("the function's own error")

func (d *duel) delete() {
	id, rev := d.id(), int64(d.n(4))
	d.alike("delete", d.real.Delete(d.ctx, id, rev), d.model.Delete(d.ctx, id, rev))
}

func (d *duel) get() {
	id := d.id()
	got, gotErr := d.real.Get(d.ctx, id)
	want, wantErr := d.model.Get(d.ctx, id)
	d.alike("get", gotErr, wantErr)
	d.same("get", got, want)
	some := []string{id, d.id(), d.id(), id}
	gots, gotErr := d.real.GetMany(d.ctx, some)
	wants, wantErr := d.model.GetMany(d.ctx, some)
	d.alike("get many", gotErr, wantErr)
	if a, b := slices.Sorted(maps.Keys(gots)), slices.Sorted(maps.Keys(wants)); !slices.Equal(a, b) {
		d.Errorf("step %d: get many: %q, want %q", d.step, a, b)
	}
}

// query draws an index, equalities with its first fields, sometimes a range
// and an order; now and then one that nothing serves.
func (d *duel) query() store.Query {
	indexes := thingIndexes()
	ix := indexes[d.n(len(indexes))]
	q, from := store.All(), d.n(len(ix.Fields)+1)
	for _, f := range ix.Fields[:from] {
		path := f.Path
		if f.List {
			path += "[]"
		}
		q = q.And(path, d.value(f.Path))
	}
	rest := ix.Fields[from:]
	if len(rest) > 0 && d.n(2) == 0 {
		q = q.Between(rest[0].Path, d.value(rest[0].Path), d.value(rest[0].Path))
	}
	if d.n(2) == 0 {
		var order []string
		for _, f := range rest {
			order = append(order, f.String())
		}
		q = q.Order(order...)
	}
	if d.n(2) == 0 {
		q = q.Reverse()
	}
	return q.Limit(1 + d.n(8))
}

// value draws a value of the field's kind; null where the field may be null.
func (d *duel) value(path string) any {
	switch path {
	case "open", "stats.deep.done":
		return d.n(2) == 0
	case "score", "rank":
		return pick[any](d.n, nil, -5, -1, 0, 1, int64(1<<53+1))
	case "stats.activity":
		return store.Millis(d.n(4))
	case "slug":
		return fmt.Sprint("slug", d.n(60))
	case "mail":
		return fmt.Sprint("mail", d.n(30))
	case "owner":
		return pick[any](d.n, nil, "ann", "Bob", "")
	case "tags":
		return pick[any](d.n, "x", "y", "z", "", "X")
	case "stats.deep.level":
		return pick[any](d.n, nil, "low", "high")
	}
	return pick[any](d.n, "a", "b", "c", "", "A", "\x00", "é", "😀")
}

// find compares every page of a query, and its count.
func (d *duel) find(q store.Query) {
	got, gotErr := d.real.Count(d.ctx, q)
	want, wantErr := d.model.Count(d.ctx, q)
	d.alike("count", gotErr, wantErr)
	if got != want {
		d.Errorf("step %d: %+v: count %d, want %d", d.step, q, got, want)
	}
	for range 200 {
		got, gotErr := d.real.Find(d.ctx, q)
		want, wantErr := d.model.Find(d.ctx, q)
		d.alike("find", gotErr, wantErr)
		if a, b := ids(got.Items), ids(want.Items); !slices.Equal(a, b) || got.Next != want.Next {
			d.Errorf("step %d: %+v:\n got %q, next %q\nwant %q, next %q", d.step, q, a, got.Next, b, want.Next)
			return
		}
		for i := range got.Items {
			d.same("find", got.Items[i], want.Items[i])
		}
		if got.Next == "" {
			return
		}
		q = q.After(got.Next)
	}
}

// alike compares errors by what the contract says of them. Of several indexes
// violated at once, any may be named.
func (d *duel) alike(what string, got, want error) {
	d.Helper()
	var gotExists, wantExists *store.ExistsError
	if errors.As(got, &gotExists) && errors.As(want, &wantExists) {
		if !slices.Contains(d.naive.violated, gotExists.Index) || gotExists.Collection != wantExists.Collection {
			d.Errorf("step %d: %s was refused by %v, want one of %q", d.step, what, got, d.naive.violated)
		}
		return
	}
	for _, kind := range []error{store.ErrNotFound, store.ErrExists, store.ErrStale, store.ErrNoIndex, store.ErrCursor, errMine} {
		if errors.Is(got, kind) != errors.Is(want, kind) {
			d.Errorf("step %d: %s: got error %v, want %v", d.step, what, got, want)
			return
		}
	}
	if (got == nil) != (want == nil) {
		d.Errorf("step %d: %s: got error %v, want %v", d.step, what, got, want)
	}
}

func (d *duel) same(what string, got, want *Thing) {
	d.Helper()
	a, errA := json.Marshal(got)
	b, errB := json.Marshal(want)
	if errA != nil || errB != nil || string(a) != string(b) {
		d.Errorf("step %d: %s:\n got %s %v\nwant %s %v", d.step, what, a, errA, b, errB)
	}
}
