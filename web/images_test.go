package web

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"selfie/community"
	"selfie/internal/scene"
	"selfie/internal/store"
	"selfie/media"
	"selfie/media/disk"
	"selfie/media/mediatest"
	"selfie/media/s3"
	"selfie/media/s3test"
	"selfie/media/upkeep"
)

// exhibit is a thread with a picture, and who may see both.
type exhibit struct {
	thread  *community.Thread
	upload  *community.Upload
	seen    []string // viewers
	waiting []string // viewers who are told that it waits for a moderator
}

var viewers = []string{"guest", "other", "insider", "asker", "moderator", "agent"}

// gallery is a house with one thread in each state that bears on who sees it.
func gallery(h *house) map[string]*exhibit {
	h.T.Helper()
	h.As("asker").As("other").As("moderator").As("agent")
	h.Clock.Advance(48 * time.Hour) // newcomers ask little
	h.OK(h.Svc.SetGroups(h.Ctx, community.System, h.Actor("insider").ID, []string{"inner"}))
	h.OK(h.Svc.SetGroups(h.Ctx, community.System, h.Actor("asker").ID, []string{"inner"}))
	h.Space("members", community.MembersOnly).Space("inner", community.Restricted, "inner")
	ask := func(title string, changes ...scene.Change) *exhibit {
		h.As("asker")
		u := h.upload()
		h.Ask("Blinking lamp "+title, append(changes, scene.Showing(u.ID))...)
		return &exhibit{thread: h.Thread, upload: u}
	}
	judged := func(kind community.RemovalKind, x *exhibit) *exhibit {
		ref := community.Ref{Kind: community.AQuestion, ID: x.thread.ID}
		h.OK(h.Svc.Judge(h.Ctx, "", ref, &community.Removal{Kind: kind, At: 1, Reason: "A test"}, func(*community.Removal) bool { return true }))
		return x
	}
	all := map[string]*exhibit{
		"public":        ask("in public"),
		"members":       ask("for members", scene.In("members")),
		"restricted":    ask("inside", scene.In("inner")),
		"private":       ask("in private", scene.Privately()),
		"held":          judged(community.Held, ask("that is held")),
		"held inside":   judged(community.Held, ask("that is held inside", scene.In("inner"))),
		"hidden":        judged(community.Hidden, ask("that is hidden")),
		"deleted":       judged("", ask("that is deleted")),
		"moved inside":  ask("moved inside"),
		"private since": ask("private since"),
	}
	_, err := h.Svc.Move(h.Ctx, h.Actor("moderator"), all["moved inside"].thread.ID, "inner")
	h.OK(err)
	_, err = h.Svc.SetPrivate(h.Ctx, h.Actor("asker"), all["private since"].thread.ID, true)
	h.OK(err)
	own := []string{"asker", "moderator", "agent"}
	inside := append([]string{"insider"}, own...)
	for name, seen := range map[string][]string{
		"public": viewers, "members": viewers[1:], "restricted": inside, "private": own, "held": own,
		"held inside": own, "hidden": own, "deleted": own, "moved inside": inside, "private since": own,
	} {
		all[name].seen = seen
	}
	all["held"].waiting, all["held inside"].waiting = []string{"guest", "other", "insider"}, []string{"insider"}
	h.Settled()
	h.reindexed()
	return all
}

