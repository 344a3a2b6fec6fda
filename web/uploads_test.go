package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"sync"
	"testing"

	"selfie/community"
	"selfie/internal/store"
)

func sumHex(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// postPicture sends a picture as the editor does.
func (p *page) postPicture(data []byte, pairs ...string) *page {
	p.r.h.T.Helper()
	return p.postFile("/uploads", "picture", data, pairs...)
}

func uploaded(t *testing.T, p *page) (u uploadJSON) {
	t.Helper()
	if err := json.Unmarshal([]byte(p.body), &u); err != nil {
		t.Fatalf("%s: %v", p.body, err)
	}
	return u
}

// TestNothingSentTwiceIsStoredTwice sends one file again and again: while no
// post shows it, it is one upload of each member, and needs no sending.
func TestNothingSentTwiceIsStoredTwice(t *testing.T) {
	h := newHouse(t)
	data := tinyPNG()
	sum := sumHex(data)
	asker, other := h.member("asker"), h.member("other")
	asker.get("/uploads/known?sha256=" + sum).want(http.StatusNotFound)
	asker.get("/uploads/known?sha256=zz").want(http.StatusUnprocessableEntity)
	form := asker.get("/ask")
	form.postPicture(data, "sha256", sumHex([]byte("another"))).want(http.StatusUnprocessableEntity)
	first := uploaded(t, form.postPicture(data, "sha256", sum).want(http.StatusCreated))
	if first.Sum != sum || first.Bytes != int64(len(data)) || first.Width != 24 {
		t.Errorf("upload: %+v", first)
	}
	for _, fields := range [][]string{{"sha256", sum}, nil} {
		if again := uploaded(t, form.postPicture(data, fields...).want(http.StatusOK)); again.ID != first.ID {
			t.Errorf("the same file is another upload: %+v", again)
		}
	}
	if known := uploaded(t, asker.get("/uploads/known?sha256="+sum).want(http.StatusOK)); known.ID != first.ID {
		t.Errorf("known: %+v", known)
	}
	other.get("/uploads/known?sha256=" + sum).want(http.StatusNotFound)
	if theirs := uploaded(t, other.get("/ask").postPicture(data).want(http.StatusCreated)); theirs.ID == first.ID {
		t.Error("two members share an upload")
	}
	h.As("asker").Ask("Router blinks red at night", func(d *community.ThreadDraft) { d.Images = []string{first.ID} }).Settled()
	asker.get("/uploads/known?sha256=" + sum).want(http.StatusNotFound)
	if next := uploaded(t, form.postPicture(data).want(http.StatusCreated)); next.ID == first.ID {
		t.Error("an upload that a post shows was given out again")
	}
}

func TestOneFileSentAtOnceIsOneUpload(t *testing.T) {
	h := newHouse(t)
	asker := h.member("asker")
	form := asker.get("/ask")
	ids := make([]string, 6)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() { ids[i] = uploaded(t, form.postPicture(tinyPNG())).ID })
	}
	wg.Wait()
	n, err := h.Svc.Records().Uploads.Count(h.Ctx, store.Where("owner", h.As("asker").By.ID))
	if h.OK(err); n != 1 {
		t.Errorf("%d uploads of one file: %v", n, ids)
	}
}

func TestFindingsAreTheOwners(t *testing.T) {
	h := newHouse(t)
	h.As("asker")
	u := h.upload()
	path := "/uploads/" + u.ID + "/findings"
	var f findings
	if err := json.Unmarshal([]byte(h.member("asker").get(path).want(http.StatusOK).body), &f); err != nil || !f.Ready || f.Finds == nil || f.Same != nil {
		t.Errorf("findings: %+v, %v", f, err)
	}
	h.member("other").get(path).want(http.StatusNotFound)
	h.reader().get(path).want(http.StatusUnauthorized)
	h.member("admin").get(path).want(http.StatusOK)
}
