package soak

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg" // the server may keep a picture as either
	"image/png"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"selfie/media"
	"selfie/media/disk"
	"selfie/media/s3"
	"selfie/media/s3test"
)

// bucketFlags names a bucket as global flags.
func bucketFlags(c s3.Config) []string {
	return []string{"--s3-plain", "--s3-endpoint=" + c.Endpoint, "--s3-bucket=" + c.Bucket, "--s3-access-key=" + c.AccessKey, "--s3-secret-key=" + c.SecretKey}
}

// noisy returns a PNG that nobody else has, as large as a screenshot: so that a
// blow meets it on its way.
func noisy(r *rand.Rand) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, 400, 300))
	for i := range img.Pix {
		img.Pix[i] = byte(r.Uint32()) | byte(0xff*(i%4/3)) // opaque
	}
	var b bytes.Buffer
	_ = (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&b, img) // a buffer takes everything
	return b.Bytes()
}

// uploader is a member who sends pictures, writes drafts that show them, and sends
// again what was not answered.
type uploader struct {
	*visitor
	email string
	rand  *rand.Rand
	took  *album
}

// album is what was acknowledged: the uploads of every draft, by who owns them.
type album struct {
	mu      sync.Mutex
	acked   []taken
	retried atomic.Int64
}

type taken struct{ email, id, place string }

func (a *album) add(t taken) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.acked = append(a.acked, t)
}

func (a *album) len() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.acked)
}

func (a *album) any(r *rand.Rand, email string) (taken, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var own []taken
	for _, t := range a.acked {
		if t.email == email {
			own = append(own, t)
		}
	}
	if len(own) == 0 {
		return taken{}, false
	}
	return own[r.IntN(len(own))], true
}

