package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

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

	kept, err := h.As("asker").Svc.Upload(h.Ctx, h.By, first.ID)
	h.OK(err)
	h.OK(h.media.Delete(h.Ctx, kept.Hash))
	asker.get("/uploads/known?sha256=" + sum).want(http.StatusNotFound) // its bytes are wanted again
	if again := uploaded(t, form.postPicture(data).want(http.StatusOK)); again.ID != first.ID {
		t.Errorf("bytes that were lost make another upload: %+v", again)
	}
	asker.get("/images/" + first.ID + "/320").want(http.StatusOK)

	if theirs := uploaded(t, other.get("/ask").postPicture(data).want(http.StatusCreated)); theirs.ID == first.ID {
		t.Error("two members share an upload")
	}
	h.OK(h.As("asker").Svc.SaveDraft(h.Ctx, h.By, community.Draft{Place: "ask", Body: "![x](" + first.URL + ")"}))
	asker.get("/uploads/known?sha256=" + sum).want(http.StatusNotFound) // it is that draft's
	mine := uploaded(t, form.postPicture(data).want(http.StatusCreated))
	if mine.ID == first.ID {
		t.Error("an upload that a draft names was given out again")
	}
	h.As("asker").Ask("Router blinks red at night", func(d *community.ThreadDraft) { d.Images = []string{first.ID, mine.ID} }).Settled()
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

// findingsIn asks for what was found in an upload.
func (r *reader) findingsIn(id string) (f findings) {
	r.h.T.Helper()
	r.h.OK(json.Unmarshal([]byte(r.get("/uploads/"+id+"/findings").want(http.StatusOK).body), &f))
	return f
}

func TestFindingsWarnAndSuggest(t *testing.T) {
	h := newHouse(t)
	asker := h.member("asker")
	u := uploaded(t, asker.get("/ask").postPicture(tinyPNG()).want(http.StatusCreated))
	if f := asker.findingsIn(u.ID); !f.Ready {
		t.Errorf("one waits for what nobody reads: %+v", f)
	}
	_, _, err := h.Svc.NextPicture(h.Ctx) // as another node does
	h.OK(err)
	if f := asker.findingsIn(u.ID); f.Ready || f.Text != "" {
		t.Errorf("before it was read: %+v", f)
	}
	if page := h.member("admin").get("/admin/checks"); !strings.Contains(page.body, "another node reads them") {
		t.Error("the operator of this node is not told that another reads")
	}
	h.Clock.Advance(5 * time.Minute)
	if f := asker.findingsIn(u.ID); !f.Ready {
		t.Errorf("the node that read has gone, and one waits: %+v", f)
	}
	h.OK(h.Svc.KeepText(h.Ctx, u.ID, "Update failed\nSigned in as jane.doe@example.com\nCard 4111 1111 1111 1111"))
	f := asker.findingsIn(u.ID)
	if !f.Ready || f.Alt != "Screenshot: Update failed" || len(f.Finds) != 2 || f.Finds[0].Text != "j…@example.com" || f.Finds[1].Text != "…1111" || f.Same != nil {
		t.Errorf("findings: %+v", f)
	}
	h.As("asker").Ask("Router blinks red at night", func(d *community.ThreadDraft) { d.Images = []string{u.ID} })
	h.As("helper").Answer("Hold the button.").As("asker").Accept().Settled()
	other := h.member("other")
	again := uploaded(t, other.get("/ask").postPicture(tinyPNG()).want(http.StatusCreated))
	h.OK(h.Svc.KeepText(h.Ctx, again.ID, ""))
	if f := other.findingsIn(again.ID); f.Same == nil || f.Same.Thread != threadURL(h.Thread.ID) || !f.Same.Solved {
		t.Errorf("the same screenshot: %+v", f.Same)
	}
	page := h.member("admin").get("/admin/checks")
	if !strings.Contains(page.body, "Text in pictures") {
		t.Error("the operator is not told whether pictures are read")
	}
}

