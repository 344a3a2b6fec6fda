package outbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"selfie/internal/store"
	"selfie/internal/store/storetest"
)

// memory is a checkpoint that outlives processes.
type memory struct {
	mu    sync.Mutex
	upTo  map[string]store.Millis
	saves int
	fail  error
}

func (m *memory) Load(context.Context) (map[string]store.Millis, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.upTo), m.fail
}

func (m *memory) Save(_ context.Context, upTo map[string]store.Millis) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.upTo = maps.Clone(upTo)
	m.saves++
	return nil
}

// mirror is a local follower: a copy of the texts, and what was told.
type mirror struct {
	mu      sync.Mutex
	texts   map[string]string
	told    []string // ids
	batches []int
	fail    error
}

func (m *mirror) batch(_ context.Context, changes []Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	if m.texts == nil {
		m.texts = map[string]string{}
	}
	if !slices.IsSortedFunc(changes, func(a, b Change) int { return int(a.Changed - b.Changed) }) {
		return errors.New("the changes are out of order")
	}
	m.batches = append(m.batches, len(changes))
	for _, c := range changes {
		p, err := store.Decode[post](c.Raw)
		if err != nil {
			return err
		}
		if p.Changed != c.Changed || p.ID != c.ID {
			return fmt.Errorf("change %s@%d holds %s@%d", c.ID, c.Changed, p.ID, p.Changed)
		}
		m.texts[c.ID] = p.Text
		m.told = append(m.told, c.ID)
	}
	return nil
}

func (m *mirror) list() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.told)
}

func (m *mirror) setFail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

func (m *mirror) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := m.list(); !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
}

func (n *node) write(id, text string) {
	n.t.Helper()
	_, err := n.posts.Upsert(context.Background(), id, func() *post { return &post{} }, func(p *post) error {
		p.Text = text
		return nil
	})
	n.must(err)
}

// tail makes a tailer of the node with one mirror.
func (n *node) tail(cp Checkpoint, m *mirror) *Tailer {
	tailer := NewTailer(n.db, nil, 0)
	tailer.Follow("mirror", cp, m.batch, n.posts.Schema())
	return tailer
}

func (n *node) catchUp(tailer *Tailer) {
	n.t.Helper()
	n.must(tailer.CatchUp(context.Background()))
}

// runs starts the tailer until the test ends.
func runs(t *testing.T, tailer *Tailer) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- tailer.Run(ctx) }()
	synctest.Wait()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// veil hides documents whose write is acknowledged late, as a slow store does.
type veil struct {
	store.Engine
	mu     sync.Mutex
	hidden map[string]bool
}

func (v *veil) hide(ids ...string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.hidden = map[string]bool{}
	for _, id := range ids {
		v.hidden[id] = true
	}
}

func (v *veil) visible(docs []store.Raw, err error) ([]store.Raw, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.DeleteFunc(docs, func(d store.Raw) bool { return v.hidden[d.ID] }), err
}

func (v *veil) Find(ctx context.Context, s *store.Schema, p store.Plan) ([]store.Raw, error) {
	return v.visible(v.Engine.Find(ctx, s, p))
}

func (v *veil) GetMany(ctx context.Context, s *store.Schema, ids []string) ([]store.Raw, error) {
	return v.visible(v.Engine.GetMany(ctx, s, ids))
}

func TestTailerTellsOwnWritesAtOnceAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := single(t)
		var m mirror
		tailer := n.tail(&memory{}, &m)
		defer runs(t, tailer)()
		time.Sleep(100 * time.Millisecond)
		began := time.Now()
		n.write("p", "one")
		synctest.Wait()
		n.write("q", "one")
		n.write("p", "two") // within the same millisecond
		synctest.Wait()
		if time.Since(began) > 0 {
			t.Fatal("the clock moved")
		}
		if got := m.list(); len(got) < 3 || len(got) > 4 || m.texts["p"] != "two" || m.texts["q"] != "one" {
			t.Errorf("told %v, and holds %v", got, m.texts)
		}
		told := m.list()
		time.Sleep(time.Minute) // many scans over the same window
		synctest.Wait()
		m.expect(t, told...)
		if left := len(tailer.followers[0].feeds["posts"].seen); left > 0 {
			t.Errorf("still remembers %d documents behind the window", left)
		}
	})
}

func TestTailerFindsWritesOfOtherNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := storetest.NewNaive()
		here, there := newNode(t, shared, nil), newNode(t, shared, nil)
		here.migrate()
		var m mirror
		defer runs(t, here.tail(&memory{}, &m))()
		there.write("p", "one")
		time.Sleep(DefaultInterval)
		synctest.Wait()
		m.expect(t, "p")
	})
}

func TestTailerDoesNotTellOfStruckEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := single(t)
		var r record
		var m mirror
		r.follow(n, "a", "Posted")
		defer runs(t, n.tail(&memory{}, &m))()
		n.mustSay("p", "1", "Posted")
		synctest.Wait()
		m.expect(t, "p")
		n.drain() // within the window
		synctest.Wait()
		m.expect(t, "p")
		n.mustSay("p", "2", "Posted")
		synctest.Wait()
		time.Sleep(time.Minute)
		n.drain() // long behind it
		time.Sleep(time.Minute)
		m.expect(t, "p", "p")
	})
}

func TestTailerMeetsLateCommits(t *testing.T) {
	for _, cp := range []Checkpoint{&memory{}, nil} {
		synctest.Test(t, func(t *testing.T) {
			v := &veil{Engine: storetest.NewNaive()}
			n, there := newNode(t, v, nil), newNode(t, v.Engine, nil)
			n.migrate()
			var m mirror
			tailer := n.tail(cp, &m)
			defer runs(t, tailer)()
			time.Sleep(time.Minute)
			v.hide("late")
			there.write("late", "stamped first")
			time.Sleep(100 * time.Millisecond)
			there.write("soon", "stamped second")
			time.Sleep(Overlap - 200*time.Millisecond)
			m.expect(t, "soon")
			v.hide()
			n.catchUp(tailer)
			m.expect(t, "soon", "late")
			time.Sleep(time.Minute)
			m.expect(t, "soon", "late")
		})
	}
}

func TestTailerFromNowOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &veil{Engine: storetest.NewNaive()}
		n := newNode(t, v, nil)
		n.migrate()
		n.write("old", "before")
		n.write("late", "stamped before, visible after")
		v.hide("late")
		time.Sleep(time.Millisecond)
		var m mirror
		tailer := n.tail(nil, &m)
		n.write("new", "after") // before the tailer runs
		n.catchUp(tailer)
		m.expect(t, "new")
		n.write("old", "again")
		n.catchUp(tailer)
		m.expect(t, "new", "old")
		v.hide()
		n.catchUp(tailer)
		m.expect(t, "new", "old", "late")
	})
}

func TestTailerResumesFromItsCheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := storetest.NewNaive()
		cp := &memory{}
		n := newNode(t, e, nil)
		n.migrate()
		var first, second mirror
		for i := range 1200 {
			n.write(fmt.Sprintf("p%04d", i), "x")
			time.Sleep(time.Second)
		}
		tailer := n.tail(cp, &first)
		n.catchUp(tailer)
		if !slices.Equal(first.batches, []int{500, 500, 200}) || !slices.IsSorted(first.told) {
			t.Errorf("batches of %v", first.batches)
		}
		time.Sleep(time.Minute)
		n.catchUp(tailer)
		saves := cp.saves
		for range 100 {
			time.Sleep(time.Second)
			n.catchUp(tailer)
		}
		if cp.saves != saves {
			t.Errorf("saved %d times while nothing happened", cp.saves-saves)
		}

		again := newNode(t, e, nil)
		tailer = again.tail(cp, &second)
		again.catchUp(tailer)
		second.expect(t)
		again.write("p0007", "y")
		again.catchUp(tailer)
		second.expect(t, "p0007")
	})
}

func TestTailerRetriesWhatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := single(t)
		var bad, good mirror
		cp := &memory{}
		tailer := NewTailer(n.db, nil, 0)
		tailer.Follow("bad", cp, bad.batch, n.facts.Schema(), n.posts.Schema())
		tailer.Follow("good", nil, good.batch, n.posts.Schema())
		defer runs(t, tailer)()
		time.Sleep(time.Minute)
		saves := cp.saves
		bad.setFail(errors.New("not today"))
		n.write("p", "one")
		time.Sleep(5 * time.Minute)
		n.write("p", "two")
		n.write("q", "one")
		if err := tailer.CatchUp(t.Context()); err == nil || !strings.Contains(err.Error(), "bad: posts: not today") {
			t.Errorf("catching up says %v", err)
		}
		if cp.upTo["posts"] > n.post("p").Changed-300_000 {
			t.Errorf("the checkpoint passed what was never told")
		}
		if cp.saves != saves {
			t.Errorf("saved %d times meanwhile", cp.saves-saves)
		}
		bad.expect(t)
		good.expect(t, "p", "p", "q")
		bad.setFail(nil)
		time.Sleep(lastPause)
		bad.expect(t, "p", "q")
		if bad.texts["p"] != "two" {
			t.Errorf("told of p as %q", bad.texts["p"])
		}
	})
}

func TestTailerOutlivesPanicsAndCheckpointFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := single(t)
		n.write("p", "one")
		var m mirror
		wild := true
		cp := &memory{fail: errors.New("no disk")}
		tailer := NewTailer(n.db, nil, 0)
		tailer.Follow("wild", cp, func(ctx context.Context, changes []Change) error {
			if wild {
				panic("ouch")
			}
			return m.batch(ctx, changes)
		}, n.posts.Schema())
		for _, want := range []string{"no disk", "ouch"} {
			if err := tailer.CatchUp(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("says %v, want %q", err, want)
			}
			cp.fail = nil
		}
		wild, cp.fail = false, errors.New("disk full")
		if err := tailer.CatchUp(t.Context()); err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("says %v", err)
		}
		cp.fail = nil
		n.catchUp(tailer)
		m.expect(t, "p")
		if cp.saves != 1 {
			t.Errorf("saved %d times", cp.saves)
		}
	})
}

// TestTailerDeathAtEveryStep kills the process at its k-th call of the store
// while it follows what another writes; the next process misses nothing.
func TestTailerDeathAtEveryStep(t *testing.T) {
	survived := false
	for k := 1; !survived; k++ {
		synctest.Test(t, func(t *testing.T) {
			e := storetest.NewNaive()
			writer := newNode(t, e, nil)
			writer.migrate()
			for i := range 3 * BatchSize {
				writer.write(fmt.Sprintf("p%04d", i), "one")
				time.Sleep(time.Second)
			}
			cp := &memory{}
			var m mirror
			dying := &mortal{Engine: e, left: k}
			tailer := newNode(t, dying, nil).tail(cp, &m)
			story := func(tailer *Tailer) error {
				if err := tailer.CatchUp(t.Context()); err != nil {
					return err
				}
				writer.write("p0003", "two")
				time.Sleep(time.Second)
				return tailer.CatchUp(t.Context())
			}
			err := story(tailer)
			if survived = !dying.died(); survived == (err != nil) {
				t.Fatalf("died %v, and the story says %v", dying.died(), err)
			}
			if k == 3 && len(m.told) != 2*BatchSize {
				t.Errorf("died at the third page, having told %d", len(m.told))
			}
			before := len(m.told)
			writer.must(story(newNode(t, e, nil).tail(cp, &m)))
			if len(m.texts) != 3*BatchSize || m.texts["p0003"] != "two" {
				t.Errorf("step %d: missed %d documents, p0003 is %q", k, 3*BatchSize-len(m.texts), m.texts["p0003"])
			}
			if again := before + len(m.told) - before - 3*BatchSize; again > 50 {
				t.Errorf("step %d: told %d documents again", k, again)
			}
		})
		if t.Failed() {
			return
		}
	}
}