// again repeats do until it succeeds; between tries it signs in anew.
func (u *uploader) again(ctx context.Context, do func() bool) {
	for ctx.Err() == nil && !do() {
		u.took.retried.Add(1)
		for ctx.Err() == nil {
			if ok, err := u.signIn(ctx, u.email); ok && err == nil {
				break
			}
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	}
}

// run uploads until done is closed; it ends with a draft that is acknowledged.
func (u *uploader) run(t *testing.T, ctx context.Context, done <-chan struct{}) {
	u.again(ctx, func() bool { ok, err := u.signIn(ctx, u.email); return ok && err == nil })
	for n := 0; ; n++ {
		select {
		case <-done:
			return
		case <-ctx.Done():
			return
		default:
		}
		data, id := noisy(u.rand), ""
		u.again(ctx, func() bool { id = u.send(ctx, data); return id != "" })
		place := fmt.Sprintf("answer:%s%d", strings.Split(u.email, "@")[0], n)
		u.again(ctx, func() bool {
			p, err := u.post(ctx, "/drafts", url.Values{"place": {place}, "body": {"Look:\n\n![x](/images/" + id + ")"}})
			return err == nil && p.status == http.StatusOK
		})
		if ctx.Err() != nil {
			return
		}
		u.took.add(taken{u.email, id, place})
		if old, ok := u.took.any(u.rand, u.email); ok {
			u.look(t, ctx, old, false)
		}
	}
}

// send uploads one picture; "" when that is not acknowledged.
func (u *uploader) send(ctx context.Context, data []byte) string {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField("csrf", u.token) // a buffer takes everything
	f, _ := w.CreateFormFile("picture", "screen.png")
	_, _ = f.Write(data)
	_ = w.Close()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.site()+"/uploads", &b)
	if err != nil {
		return ""
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	resp, err := u.http.Do(r)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	var said struct{ ID string }
	if resp.StatusCode >= 300 || json.NewDecoder(resp.Body).Decode(&said) != nil {
		return ""
	}
	return said.ID
}

// look loads both sizes of a picture: whatever arrives as whole is whole. It must
// arrive when that is asked.
func (u *uploader) look(t *testing.T, ctx context.Context, p taken, must bool) {
	for _, size := range []string{"/full", "/320"} {
		got, err := u.get(ctx, "/images/"+p.id+size)
		if err != nil || got.status != http.StatusOK {
			if must || (err == nil && got.status == http.StatusNotFound) {
				t.Errorf("%s%s of %s: status %d, %v", p.id, size, p.email, got.status, err)
			}
			continue
		}
		if img, _, err := image.Decode(strings.NewReader(got.body)); err != nil || img.Bounds().Dx() == 0 {
			t.Errorf("half a picture was served: %d bytes of %s%s: %v", len(got.body), p.id, size, err)
		}
	}
}

// The server, and the S3 server, are killed again and again while pictures come in
// and are looked at. No half picture is served or kept, and nothing acknowledged
// is lost: neither a picture nor the draft that shows it.
func TestKillWhileUploading(t *testing.T) {
	beside(t)
	t.Run("disk", func(t *testing.T) {
		dir := t.TempDir()
		blobs, err := disk.Open(filepath.Join(dir, "blobs"), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer blobs.Close()
		killUploads(t, in(dir), blobs, nil)
	})
	t.Run("s3", func(t *testing.T) {
		server := s3test.StartServer(t)
		blobs, err := s3.Open(server.Config)
		if err != nil {
			t.Fatal(err)
		}
		killUploads(t, append(in(t.TempDir()), bucketFlags(server.Config)...), blobs, server)
	})
}

func killUploads(t *testing.T, flags []string, blobs media.Store, server *s3test.Server) {
	ctx, cancel := context.WithTimeout(t.Context(), pick(3*time.Minute, 30*time.Minute))
	defer cancel()
	took, seed := &album{}, rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	var at atomic.Pointer[node]
	site := func() string {
		if n := at.Load(); n != nil {
			return n.url()
		}
		return "http://127.0.0.1:1"
	}
	done := make(chan struct{})
	var group sync.WaitGroup
	var people []*uploader
	for i := range 3 {
		u := &uploader{newVisitor(site), account(t, flags, "agent", fmt.Sprintf("sender%d", i)), rand.New(rand.NewPCG(seed, uint64(i+1))), took}
		people = append(people, u)
		group.Go(func() { u.run(t, ctx, done) })
	}
	n := start(t, flags...)
	at.Store(n)
	for range pick(3, 100) {
		reach(ctx, t, n, took, took.len()+1+r.IntN(pick(4, 20)))
		if server != nil && r.IntN(2) == 0 {
			server.Kill()
			<-time.After(time.Duration(r.IntN(200)) * time.Millisecond)
			server.Restart()
			continue
		}
		at.Store(nil)
		n.kill()
		n = start(t, flags...)
		at.Store(n)
	}
	if server != nil {
		reach(ctx, t, n, took, took.len()+2)
		server.Kill()
		server.Restart()
	}
	reach(ctx, t, n, took, took.len()+3)
	close(done)
	group.Wait()
	t.Logf("%d pictures acknowledged, %d times something was sent again, seed %d", took.len(), took.retried.Load(), seed)
	auditAlbum(t, people, took)
	auditBlobs(t, blobs)
	n.stop()
	if out := must(t, append(flags, "check", "--all")...); !strings.Contains(out, " 0 are missing") {
		t.Error(out)
	}
}

// reach waits until so many pictures are acknowledged.
func reach(ctx context.Context, t *testing.T, n *node, took *album, want int) {
	t.Helper()
	eventually(t, 2*time.Minute, fmt.Sprintf("%d pictures are acknowledged\n%s", want, n.log), func() bool { return took.len() >= want || ctx.Err() != nil || t.Failed() })
	if ctx.Err() != nil || t.Failed() {
		t.Fatalf("the uploads do not go on: %v\n%s", ctx.Err(), n.log)
	}
}

func auditAlbum(t *testing.T, people []*uploader, took *album) {
	for _, u := range people {
		u.again(t.Context(), func() bool { ok, err := u.signIn(t.Context(), u.email); return ok && err == nil })
		for _, p := range took.acked {
			if p.email == u.email {
				u.look(t, t.Context(), p, true)
			}
		}
	}
}

// auditBlobs holds every blob against its name.
func auditBlobs(t *testing.T, blobs media.Store) {
	page, err := blobs.List(t.Context(), "", media.MaxList)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range page {
		r, _, err := blobs.Open(t.Context(), b.Key)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		if hash, variant, _, ok := media.ParseKey(b.Key); !ok || (variant == media.Large && hash != hex.EncodeToString(sum[:])) {
			t.Errorf("%s holds other bytes than its name says", b.Key)
		}
		if _, _, err := image.Decode(bytes.NewReader(data)); err != nil {
			t.Errorf("%s is half a picture: %v", b.Key, err)
		}
	}
}

// A move is killed again and again, and goes on where it was: in the end all is
// there, and a last run finds nothing to do. Meanwhile it is served.
func TestKillMove(t *testing.T) {
	beside(t)
	dir, config := t.TempDir(), s3test.Start(t)
	from, err := disk.Open(filepath.Join(dir, "blobs"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := s3.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	count := pick(150, 5000)
	r := rand.New(rand.NewPCG(1, 2))
	for range count {
		data := make([]byte, 20_000)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		sum := sha256.Sum256(data)
		if err := from.Put(t.Context(), media.Key(hex.EncodeToString(sum[:]), media.Large, "png"), bytes.NewReader(data), int64(len(data)), ""); err != nil {
			t.Fatal(err)
		}
	}
	move := append(append(in(dir), bucketFlags(config)...), "--media=disk", "media", "move", "--to=s3")
	for n := 0; n < count; n += count / 4 {
		cmd := exec.Command(program(t), move...)
		cmd.Env = cleanEnv()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, patience, fmt.Sprintf("%d blobs are copied", n), func() bool {
			page, err := to.List(t.Context(), "", media.MaxList)
			return err == nil && len(page) >= min(n, media.MaxList)
		})
		_ = cmd.Process.Kill() // it may have finished
		_ = cmd.Wait()
	}
	if out := must(t, move...); !strings.Contains(out, fmt.Sprintf("nothing is left to do: all %d files", count)) {
		t.Error(out)
	}
	if out := must(t, append(move, "--verify")...); !strings.Contains(out, "copied 0 files") {
		t.Error(out)
	}
}
