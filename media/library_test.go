package media_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"selfie/internal/fault"
	"selfie/media"
	"selfie/media/disk"
)

func library(t *testing.T) (*media.Library, media.Store) {
	t.Helper()
	store, err := disk.Open(t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return media.NewLibrary(store, pipeline), store
}

func add(t *testing.T, l *media.Library, data []byte) media.Picture {
	t.Helper()
	pic, err := l.Add(t.Context(), bytes.NewReader(data), "picture")
	if err != nil {
		t.Fatal(err)
	}
	return pic
}

func TestLibraryKeepsWhatThePipelineMakes(t *testing.T) {
	l, store := library(t)
	for name, data := range map[string][]byte{"photo": jpegOf(t, photo(1800, 900)), "screenshot": pngOf(t, screenshot(900, 600))} {
		want, pic := process(t, data), add(t, l, data)
		if pic.Hash != want.Hash || pic.DHash != want.DHash || pic.Width != want.Width || len(pic.Variants) != 2 {
			t.Errorf("%s: picture %+v", name, pic)
		}
		for i, asked := range [][]string{{media.Large, media.Full}, {media.Small}} {
			v := pic.Variants[i]
			for _, variant := range asked {
				r, info, err := l.Open(t.Context(), pic.Hash, variant)
				checkBlob(t, r, info, err, want.Variants[i], v.Key)
			}
			r, info, err := l.OpenKey(t.Context(), v.Key)
			checkBlob(t, r, info, err, want.Variants[i], v.Key)
		}
	}
	if page, err := store.List(t.Context(), "", 100); err != nil || len(page) != 4 {
		t.Errorf("%d blobs (%v), want 4", len(page), err)
	}
}

func checkBlob(t *testing.T, r io.ReadCloser, info media.Info, err error, want media.Variant, key string) {
	t.Helper()
	if err != nil {
		t.Error(err)
		return
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(data, want.Bytes) || info.Key != key || info.ContentType() != want.ContentType {
		t.Errorf("read %d bytes of %s as %s (%v)", len(data), info.Key, info.ContentType(), err)
	}
}

func TestLibraryAddsTheSamePictureOnce(t *testing.T) {
	l, store := library(t)
	plain := jpegOf(t, photo(300, 200))
	first := add(t, l, plain)
	second := add(t, l, withSegment(plain, 0xfe, []byte("another comment")))
	if first.Hash != second.Hash {
		t.Error("a comment made another picture")
	}
	if page, err := store.List(t.Context(), "", 100); err != nil || len(page) != 2 {
		t.Errorf("%d blobs (%v), want 2", len(page), err)
	}
}

func TestLibraryDeletes(t *testing.T) {
	l, store := library(t)
	kept, gone := add(t, l, jpegOf(t, photo(300, 200))), add(t, l, pngOf(t, screenshot(300, 200)))
	for range 2 {
		if err := l.Delete(t.Context(), gone.Hash); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := l.Open(t.Context(), gone.Hash, media.Full); !fault.Is(err, fault.NotFound) {
		t.Errorf("deleted: %v", err)
	}
	if page, err := store.List(t.Context(), "", 100); err != nil || len(page) != 2 {
		t.Errorf("%d blobs (%v), want the 2 of %s", len(page), err, kept.Hash)
	}
}

func TestLibraryKnowsNothingElse(t *testing.T) {
	l, _ := library(t)
	hash := add(t, l, pngOf(t, screenshot(300, 200))).Hash
	for _, asked := range [][2]string{
		{hash, ""}, {hash, "1601"}, {hash, "../320"}, {hash, "320.png"}, {"", media.Large}, {strings.ToUpper(hash), media.Large},
		{hash[:63], media.Large}, {hash + "0", media.Large}, {"../" + hash[3:], media.Large}, {strings.Repeat("0", 64), media.Large},
	} {
		if _, _, err := l.Open(t.Context(), asked[0], asked[1]); !fault.Is(err, fault.NotFound) {
			t.Errorf("Open(%q, %q): %v", asked[0], asked[1], err)
		}
	}
	for _, key := range []string{"", "x.txt", "../x.png", media.Key(strings.Repeat("0", 64), media.Large, "png")} {
		if _, _, err := l.OpenKey(t.Context(), key); !fault.Is(err, fault.NotFound) {
			t.Errorf("OpenKey(%q): %v", key, err)
		}
	}
}

func TestPictureSurvivesJSON(t *testing.T) {
	l, _ := library(t)
	want := add(t, l, jpegOf(t, photo(300, 200)))
	want.DHash = 1<<63 + 1
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got media.Picture
	if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v: %s", err, text)
	}
	if !bytes.Contains(text, []byte(`"dhash":"8000000000000001"`)) {
		t.Errorf("the hash is not text: %s", text)
	}
	if json.Unmarshal([]byte(`"zz"`), &got.DHash) == nil {
		t.Error("nonsense was taken for a hash")
	}
}

// A picture that has its large variant is complete, so the large one is put last.
func TestLargeVariantIsPutLast(t *testing.T) {
	full := errors.New("no space")
	store := &fullStore{err: full}
	_, err := media.NewLibrary(store, pipeline).Add(t.Context(), bytes.NewReader(pngOf(t, screenshot(90, 60))), "x")
	if !errors.Is(err, full) || len(store.keys) != 1 || !strings.HasSuffix(store.keys[0], "/320.png") {
		t.Errorf("put %v, then %v", store.keys, err)
	}
}

// fullStore takes nothing.
type fullStore struct {
	media.Store
	err  error
	keys []string
}

func (s *fullStore) Put(_ context.Context, key string, _ io.Reader, _ int64, _ string) error {
	s.keys = append(s.keys, key)
	return s.err
}

func TestParseKey(t *testing.T) {
	want := strings.Repeat("0123456789abcdef", 4)
	hash, variant, ext, ok := media.ParseKey(media.Key(want, media.Small, "jpg"))
	if hash != want || variant != media.Small || ext != "jpg" || !ok {
		t.Errorf("%q %q %q %t", hash, variant, ext, ok)
	}
	for _, key := range []string{"", "a.txt", "a/b/c.txt", "ab/cd/320.jpg", "../" + want + "/320.jpg", want[:3] + "/" + want[3:] + "/320.jpg"} {
		if _, _, _, ok := media.ParseKey(key); ok {
			t.Errorf("%q was taken for a picture's key", key)
		}
	}
}