// counted counts the calls of an engine.
type counted struct {
	store.Engine
	mu    sync.Mutex
	finds int
	gets  int
}

func (c *counted) calls() (finds, gets int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.finds, c.gets
}

func (c *counted) Find(ctx context.Context, s *store.Schema, p store.Plan) ([]store.Raw, error) {
	c.mu.Lock()
	c.finds++
	c.mu.Unlock()
	return c.Engine.Find(ctx, s, p)
}

func (c *counted) GetMany(ctx context.Context, s *store.Schema, ids []string) ([]store.Raw, error) {
	c.mu.Lock()
	c.gets++
	c.mu.Unlock()
	return c.Engine.GetMany(ctx, s, ids)
}

func TestIdleTailerAsksOneQueryACollection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &counted{Engine: storetest.NewNaive()}
		n := newNode(t, e, nil)
		n.migrate()
		var m mirror
		tailer := NewTailer(n.db, nil, 0)
		tailer.Follow("mirror", nil, m.batch, n.posts.Schema(), n.facts.Schema())
		defer runs(t, tailer)()
		before, _ := e.calls()
		time.Sleep(10*DefaultInterval + time.Millisecond)
		synctest.Wait()
		if finds, gets := e.calls(); finds-before != 20 || gets != 0 {
			t.Errorf("in ten intervals over two collections %d queries and %d reads", finds-before, gets)
		}
	})
}

func TestFloodOfCommitsIsToldByTheScan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := single(t)
		var m mirror
		tailer := n.tail(&memory{}, &m)
		n.catchUp(tailer)
		for i := range maxHints + 5 {
			tailer.wake(store.Commit{Collection: "posts", ID: fmt.Sprint(i)})
		}
		n.write("p", "beyond the bound")
		defer runs(t, tailer)()
		m.expect(t, "p")
	})
}

func TestSameStampIsToldWhenTheTextDiffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := single(t)
		var m mirror
		tailer := n.tail(&memory{}, &m)
		n.write("p", "one")
		n.catchUp(tailer)
		n.write("p", "two") // the clock stands
		n.catchUp(tailer)
		m.expect(t, "p", "p")
	})
}

func TestClockSetBackMissesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := single(t)
		ahead := time.Hour
		n.db.Now = func() time.Time { return time.Now().Add(ahead) }
		var m mirror
		tailer := n.tail(&memory{}, &m)
		n.write("p", "one")
		n.catchUp(tailer)
		time.Sleep(time.Minute)
		n.catchUp(tailer)
		ahead = 0
		n.write("q", "stamped an hour before p")
		n.catchUp(tailer)
		if got := m.list(); !slices.Contains(got, "q") {
			t.Errorf("told %v", got)
		}
	})
}

func TestFollowingAnUnindexedCollectionPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("taken")
		}
	}()
	n := single(t)
	NewTailer(n.db, nil, 0).Follow("x", nil, nil, n.relay.leases.Schema())
}

func TestWalk(t *testing.T) {
	n := single(t)
	var want, got []string
	for i := range BatchSize + 7 {
		want = append(want, fmt.Sprintf("p%04d", i))
		n.write(want[i], "x")
	}
	n.must(Walk(t.Context(), n.db, n.posts.Schema(), func(doc store.Raw) error {
		got = append(got, doc.ID)
		return nil
	}))
	if !slices.Equal(got, want) {
		t.Errorf("met %d documents", len(got))
	}
	stop := errors.New("enough")
	if err := Walk(t.Context(), n.db, n.posts.Schema(), func(store.Raw) error { return stop }); err != stop {
		t.Errorf("walk says %v", err)
	}
}
