// Package mediatest holds the one suite that every media.Store passes.
package mediatest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"selfie/internal/fault"
	"selfie/media"
)

// Run holds a store against the contract of media.Store. open returns a new, empty
// store each time.
func Run(t *testing.T, open func(t *testing.T) media.Store) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, suite)
	}{
		{"round trip", roundTrip},
		{"big blob", bigBlob},
		{"put again", putAgain},
		{"put again is young again", youngAgain},
		{"concurrent puts of one key", rivals},
		{"put against delete", putAgainstDelete},
		{"half-written put leaves nothing", halfWritten},
		{"wrong size", wrongSize},
		{"list", list},
		{"list while writing", listWhileWriting},
		{"delete", remove},
		{"absent", absent},
		{"hostile keys", hostileKeys},
		{"context", cancelled},
		{"check", check},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, suite{t, open(t)}) })
	}
}

// suite is one store under test with helpers that fail the test.
type suite struct {
	t *testing.T
	media.Store
}

func (s suite) put(key string, data []byte) {
	s.t.Helper()
	if err := s.Put(s.t.Context(), key, bytes.NewReader(data), int64(len(data)), media.TypeOf(key)); err != nil {
		s.t.Fatalf("Put(%q): %v", key, err)
	}
}

func (s suite) read(key string) []byte {
	s.t.Helper()
	r, info, err := s.Open(s.t.Context(), key)
	if err != nil {
		s.t.Fatalf("Open(%q): %v", key, err)
	}
	data, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		s.t.Fatalf("reading %q: %v", key, err)
	}
	if info.Key != key || info.Size != int64(len(data)) || info.Modified.IsZero() {
		s.t.Errorf("Open(%q): info %+v for %d bytes", key, info, len(data))
	}
	if known, err := s.Stat(s.t.Context(), key); err != nil || known.Key != key || known.Modified.IsZero() {
		s.t.Errorf("Stat(%q): %+v, %v", key, known, err)
	}
	return data
}

func (s suite) keys(after string, limit int) (keys []string) {
	s.t.Helper()
	page, err := s.List(s.t.Context(), after, limit)
	if err != nil {
		s.t.Fatalf("List(%q, %d): %v", after, limit, err)
	}
	for _, info := range page {
		keys = append(keys, info.Key)
	}
	return keys
}

// walk lists everything in pages of limit.
func (s suite) walk(limit int) (all []string) {
	s.t.Helper()
	for after := ""; ; after = all[len(all)-1] {
		page := s.keys(after, limit)
		all = append(all, page...)
		if len(page) < limit {
			return all
		}
	}
}

func (s suite) wantKind(what string, err error, want fault.Kind) {
	s.t.Helper()
	if fault.KindOf(err) != want || err == nil {
		s.t.Errorf("%s: got %v, want kind %s", what, err, want)
	}
	if f, ok := fault.As(err); ok && f.Public == "" {
		s.t.Errorf("%s: a %s without a sentence", what, want)
	}
}

func key(n int) string {
	return media.Key(fmt.Sprintf("%064x", uint64(n)*0x9e3779b97f4a7c15), media.Large, "jpg")
}

// noise returns n bytes that no compression and no accident repeats.
func noise(seed uint64, n int) []byte {
	var key [32]byte
	key[0], key[1] = byte(seed), byte(seed>>8)
	data := make([]byte, n)
	rand.NewChaCha8(key).Read(data)
	return data
}

func roundTrip(t *testing.T, s suite) {
	for i, size := range []int{0, 1, 511, 4096, 70_000} {
		want := noise(uint64(i), size)
		s.put(key(i), want)
		if got := s.read(key(i)); !bytes.Equal(got, want) {
			t.Errorf("%d bytes came back as %d others", size, len(got))
		}
	}
}

func bigBlob(t *testing.T, s suite) {
	want := noise(1, 24<<20) // above the size from which S3 clients like to split
	s.put(key(1), want)
	if !bytes.Equal(s.read(key(1)), want) {
		t.Error("a blob of 24 MB came back changed")
	}
	s.wantKind("a blob above the limit", s.Put(t.Context(), key(2), strings.NewReader(""), media.MaxBlob+1, ""), fault.TooLarge)
}

func putAgain(t *testing.T, s suite) {
	data := noise(1, 5000)
	s.put(key(1), data)
	s.put(key(1), data)
	if !bytes.Equal(s.read(key(1)), data) {
		t.Error("a second put changed the blob")
	}
	s.put(key(1), data[:100]) // not what the store is made for, but the last put stands
	if !bytes.Equal(s.read(key(1)), data[:100]) {
		t.Error("a put of other bytes did not replace the blob whole")
	}
	if got := s.walk(10); len(got) != 1 {
		t.Errorf("listed %v, want one key", got)
	}
}

