package soak

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"selfie/community"
	"selfie/internal/store/mongo"
	"selfie/internal/store/mongo/mongotest"
	"selfie/media/s3test"
)

// deployment is one database and one bucket that nodes share.
type deployment struct {
	uri, database string
	flags         []string
}

func deploy(tb testing.TB) deployment {
	tb.Helper()
	d := deployment{uri: mongotest.Start(tb)}
	d.database = mongotest.Database(tb, d.uri)
	b := s3test.Start(tb)
	d.flags = []string{"--mongo=" + d.uri, "--mongo-database=" + d.database, "--poll=250ms",
		"--s3-endpoint=" + b.Endpoint, "--s3-bucket=" + b.Bucket, "--s3-region=" + b.Region, "--s3-access-key=" + b.AccessKey, "--s3-secret-key=" + b.SecretKey, "--s3-plain"}
	return d
}

// node starts one more server, with a data directory of its own.
func (d deployment) node(tb testing.TB) *node {
	return start(tb, append(slices.Clone(d.flags), in(tb.TempDir())...)...)
}

// Two servers over one database and one bucket: what is posted on one is found,
// seen live and shown with its picture on the other. The one that delivers
// events is killed; the other takes over, and everyone is told once.
func TestSoakTwoNodes(t *testing.T) {
	beside(t)
	d := deploy(t)
	dir := in(t.TempDir())
	asker := account(t, append(slices.Clone(d.flags), dir...), "agent", "asker")
	helper := account(t, append(slices.Clone(d.flags), dir...), "agent", "helper")
	a := d.node(t)
	onA := member(t, a, helper)
	thread := member(t, a, asker).posted(t, "/ask", url.Values{"space": {"general"}, "title": {"What does the light mean"}, "body": {text(mark())}, "key": {key()}})
	first := onA.posted(t, "/threads/"+thread+"/answers", url.Values{"body": {text(mark())}, "key": {key()}})
	inbox := openInbox(t, d, asker)
	eventually(t, patience, "the first node delivers", func() bool { return inbox.times(t, first) == 1 })

	b := d.node(t)
	onB := member(t, b, asker)
	live, found := crossing(t, onA, onB, thread)
	t.Logf("on the other node an answer is seen live after %d ms, and a question is found after %d ms", live.Milliseconds(), found.Milliseconds())
	answers := []string{first}
	for range 5 {
		answers = append(answers, onA.posted(t, "/threads/"+thread+"/answers", url.Values{"body": {text(mark())}, "key": {key()}}))
	}
	a.kill()
	killed := time.Now()
	onB2 := member(t, b, helper)
	answers = append(answers, onB2.posted(t, "/threads/"+thread+"/answers", url.Values{"body": {text(mark())}, "key": {key()}}))
	for _, id := range answers {
		eventually(t, 2*patience, "the asker is told of "+id, func() bool { return inbox.times(t, id) > 0 })
	}
	t.Logf("the other node took over and had delivered everything %.1f s after the kill", time.Since(killed).Seconds())
	for _, id := range answers {
		if n := inbox.times(t, id); n != 1 {
			t.Errorf("the asker was told %d times of answer %s", n, id)
		}
	}
	b.stop()
	quiet(t, b)
	must(t, append(append(slices.Clone(d.flags), dir...), "check")...)
}

// crossing posts on one node, with a picture, and measures when the other shows
// it live and finds it.
func crossing(tb testing.TB, from, to *visitor, thread string) (live, found time.Duration) {
	tb.Helper()
	stream := listen(tb, to, thread)
	began := time.Now()
	answer := from.posted(tb, "/threads/"+thread+"/answers", url.Values{"body": {text(mark())}, "key": {key()}})
	stream.until(tb, answer)
	live = time.Since(began)
	stream.close()
	picture, m := from.upload(tb), mark()
	began = time.Now()
	asked := from.posted(tb, "/ask", url.Values{"space": {"general"}, "title": {"What does this light mean"}, "body": {text(m)}, "image": {picture}, "key": {key()}})
	eventually(tb, patience, "a question is found on the other node", func() bool {
		return strings.Contains(to.sees(tb, "/search?q="+m), "/threads/"+asked)
	})
	found = time.Since(began)
	if body := to.sees(tb, "/images/"+picture+"/320"); !strings.HasPrefix(body, "\x89PNG") && !strings.HasPrefix(body, "\xff\xd8") {
		tb.Errorf("the picture is not shown on the other node: %.20q", body)
	}
	return live, found
}

