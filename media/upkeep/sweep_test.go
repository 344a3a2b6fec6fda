package upkeep_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"selfie/internal/fault"
	"selfie/internal/scene"
	"selfie/internal/store"
	"selfie/media"
	"selfie/media/disk"
	"selfie/media/mediatest"
	"selfie/media/s3"
	"selfie/media/s3test"
	"selfie/media/upkeep"
)

// overStores runs a test on disk and on S3; fresh opens an empty store.
func overStores(t *testing.T, test func(t *testing.T, fresh func() media.Store)) {
	t.Run("disk", func(t *testing.T) {
		test(t, func() media.Store {
			s, err := disk.Open(t.TempDir(), nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			return s
		})
	})
	t.Run("s3", func(t *testing.T) {
		config, n := s3test.Start(t), 0
		test(t, func() media.Store {
			n++
			config := config
			config.Prefix = fmt.Sprintf("store-%d/", n)
			s, err := s3.Open(config)
			if err != nil {
				t.Fatal(err)
			}
			return s
		})
	})
}

// picture is a large and a small blob named by the hash of the large one's bytes,
// as the library names them.
type picture struct {
	hash         string
	large, small []byte
}

func pictureOf(n int) picture {
	p := picture{large: bytes.Repeat(fmt.Appendf(nil, "large %d;", n), 100), small: fmt.Appendf(nil, "small %d", n)}
	sum := sha256.Sum256(p.large)
	p.hash = hex.EncodeToString(sum[:])
	return p
}

func (p picture) largeKey() string { return media.Key(p.hash, media.Large, "png") }
func (p picture) smallKey() string { return media.Key(p.hash, media.Small, "jpg") }

func (p picture) put(t *testing.T, s media.Store) {
	t.Helper()
	put(t, s, p.smallKey(), p.small)
	put(t, s, p.largeKey(), p.large)
}

func put(t *testing.T, s media.Store, key string, data []byte) {
	t.Helper()
	if err := s.Put(t.Context(), key, bytes.NewReader(data), int64(len(data)), media.TypeOf(key)); err != nil {
		t.Fatal(err)
	}
}

func has(t *testing.T, s media.Store, key string) bool {
	t.Helper()
	_, err := s.Stat(t.Context(), key)
	if err != nil && !fault.Is(err, fault.NotFound) {
		t.Fatal(err)
	}
	return err == nil
}

func keys(t *testing.T, s media.Store) (all []string) {
	t.Helper()
	page, err := s.List(t.Context(), "", media.MaxList)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range page {
		all = append(all, b.Key)
	}
	return all
}

// records are references in memory.
type records struct {
	mu     sync.Mutex
	hashes map[string]bool
	asked  int
}

func recordsOf(pictures ...picture) *records {
	r := &records{hashes: map[string]bool{}}
	for _, p := range pictures {
		r.hashes[p.hash] = true
	}
	return r
}

func (r *records) add(p picture) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hashes[p.hash] = true
}

func (r *records) PicturesAmong(_ context.Context, hashes []string) (map[string]bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	if !slices.IsSorted(hashes) || len(hashes) > media.MaxList {
		return nil, fmt.Errorf("asked for %d hashes, sorted: %t", len(hashes), slices.IsSorted(hashes))
	}
	found := map[string]bool{}
	for _, h := range hashes {
		if r.hashes[h] {
			found[h] = true
		}
	}
	return found, nil
}

// later is a clock that looks back on what is stored now.
func later(d time.Duration) func() time.Time {
	return func() time.Time { return time.Now().Add(d) }
}

const ripe = upkeep.Spared + time.Hour