// youngAgain: a sweeper spares young blobs, so putting again must say so, and Stat,
// Open and List must agree on it.
func youngAgain(t *testing.T, s suite) {
	s.put(key(1), []byte("same"))
	before, err := s.Stat(t.Context(), key(1))
	if err != nil {
		t.Fatal(err)
	}
	for now := before; !now.Modified.After(before.Modified); {
		s.put(key(1), []byte("same"))
		if now, err = s.Stat(t.Context(), key(1)); err != nil {
			t.Fatal(err)
		}
		page, err := s.List(t.Context(), "", 1)
		if err != nil || len(page) != 1 || page[0].Size != now.Size || page[0].Modified.Sub(now.Modified).Abs() >= time.Second {
			t.Fatalf("Stat says %+v, List %+v (%v)", now, page, err)
		}
		select {
		case <-t.Context().Done():
			t.Fatal("the blob stays old however often it is put")
		default:
		}
	}
}

// rivals put different blobs under one key: whoever reads sees one of them whole.
func rivals(t *testing.T, s suite) {
	blobs := map[string]bool{}
	var group sync.WaitGroup
	s.put(key(1), noise(0, 20_000))
	blobs[string(noise(0, 20_000))] = true
	for i := range 8 {
		data := noise(uint64(i+1), 20_000+i)
		blobs[string(data)] = true
		group.Go(func() {
			if err := s.Put(t.Context(), key(1), bytes.NewReader(data), int64(len(data)), ""); err != nil {
				t.Errorf("rival %d: %v", i, err)
			}
		})
	}
	for range 20 {
		if !blobs[string(s.read(key(1)))] {
			t.Error("read a blob that nobody put")
		}
	}
	group.Wait()
	if !blobs[string(s.read(key(1)))] {
		t.Error("the blob that stands is none of those put")
	}
}

// putAgainstDelete repeats puts and deletes of neighbouring keys at once: no put
// fails because a directory vanished under it, and what was put last is there.
func putAgainstDelete(t *testing.T, s suite) {
	hash := fmt.Sprintf("%064x", 7)
	mine, other := media.Key(hash, media.Large, "jpg"), media.Key(hash, media.Small, "jpg")
	var group sync.WaitGroup
	for _, k := range []string{mine, other} {
		group.Go(func() {
			for range 25 {
				err := s.Put(t.Context(), k, strings.NewReader("blob"), 4, "")
				err = errors.Join(err, s.Delete(t.Context(), k))
				err = errors.Join(err, s.Put(t.Context(), k, strings.NewReader("blob"), 4, ""))
				if err != nil {
					t.Errorf("%s: %v", k, err)
					return
				}
			}
		})
	}
	group.Wait()
	if got := s.walk(10); len(got) != 2 {
		t.Errorf("listed %v, want both keys", got)
	}
}

var errReader = errors.New("the line went dead")