// look holds what a viewer gets of a picture against what is right.
func (x *exhibit) look(t *testing.T, name, viewer string, r *reader) {
	seen, waiting := slices.Contains(x.seen, viewer), slices.Contains(x.waiting, viewer)
	if p := r.get("/threads/" + x.thread.ID); (p.status == http.StatusOK) != seen {
		t.Errorf("%s looks at the thread %q: status %d", viewer, name, p.status)
	}
	for _, size := range []string{"", "/full", "/1600", "/320"} {
		p := r.get("/images/" + x.upload.ID + size)
		_, _, err := image.Decode(strings.NewReader(p.body))
		kind := p.header.Get("Content-Type")
		switch {
		case seen && (p.status != http.StatusOK || err != nil || kind != "image/png"):
			t.Errorf("%s does not see %s of %q: status %d, %s, %v", viewer, size, name, p.status, kind, err)
		case waiting && (p.status != http.StatusOK || !strings.HasPrefix(kind, "image/svg+xml") || !strings.Contains(p.body, heldSays) || !strings.Contains(p.body, `width="24" height="16"`)):
			t.Errorf("%s is not told that %s of %q waits: status %d, %s: %s", viewer, size, name, p.status, kind, p.body)
		case !seen && !waiting && p.status != http.StatusNotFound:
			t.Errorf("%s gets %d for %s of %q", viewer, p.status, size, name)
		}
		if !seen && err == nil {
			t.Errorf("%s gets the bytes of %s of %q", viewer, size, name)
		}
		if cache := p.header.Get("Cache-Control"); (seen || waiting) && cache != "private, no-cache" {
			t.Errorf("%s of %q may be kept: %q", size, name, cache)
		}
		tag := `"` + x.upload.Hash[:16] + "-" + media.Large + `"`
		if p := r.get("/images/"+x.upload.ID+"/full", "If-None-Match", tag); (p.status == http.StatusNotModified) != seen {
			t.Errorf("%s asks again for %q: status %d", viewer, name, p.status)
		}
	}
	if p := r.get("/api/v1/uploads/" + x.upload.ID); (p.status == http.StatusOK) != seen {
		t.Errorf("%s asks the API for %q: status %d", viewer, name, p.status)
	}
}

// Wherever a picture could show itself, it follows its thread.
func TestPicturesFollowTheirThread(t *testing.T) {
	scene.OverEngines(t, func(t *testing.T, fresh func(*testing.T) store.Engine) {
		h := newHouseOf(t, plan{engine: fresh(t)})
		all := gallery(h)
		mails, _, err := h.inbox.KeptMail(h.Ctx, h.Actor("admin"), "", 100)
		h.OK(err)
		for _, viewer := range viewers {
			r := h.reader()
			if viewer != "guest" {
				r = h.member(viewer)
			}
			for _, name := range slices.Sorted(maps.Keys(all)) {
				all[name].look(t, name, viewer, r)
			}
			pages := map[string]string{}
			for _, path := range []string{"/", "/?sort=new", "/spaces/general", "/spaces/inner", "/spaces/members", "/feed.atom", "/spaces/general/feed.atom", "/search?q=blinking+lamp",
				"/members/" + h.Actor("asker").ID, "/api/v1/threads", "/api/v1/search?q=blinking+lamp", "/sitemap/general"} {
				pages[path] = r.get(path).body
			}
			for path, body := range pages {
				for name, x := range all {
					if strings.Contains(body, x.upload.ID) && !slices.Contains(x.seen, viewer) {
						t.Errorf("%s shows %s the picture of %q", path, viewer, name)
					}
				}
			}
			if !strings.Contains(pages["/"], all["public"].upload.ID+"/320") || !strings.Contains(pages["/feed.atom"], all["public"].upload.ID) {
				t.Errorf("%s sees no thumbnail at all: the test looks in the wrong places", viewer)
			}
		}
		for _, m := range mails {
			if strings.Contains(fmt.Sprint(m), "/images/") {
				t.Errorf("a mail shows a picture: %+v", m)
			}
		}
	})
}