// inboxOf reads a member's notices from the shared store.
type inboxOf struct {
	*inside
	member community.Actor
}

func openInbox(t *testing.T, d deployment, email string) *inboxOf {
	t.Helper()
	e, err := mongo.Open(t.Context(), d.uri, d.database)
	if err != nil {
		t.Fatal(err)
	}
	in := open(t, e)
	m, err := in.svc.MemberByEmail(t.Context(), community.System, email)
	if err != nil {
		t.Fatal(err)
	}
	return &inboxOf{in, m.Actor()}
}

// times counts the notices about a post.
func (i *inboxOf) times(t *testing.T, post string) (n int) {
	t.Helper()
	list, _, err := i.inbox.Notices(t.Context(), i.member, "", 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, notice := range list {
		if notice.Post.ID == post {
			n++
		}
	}
	return n
}

// liveStream is an open page of a thread that listens for what is new.
type liveStream struct {
	lines chan string
	close func()
}

// listen opens the stream and returns when it has said what the page shows.
func listen(tb testing.TB, v *visitor, thread string) *liveStream {
	tb.Helper()
	ctx, cancel := context.WithCancel(tb.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.site()+"/threads/"+thread+"/live", nil)
	if err != nil {
		tb.Fatal(err)
	}
	resp, err := (&http.Client{Jar: v.http.Jar}).Do(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		tb.Fatalf("the live stream of %s: %v", thread, err)
	}
	ended := make(chan struct{})
	l := &liveStream{make(chan string, 100), func() { cancel(); resp.Body.Close(); <-ended }}
	go func() {
		defer close(ended)
		defer close(l.lines)
		for s := bufio.NewReader(resp.Body); ; {
			line, err := s.ReadString('\n')
			if err != nil {
				return
			}
			select {
			case l.lines <- line:
			case <-ctx.Done():
				return
			}
		}
	}()
	tb.Cleanup(l.close)
	l.until(tb, thread) // the first event names the question
	return l
}

// until reads the stream until it names a post.
func (l *liveStream) until(tb testing.TB, post string) {
	tb.Helper()
	late := time.After(patience)
	for {
		select {
		case line, ok := <-l.lines:
			if !ok {
				tb.Fatal("the live stream ended")
			}
			if strings.HasPrefix(line, "data:") && strings.Contains(line, "post-"+post) {
				return
			}
		case <-late:
			tb.Fatalf("the live stream does not show %s", post)
		}
	}
}

// upload sends a small screenshot and returns its id.
func (v *visitor) upload(tb testing.TB) string {
	tb.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("picture", "screen.png")
	if err != nil {
		tb.Fatal(err)
	}
	m := image.NewRGBA(image.Rect(0, 0, 400, 300))
	for i := range 300 {
		m.Set(i, i, color.RGBA{200, uint8(i), 40, 255})
	}
	if err := png.Encode(part, m); err != nil {
		tb.Fatal(err)
	}
	w.WriteField("csrf", v.token)
	w.Close()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, v.site()+"/uploads", &body)
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	resp, err := v.http.Do(r)
	if err != nil || resp.StatusCode != http.StatusCreated {
		tb.Fatalf("the picture was not taken: %v, %+v", err, resp)
	}
	defer resp.Body.Close()
	var made struct{ ID string }
	if err := json.NewDecoder(resp.Body).Decode(&made); err != nil {
		tb.Fatal(err)
	}
	return made.ID
}