func halfWritten(t *testing.T, s suite) {
	before := noise(1, 3000)
	s.put(key(1), before)
	for _, k := range []string{key(1), key(2)} {
		broken := io.MultiReader(bytes.NewReader(noise(2, 100_000)), failingReader{})
		err := s.Put(t.Context(), k, broken, 200_000, "")
		if !errors.Is(err, errReader) {
			t.Errorf("Put of a failing reader: got %v, want the reader's error in the chain", err)
		}
	}
	if !bytes.Equal(s.read(key(1)), before) {
		t.Error("a failed put changed the blob that was there")
	}
	if got := s.walk(10); len(got) != 1 {
		t.Errorf("a failed put left something: %v", got)
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errReader }

func wrongSize(t *testing.T, s suite) {
	for _, size := range []int64{-1, 0, 9, 11, 1 << 20} {
		err := s.Put(t.Context(), key(1), strings.NewReader("ten bytes!"), size, "")
		s.wantKind(fmt.Sprintf("10 bytes put as %d", size), err, fault.Invalid)
	}
	if got := s.walk(10); len(got) != 0 {
		t.Errorf("a put of the wrong size left %v", got)
	}
}

func list(t *testing.T, s suite) {
	want := []string{"a.txt", "a/b.txt", "a-b/c.txt", "a_b/c.txt", "ab/c.txt", "ab.txt", "z/y/x/w.txt", "0/0.txt"}
	for i := range 30 {
		want = append(want, key(i))
	}
	for _, k := range want {
		s.put(k, []byte(k))
	}
	slices.Sort(want)
	for _, limit := range []int{1, 7, len(want), 1000} {
		if got := s.walk(limit); !slices.Equal(got, want) {
			t.Errorf("in pages of %d:\n got %v\nwant %v", limit, got, want)
		}
	}
	if got := s.keys("a/zz.txt", 1); !slices.Equal(got, []string{"a_b/c.txt"}) {
		t.Errorf("after a key that is not there: %v", got)
	}
	_, err := s.List(t.Context(), "../x", 10)
	s.wantKind("List after a hostile key", err, fault.Invalid)
}

// listWhileWriting walks while others put and delete: every key that stays is seen
// exactly once.
func listWhileWriting(t *testing.T, s suite) {
	for i := range 40 {
		s.put(key(i), []byte("stays"))
	}
	done := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			k := key(1000 + i%20)
			err := errors.Join(s.Put(t.Context(), k, strings.NewReader("comes and goes"), 14, ""), s.Delete(t.Context(), k))
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 3 {
		seen := map[string]int{}
		for _, k := range s.walk(5) {
			seen[k]++
		}
		for i := range 40 {
			if seen[key(i)] != 1 {
				t.Errorf("%s was seen %d times", key(i), seen[key(i)])
			}
		}
	}
	close(done)
	group.Wait()
}

func remove(t *testing.T, s suite) {
	s.put(key(1), []byte("x"))
	s.put(key(2), []byte("y"))
	for range 2 { // an absent key is fine
		if err := s.Delete(t.Context(), key(1)); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err := s.Open(t.Context(), key(1))
	s.wantKind("Open of a deleted key", err, fault.NotFound)
	if got := s.walk(10); !slices.Equal(got, []string{key(2)}) {
		t.Errorf("listed %v", got)
	}
}

func absent(t *testing.T, s suite) {
	s.put("dir/file.txt", []byte("x"))
	for _, k := range []string{key(1), "dir/other.txt", "dir/file/x.txt", "file.txt"} {
		_, _, err := s.Open(t.Context(), k)
		s.wantKind("Open of "+k, err, fault.NotFound)
		_, err = s.Stat(t.Context(), k)
		s.wantKind("Stat of "+k, err, fault.NotFound)
	}
	if got := s.keys("", 10); len(got) != 1 {
		t.Errorf("listed %v", got)
	}
}

func hostileKeys(t *testing.T, s suite) {
	for _, k := range []string{
		"", ".", "..", "/", "/etc/passwd.txt", "../x.jpg", "a/../../x.jpg", "a/./x.jpg", "a//x.jpg", "a/", "a",
		".tmp/x.jpg", ".hidden.jpg", "a/.x.jpg", "x.", "x..jpg", "A/x.jpg", `a\x.jpg`, "a b.jpg", "a\x00.jpg", "a\n.jpg",
		"x.jpg\n", "ü.jpg", "\xff.jpg", "%2e%2e/x.jpg", "c:x.jpg", "x.jpg?versionid=1", "x.tar.gz/y", strings.Repeat("a", 300) + ".jpg",
	} {
		what := fmt.Sprintf("key %q", k)
		s.wantKind("Put with "+what, s.Put(t.Context(), k, strings.NewReader("x"), 1, ""), fault.Invalid)
		_, _, err := s.Open(t.Context(), k)
		s.wantKind("Open with "+what, err, fault.Invalid)
		_, err = s.Stat(t.Context(), k)
		s.wantKind("Stat with "+what, err, fault.Invalid)
		s.wantKind("Delete with "+what, s.Delete(t.Context(), k), fault.Invalid)
	}
	if got := s.walk(10); len(got) != 0 {
		t.Errorf("hostile keys left %v", got)
	}
}

func cancelled(t *testing.T, s suite) {
	s.put(key(1), []byte("x"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, openErr := s.Open(ctx, key(1))
	_, statErr := s.Stat(ctx, key(1))
	_, listErr := s.List(ctx, "", 10)
	for what, err := range map[string]error{
		"Put":    s.Put(ctx, key(2), strings.NewReader("x"), 1, ""),
		"Open":   openErr,
		"Stat":   statErr,
		"List":   listErr,
		"Delete": s.Delete(ctx, key(1)),
		"Check":  s.Check(ctx),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s after cancelling: %v", what, err)
		}
		s.wantKind(what+" after cancelling", err, fault.Unavailable)
	}
	midway, stop := context.WithCancel(t.Context())
	err := s.Put(midway, key(3), io.MultiReader(bytes.NewReader(noise(1, 1000)), callReader(stop), bytes.NewReader(noise(2, 1000))), 2000, "")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Put cancelled midway: %v", err)
	}
	if got := s.walk(10); !slices.Equal(got, []string{key(1)}) {
		t.Errorf("listed %v, want only what was put before", got)
	}
}

// callReader calls itself once and is at its end.
type callReader func()

func (c callReader) Read([]byte) (int, error) { c(); return 0, io.EOF }

func check(t *testing.T, s suite) {
	for range 2 {
		if err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.keys("", media.MaxList); len(got) != 0 {
		t.Errorf("Check left %v", got)
	}
}