func TestSweepTakesOrphansAlone(t *testing.T) {
	overStores(t, func(t *testing.T, fresh func() media.Store) {
		s, used, orphan := fresh(), pictureOf(1), pictureOf(2)
		used.put(t, s)
		orphan.put(t, s)
		put(t, s, "notes/readme.txt", []byte("not a picture's name"))
		all := keys(t, s)

		swept, err := upkeep.NewSweeper(s, recordsOf(used), time.Now, nil).Sweep(t.Context(), upkeep.Pass{})
		if err != nil || swept.Removed != 0 || !slices.Equal(keys(t, s), all) {
			t.Fatalf("young blobs: %+v, %v", swept, err)
		}
		old := upkeep.NewSweeper(s, recordsOf(used), later(ripe), nil)
		var named []string
		swept, err = old.Sweep(t.Context(), upkeep.Pass{DryRun: true, Each: func(b media.Info) { named = append(named, b.Key) }})
		want := upkeep.Swept{Looked: 5, Removed: 2, Bytes: int64(len(orphan.large) + len(orphan.small))}
		if err != nil || swept != want || !slices.Equal(keys(t, s), all) {
			t.Fatalf("a dry run: got %+v, want %+v (%v)", swept, want, err)
		}
		if !slices.Equal(named, []string{orphan.largeKey(), orphan.smallKey()}) {
			t.Errorf("a dry run named %v", named)
		}
		if swept, err = old.Sweep(t.Context(), upkeep.Pass{}); err != nil || swept != want {
			t.Fatalf("got %+v, want %+v (%v)", swept, want, err)
		}
		if has(t, s, orphan.largeKey()) || has(t, s, orphan.smallKey()) || !has(t, s, used.largeKey()) || !has(t, s, used.smallKey()) || !has(t, s, "notes/readme.txt") {
			t.Errorf("left are %v", keys(t, s))
		}
		if swept, err = old.Sweep(t.Context(), upkeep.Pass{}); err != nil || swept.Removed != 0 {
			t.Errorf("a second sweep: %+v, %v", swept, err)
		}
	})
}

// turns lets two actors take their steps in a given order: "s" and "u". When the
// order is used up, or an actor has ended, the others go on freely.
type turns struct {
	mu    sync.Mutex
	moved *sync.Cond
	order string
	ended map[byte]bool
}

func newTurns(order string) *turns {
	x := &turns{order: order, ended: map[byte]bool{}}
	x.moved = sync.NewCond(&x.mu)
	return x
}

// step runs one operation of an actor when it is its turn.
func (x *turns) step(actor byte, do func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for {
		for x.order != "" && x.ended[x.order[0]] {
			x.order = x.order[1:]
		}
		if x.order == "" || x.order[0] == actor {
			break
		}
		x.moved.Wait()
	}
	do()
	if x.order != "" {
		x.order = x.order[1:]
	}
	x.moved.Broadcast()
}

func (x *turns) end(actor byte) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ended[actor] = true
	x.moved.Broadcast()
}

// acted is a store and references as one actor uses them, in turns.
type acted struct {
	media.Store
	refs  *records
	turns *turns
	actor byte
}

func (a acted) Put(ctx context.Context, key string, r io.Reader, size int64, contentType string) (err error) {
	a.turns.step(a.actor, func() { err = a.Store.Put(ctx, key, r, size, contentType) })
	return err
}

func (a acted) Stat(ctx context.Context, key string) (info media.Info, err error) {
	a.turns.step(a.actor, func() { info, err = a.Store.Stat(ctx, key) })
	return info, err
}

func (a acted) Delete(ctx context.Context, key string) (err error) {
	a.turns.step(a.actor, func() { err = a.Store.Delete(ctx, key) })
	return err
}

func (a acted) PicturesAmong(ctx context.Context, hashes []string) (found map[string]bool, err error) {
	a.turns.step(a.actor, func() { found, err = a.refs.PicturesAmong(ctx, hashes) })
	return found, err
}

// upload does what an uploader does, in the order that upkeep.Sweeper states.
func (a acted) upload(t *testing.T, p picture) {
	for range 5 {
		put(t, a, p.largeKey(), p.large)
		a.turns.step(a.actor, func() { a.refs.add(p) })
		if has(t, a, p.largeKey()) {
			return
		}
	}
	t.Error("the uploader found its picture gone five times")
}

// orders lists all orders of n steps of one actor and m of another.
func orders(n, m int) []string {
	if n == 0 || m == 0 {
		return []string{strings.Repeat("s", n) + strings.Repeat("u", m)}
	}
	var all []string
	for _, rest := range orders(n-1, m) {
		all = append(all, "s"+rest)
	}
	for _, rest := range orders(n, m-1) {
		all = append(all, "u"+rest)
	}
	return all
}