// A private answer's picture is for the asker and staff, a comment's goes where its
// answer goes, and a held answer's waits in a thread that everybody sees.
func TestPicturesFollowTheirPost(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red after the update")
	h.As("agent")
	secret := h.upload()
	_, err := h.Svc.PostAnswer(h.Ctx, h.By, community.AnswerDraft{Thread: h.Thread.ID, Body: "Your own serial number, as a picture", Images: []string{secret.ID}, Private: true})
	h.OK(err)
	h.As("helper")
	held := h.upload()
	a, err := h.Svc.PostAnswer(h.Ctx, h.By, community.AnswerDraft{Thread: h.Thread.ID, Body: "An answer that is held", Images: []string{held.ID}})
	h.OK(err)
	h.Settled()
	h.OK(h.Svc.Judge(h.Ctx, "", community.Ref{Kind: community.AnAnswer, ID: a.ID}, &community.Removal{Kind: community.Held, At: 1}, func(*community.Removal) bool { return true }))
	for viewer, want := range map[string][2]string{
		"guest": {"", "svg"}, "other": {"", "svg"}, "helper": {"", "png"}, "asker": {"png", "svg"}, "agent": {"png", "png"},
	} {
		r := h.reader()
		if viewer != "guest" {
			r = h.member(viewer)
		}
		for i, u := range []*community.Upload{secret, held} {
			p := r.get("/images/" + u.ID + "/320")
			kind := ""
			if p.status == http.StatusOK {
				kind, _, _ = strings.Cut(strings.TrimPrefix(p.header.Get("Content-Type"), "image/"), "+")
			}
			if kind != want[i] {
				t.Errorf("%s gets %q of picture %d, want %q", viewer, kind, i, want[i])
			}
		}
	}
}

// follow loads an address as a browser loads a picture of another site.
func follow(t *testing.T, link string) (status int, kind string, body []byte) {
	t.Helper()
	resp, err := http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Content-Type"), body
}

// With S3, browsers fetch pictures there: after the same question each time.
func TestPicturesFromTheObjectStore(t *testing.T) {
	blobs, err := s3.Open(s3test.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	h := newHouseOf(t, plan{blobs: blobs, links: blobs})
	all := gallery(h)
	h.Clock.Advance(time.Since(h.Clock.Now())) // the store's own clock judges its addresses
	public := all["public"]
	r := h.reader()
	front := r.get("/").want(http.StatusOK)
	if policy := front.header.Get("Content-Security-Policy"); !strings.Contains(policy, "img-src 'self' "+blobs.Origin()+" data:") {
		t.Errorf("the policy does not let pictures in: %s", policy)
	}
	at := "/images/" + public.upload.ID + "/full"
	p := r.get(at).want(http.StatusFound)
	link, tag := p.header.Get("Location"), p.header.Get("ETag")
	if !strings.HasPrefix(link, blobs.Origin()+"/") || p.header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("it leads to %s, kept %q", link, p.header.Get("Cache-Control"))
	}
	status, kind, body := follow(t, link)
	if _, _, err := image.Decode(bytes.NewReader(body)); status != http.StatusOK || kind != "image/png" || err != nil {
		t.Errorf("the object store answers %d, %s, %v", status, kind, err)
	}
	altered, err := url.Parse(link)
	h.OK(err)
	altered.Path = strings.Replace(altered.Path, media.Large+".", media.Small+".", 1)
	if status, _, _ := follow(t, altered.String()); status < 400 {
		t.Errorf("an altered address answers %d", status)
	}
	r.get(at, "If-None-Match", tag).want(http.StatusNotModified)
	r.get(at, "If-None-Match", `"`+public.upload.Hash[:16]+`-1600"`).want(http.StatusNotModified) // kept when it was sent from here
	h.Clock.Advance(time.Since(h.Clock.Now()) + media.MaxPresign)
	r.get(at, "If-None-Match", tag).want(http.StatusFound) // the address that the browser has is dead
	if p := r.do(http.MethodHead, at, nil); p.status != http.StatusOK {
		t.Errorf("HEAD: %d", p.status)
	}

	ref := community.Ref{Kind: community.AQuestion, ID: public.thread.ID}
	h.OK(h.Svc.Judge(h.Ctx, "", ref, &community.Removal{Kind: community.Hidden, At: 1}, func(*community.Removal) bool { return true }))
	for _, header := range [][]string{nil, {"If-None-Match", tag}} {
		r.get(at, header...).want(http.StatusNotFound)
	}
	for name, x := range all {
		for _, viewer := range []string{"guest", "other"} {
			if slices.Contains(x.seen, viewer) {
				continue
			}
			who := r
			if viewer != "guest" {
				who = h.member(viewer)
			}
			if p := who.get("/images/" + x.upload.ID + "/320"); p.header.Get("Location") != "" {
				t.Errorf("%s is led to the picture of %q", viewer, name)
			}
		}
	}
}