// TestAgentsReadPictures shows the text of a case's pictures to who works on it.
func TestAgentsReadPictures(t *testing.T) {
	h := newHouse(t)
	asker := h.member("asker")
	u := uploaded(t, asker.get("/ask").postPicture(tinyPNG()).want(http.StatusCreated))
	h.OK(h.Svc.KeepText(h.Ctx, u.ID, "Error 0x80070057\n<script>"))
	h.As("asker").Ask("Router blinks red at night", func(d *community.ThreadDraft) { d.Images = []string{u.ID} }).Settled()
	agent := h.member("agent")
	agent.get("/threads/"+h.Thread.ID).post("/threads/"+h.Thread.ID+"/escalate", "why", "it needs one").want(http.StatusSeeOther)
	desk := agent.get("/desk").want(http.StatusOK)
	link := ""
	for _, a := range desk.all("a") {
		if strings.HasPrefix(attr(a, "href"), "/desk/") {
			link = attr(a, "href")
		}
	}
	worked := agent.get(link).want(http.StatusOK)
	if pre := worked.first("details", "class", "prose pictured"); pre == nil || !strings.Contains(textOf(pre), "Error 0x80070057 <script>") {
		t.Errorf("%s does not show the picture's text", link)
	}
	if thread := asker.get("/threads/" + h.Thread.ID); thread.first("details", "class", "prose pictured") != nil {
		t.Error("a thread shows what was read to everyone")
	}
}

// TestTakenBackByForm: without JavaScript a picture is left out with a tick, and
// is gone then; what a post shows stays.
func TestTakenBackByForm(t *testing.T) {
	h := newHouse(t)
	asker := h.member("asker")
	form := asker.get("/ask")
	first := uploaded(t, form.postPicture(tinyPNG()).want(http.StatusCreated))
	h.As("asker")
	second := h.upload()
	h.Ask("Router blinks red at night", func(d *community.ThreadDraft) { d.Images = []string{second.ID} }).Settled()
	again := form.post("/ask", "title", "x", "preview", "1", "body", "See this:", "image", first.ID, "drop-"+first.ID, "1", "image", second.ID, "drop-"+second.ID, "1")
	if again.want(http.StatusOK); strings.Contains(again.body, first.ID) {
		t.Error("the form still has the picture")
	}
	asker.get(first.Thumb).want(http.StatusNotFound)
	asker.get("/images/" + second.ID + "/320").want(http.StatusOK)
	asker.get("/uploads/known?sha256=" + first.Sum).want(http.StatusNotFound)
	if fresh := uploaded(t, form.postPicture(tinyPNG()).want(http.StatusCreated)); fresh.ID == first.ID {
		t.Error("what was taken back is given out again")
	}
}

// TestOneBadPictureSpoilsNoOther sends three pictures without JavaScript, the
// first of which is none: the form comes back with the two good ones.
func TestOneBadPictureSpoilsNoOther(t *testing.T) {
	h := newHouse(t)
	asker := h.member("asker")
	form := asker.get("/ask")
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, v := range map[string]string{csrfField: form.token(), "title": "Router blinks red at night", "body": "See this:", "space": "general", "key": "k"} {
		h.OK(w.WriteField(name, v))
	}
	for i, data := range [][]byte{[]byte("no picture at all"), pngOf(20), []byte("nor this"), pngOf(30)} {
		f, err := w.CreateFormFile("pictures", "screen"+strconv.Itoa(i)+".png")
		h.OK(err)
		_, err = f.Write(data)
		h.OK(err)
	}
	h.OK(w.Close())
	again := asker.do(http.MethodPost, "/ask", &b, "Content-Type", w.FormDataContentType(), "Origin", h.base).want(http.StatusUnsupportedMediaType).sound()
	kept := again.all("input", "name", "image")
	if len(kept) != 2 || again.text("p", "id", "ask-body-pictures-error") == "" {
		t.Fatalf("%d pictures kept: %s", len(kept), again.text("main"))
	}
	fields := []string{"space", "general", "title", "Router blinks red at night", "body", "See this:", "key", "k"}
	for _, n := range kept {
		fields = append(fields, "image", attr(n, "value"))
	}
	to := again.post("/ask", fields...).want(http.StatusSeeOther).header.Get("Location")
	page := asker.get(to).want(http.StatusOK)
	for _, n := range kept {
		if id := attr(n, "value"); page.first("img", "src", "/images/"+id+"/1600") == nil {
			t.Errorf("the picture %s is not shown", id)
		}
	}
}

// pngOf is a picture of so many pixels a side.
func pngOf(side int) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, side, side))) // a buffer takes everything
	return b.Bytes()
}