// The same picture is uploaded again while it is swept: whatever the order of
// their steps, what is recorded in the end is stored. Once with a sweeper that
// sees that the blob was put anew, and once with one whose clock hides it.
func TestSweptWhileUploadedAgain(t *testing.T) {
	var putAt time.Time
	s := mediatest.NewMemory(func() time.Time { return putAt })
	rescued, n := int64(0), 0
	for _, order := range orders(5, 3) { // asked, asked again, deleted, asked, put back; put, recorded, looked
		for _, now := range []func() time.Time{time.Now, later(ripe)} {
			n++
			p, refs, x := pictureOf(n), recordsOf(), newTurns(order)
			putAt = time.Now().Add(-ripe)
			put(t, s, p.largeKey(), p.large)
			putAt = time.Now()
			rescued += sweepAndUpload(t, s, p, refs, x, now)
			if !has(t, s, p.largeKey()) {
				t.Errorf("order %s: the picture is recorded and gone", order)
			}
		}
	}
	if rescued == 0 {
		t.Error("no order made the sweeper put anything back: the test does not reach what it is for")
	}
	t.Logf("%d orders, %d rescued", n, rescued)
}

func sweepAndUpload(t *testing.T, s media.Store, p picture, refs *records, x *turns, now func() time.Time) (rescued int64) {
	var group sync.WaitGroup
	group.Go(func() {
		defer x.end('s')
		sweeper := acted{s, refs, x, 's'}
		swept, err := upkeep.NewSweeper(sweeper, sweeper, now, nil).Sweep(t.Context(), upkeep.Pass{})
		if err != nil {
			t.Error(err)
		}
		rescued = swept.Rescued
	})
	group.Go(func() {
		defer x.end('u')
		acted{s, refs, x, 'u'}.upload(t, p)
	})
	group.Wait()
	return rescued
}

// A deadline ends a pass between pages, and the next goes on behind it.
func TestSweepGoesOn(t *testing.T) {
	s := mediatest.NewMemory(time.Now)
	const n = 510 // more than a page
	for i := range n {
		p := pictureOf(i)
		put(t, s, p.largeKey(), []byte("x"))
	}
	db := store.Open(scene.SQLite(t), time.Now)
	cut := &cutting{records: recordsOf()}
	clock := later(ripe)
	daily := upkeep.NewDaily(db, upkeep.NewSweeper(s, cut, func() time.Time { return clock() }, nil))
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer db.Close()

	ctx, cancel := context.WithCancel(t.Context())
	cut.at, cut.cut = 1+2*500+1, cancel // in the middle of the second page
	if err := daily.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("cut short: %v", err)
	}
	l, err := daily.Last(t.Context())
	if err != nil || l.Swept.After == "" || l.Swept.Removed != 500 || l.Ended != 0 {
		t.Fatalf("after the cut: %+v, %v", l, err)
	}
	if err := daily.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	l, err = daily.Last(t.Context())
	if err != nil || l.Swept.After != "" || l.Ended == 0 || len(keys(t, s)) != 0 {
		t.Fatalf("after going on: %+v, %v, %d blobs", l, err, len(keys(t, s)))
	}

	clock = later(ripe + 29*time.Hour)
	release, err := daily.Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other, err := daily.Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := other(t.Context()); err != nil {
		t.Fatal(err)
	}
	pictureOf(2).put(t, s)
	clock = later(ripe + 30*time.Hour)
	if err := daily.Run(t.Context()); err != nil || len(keys(t, s)) == 0 {
		t.Errorf("it takes what a backup holds (%v)", err)
	}
	if err := release(t.Context()); err != nil {
		t.Fatal(err)
	}
	clock = later(ripe + 60*time.Hour)
	if err := daily.Run(t.Context()); err != nil || len(keys(t, s)) != 0 {
		t.Errorf("it does not run after the backup (%v)", err)
	}
	ripe := ripe + 60*time.Hour

	asked := cut.asked
	pictureOf(1).put(t, s)
	clock = later(ripe + 23*time.Hour)
	if err := daily.Run(t.Context()); err != nil || cut.asked != asked {
		t.Errorf("it runs again within a day (%v)", err)
	}
	clock = later(ripe + 25*time.Hour)
	if err := daily.Run(t.Context()); err != nil || len(keys(t, s)) != 0 {
		t.Errorf("it does not run again after a day (%v)", err)
	}
}

// cutting are references that call cut at the nth question.
type cutting struct {
	*records
	at  int
	cut func()
}

func (c *cutting) PicturesAmong(ctx context.Context, hashes []string) (map[string]bool, error) {
	found, err := c.records.PicturesAmong(ctx, hashes)
	if c.asked == c.at {
		c.cut()
	}
	return found, err
}
