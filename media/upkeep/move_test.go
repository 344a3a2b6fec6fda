package upkeep_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"selfie/internal/scene"
	"selfie/internal/store"
	"selfie/media"
	"selfie/media/disk"
	"selfie/media/mediatest"
	"selfie/media/s3"
	"selfie/media/s3test"
	"selfie/media/upkeep"
)

func doubts(t *testing.T) *store.Collection[upkeep.Doubt] {
	t.Helper()
	db := store.Open(scene.SQLite(t), time.Now)
	c := upkeep.DeclareDoubts(db)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return c
}

func content(t *testing.T, s media.Store, key string) []byte {
	t.Helper()
	r, _, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return data
}

func same(t *testing.T, a, b media.Store) {
	t.Helper()
	if x, y := keys(t, a), keys(t, b); !slices.Equal(x, y) {
		t.Fatalf("one has %d blobs, the other %d", len(x), len(y))
	}
	for _, k := range keys(t, a) {
		if !bytes.Equal(content(t, a, k), content(t, b, k)) {
			t.Errorf("%s differs", k)
		}
	}
}

func TestMoveBothWays(t *testing.T) {
	onDisk, err := disk.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer onDisk.Close()
	inS3, err := s3.Open(s3test.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	record := doubts(t)
	for i := range 20 {
		pictureOf(i).put(t, onDisk)
	}
	there := upkeep.NewMover(record, "there", onDisk, inS3)
	moved, err := there.Move(t.Context(), upkeep.Options{})
	if err != nil || moved.Copied != 40 || moved.Passes != 2 {
		t.Fatalf("there: %+v, %v", moved, err)
	}
	same(t, onDisk, inS3)
	if moved, err = there.Move(t.Context(), upkeep.Options{}); err != nil || moved.Copied != 0 || moved.Passes != 1 || moved.Looked != 40 {
		t.Fatalf("again: %+v, %v", moved, err)
	}
	pictureOf(100).put(t, inS3)
	moved, err = upkeep.NewMover(record, "back", inS3, onDisk).Move(t.Context(), upkeep.Options{Verify: true})
	if err != nil || moved.Copied != 2 {
		t.Fatalf("back: %+v, %v", moved, err)
	}
	same(t, onDisk, inS3)
}

// Uploads go on while a move runs: its last pass finds nothing to do.
func TestMoveWhileUploading(t *testing.T) {
	from, to := mediatest.NewMemory(time.Now), mediatest.NewMemory(time.Now)
	for i := range 30 {
		pictureOf(i).put(t, from)
	}
	var busy atomic.Int64
	moved, err := upkeep.NewMover(doubts(t), "m", from, to).Move(t.Context(), upkeep.Options{Note: func(upkeep.Moved) {
		if n := busy.Add(1); n <= 5 {
			pictureOf(int(1000+n)).put(t, from)
		}
	}})
	if err != nil || moved.Copied != 70 {
		t.Fatalf("%+v, %v", moved, err)
	}
	same(t, from, to)
}

// putting is a store whose puts can be watched.
type putting struct {
	media.Store
	put func(key string) error
}

func (p putting) Put(ctx context.Context, key string, r io.Reader, size int64, contentType string) error {
	if err := p.put(key); err != nil {
		return err
	}
	return p.Store.Put(ctx, key, r, size, contentType)
}

// A move that is cut short in the middle leaves a doubt, and the next one copies
// anew what is in doubt, even where it looks right.
func TestMoveGoesOnAfterACut(t *testing.T) {
	from, to := mediatest.NewMemory(time.Now), mediatest.NewMemory(time.Now)
	for i := range 300 { // 600 blobs: two pages
		pictureOf(i).put(t, from)
	}
	record := doubts(t)
	ctx, cancel := context.WithCancel(t.Context())
	var n atomic.Int64
	dying := putting{to, func(string) error {
		if n.Add(1) == 550 {
			cancel()
		}
		return ctx.Err()
	}}
	if _, err := upkeep.NewMover(record, "m", from, dying).Move(ctx, upkeep.Options{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("cut: %v", err)
	}
	have := keys(t, to)
	if len(have) < 500 || len(have) >= 600 {
		t.Fatalf("the cut left %d blobs", len(have))
	}
	forged := keys(t, from)[505] // on the second page, as if a put had gone wrong unseen
	put(t, to, forged, bytes.Repeat([]byte("x"), len(content(t, from, forged))))

	moved, err := upkeep.NewMover(record, "m", from, putting{to, func(string) error { return nil }}).Move(t.Context(), upkeep.Options{})
	if err != nil || moved.Copied != 100 {
		t.Fatalf("going on copied %d, want the 100 of the second page (%v)", moved.Copied, err)
	}
	same(t, from, to)
	d, err := record.Find(t.Context(), store.All())
	if err != nil || len(d.Items) != 1 || d.Items[0].Until != "" {
		t.Errorf("a doubt is left: %+v, %v", d.Items, err)
	}
}

// altering is a store that spoils what is put.
type altering struct{ media.Store }

func (a altering) Put(ctx context.Context, key string, _ io.Reader, size int64, contentType string) error {
	return a.Store.Put(ctx, key, bytes.NewReader(make([]byte, size)), size, contentType)
}

func TestMoveReadsBack(t *testing.T) {
	from, to := mediatest.NewMemory(time.Now), mediatest.NewMemory(time.Now)
	p := pictureOf(1)
	p.put(t, from)
	if _, err := upkeep.NewMover(doubts(t), "m", from, altering{to}).Move(t.Context(), upkeep.Options{}); err == nil {
		t.Error("a copy that reads back as other bytes passes")
	}
	if _, err := upkeep.NewMover(doubts(t), "m", from, to).Move(t.Context(), upkeep.Options{Verify: true}); err != nil {
		t.Error(err)
	}
	same(t, from, to)

	put(t, from, pictureOf(2).largeKey(), []byte("damaged on the disk"))
	moved, err := upkeep.NewMover(doubts(t), "m", from, to).Move(t.Context(), upkeep.Options{})
	if err != nil || !slices.Equal(moved.Damaged, []string{pictureOf(2).largeKey()}) || has(t, to, pictureOf(2).largeKey()) {
		t.Errorf("a damaged blob: %+v, %v", moved, err)
	}
}

func TestFallback(t *testing.T) {
	mediatest.Run(t, func(*testing.T) media.Store {
		return upkeep.NewFallback(mediatest.NewMemory(time.Now), mediatest.NewMemory(time.Now))
	})
}

func TestFallbackServesBoth(t *testing.T) {
	now, old := mediatest.NewMemory(time.Now), mediatest.NewMemory(time.Now)
	f := upkeep.NewFallback(now, old)
	for i := range 10 {
		s := media.Store(now)
		if i%2 == 0 {
			s = old
		}
		put(t, s, fmt.Sprintf("b/%02d.txt", i), fmt.Append(nil, i))
	}
	put(t, now, "b/04.txt", []byte("4"))
	var walked []string
	for after := ""; ; {
		page, err := f.List(t.Context(), after, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range page {
			walked = append(walked, b.Key)
			if got := content(t, f, b.Key); string(got) != fmt.Sprint(len(walked)-1) {
				t.Errorf("%s reads %q", b.Key, got)
			}
		}
		if len(page) < 3 {
			break
		}
		after = page[2].Key
	}
	if len(walked) != 10 || !slices.IsSorted(walked) {
		t.Errorf("walked %v", walked)
	}
	put(t, f, "b/20.txt", []byte("new"))
	if has(t, old, "b/20.txt") || !has(t, now, "b/20.txt") {
		t.Error("writes go to the new store")
	}
	if err := f.Delete(t.Context(), "b/04.txt"); err != nil || has(t, old, "b/04.txt") || has(t, now, "b/04.txt") {
		t.Errorf("a deleted blob is left in one of the two (%v)", err)
	}
}