// While pictures move to S3, those that are not there yet are sent from here.
func TestPicturesWhileTheyMove(t *testing.T) {
	now, err := s3.Open(s3test.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	old, err := disk.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	blobs := upkeep.NewFallback(now, old)
	h := newHouseOf(t, plan{blobs: blobs, links: blobs.(media.Presigner)})
	h.As("asker")
	moved := h.upload()
	h.Ask("Router blinks red after the update", scene.Showing(moved.ID)).Settled()
	for _, v := range moved.Variants { // as it was before the move
		r, info, err := now.Open(h.Ctx, v.Key)
		h.OK(err)
		h.OK(old.Put(h.Ctx, v.Key, r, info.Size, v.Type))
		h.OK(r.Close())
		h.OK(now.Delete(h.Ctx, v.Key))
	}
	at := "/images/" + moved.ID + "/320"
	h.reader().get(at).want(http.StatusOK)
	db := store.Open(scene.SQLite(t), nil)
	doubts := upkeep.DeclareDoubts(db)
	h.OK(db.Migrate(h.Ctx))
	t.Cleanup(func() { db.Close() })
	_, err = upkeep.NewMover(doubts, "m", old, now).Move(h.Ctx, upkeep.Options{})
	h.OK(err)
	h.reader().get(at).want(http.StatusFound)
}

// A blob that ends before its size is an error, and never a picture.
func TestHalfAPictureIsNotServed(t *testing.T) {
	memory := mediatest.NewMemory(time.Now)
	h := newHouseOf(t, plan{blobs: cutting{memory}})
	h.As("asker")
	u := h.upload()
	p := h.member("asker").get("/images/" + u.ID + "/full")
	if p.status < 500 || strings.HasPrefix(p.header.Get("Content-Type"), "image/") {
		t.Errorf("status %d, %s", p.status, p.header.Get("Content-Type"))
	}
}

// cutting is a store whose connection breaks in the middle of every blob.
type cutting struct{ media.Store }

func (c cutting) Open(ctx context.Context, key string) (io.ReadCloser, media.Info, error) {
	r, info, err := c.Store.Open(ctx, key)
	if err != nil {
		return nil, info, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(r, info.Size/2), r}, info, nil
}

// swept is a store in which a picture is gone right after it was put, as when a
// sweep and an upload of the same picture meet.
type swept struct {
	media.Store
	left *int
}

func (s swept) Stat(ctx context.Context, key string) (media.Info, error) {
	if *s.left > 0 {
		*s.left--
		if err := s.Delete(ctx, key); err != nil {
			return media.Info{}, err
		}
	}
	return s.Store.Stat(ctx, key)
}

func TestUploadLooksWhetherItIsStillStored(t *testing.T) {
	left := 1
	memory := mediatest.NewMemory(time.Now)
	h := newHouseOf(t, plan{blobs: swept{memory, &left}})
	asker := h.member("asker")
	u := uploaded(t, asker.get("/ask").postPicture(tinyPNG()).want(http.StatusCreated))
	for _, size := range []string{"full", "320"} {
		asker.get("/images/" + u.ID + "/" + size).want(http.StatusOK)
	}
	left = 100
	data := append(tinyPNG(), "another file, the same picture"...)
	if p := asker.get("/ask").postPicture(data); p.status != http.StatusServiceUnavailable {
		t.Errorf("a picture that is always gone: status %d", p.status)
	}
}
