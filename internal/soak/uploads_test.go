package soak

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"selfie/media/s3test"
)

// photo returns a JPEG that is about as large for its pixels as a phone's.
func photo(w, h int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	img := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	for i := range img.Y {
		img.Y[i] = byte(i%w*200/w) + byte(r.Uint32()%24)
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = byte(i%251), byte(i%241)
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, &jpeg.Options{Quality: 92}) // a buffer takes everything
	return b.Bytes()
}

// distinct returns a JPEG of the same picture whose bytes nobody else sends.
func distinct(jpg []byte, n int) []byte {
	comment := []byte{0xff, 0xfe, 0, 4, byte(n >> 8), byte(n)}
	return append(append(append([]byte{}, jpg[:2]...), comment...), jpg[2:]...)
}

// Many people send a photograph at once. Whoever is not served in time is told
// so, and sends again; the server's memory stays within its promise.
func TestManyUploadsAtOnce(t *testing.T) {
	beside(t)
	people := pick(20, 50)
	side := pick(2, 4)
	shot := photo(1000*side, 750*side)
	flags := in(t.TempDir())
	var emails []string
	for i := range 4 {
		emails = append(emails, account(t, flags, "agent", fmt.Sprint("sender", i)))
	}
	n := start(t, flags...)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	watch := watchMemory(n.cmd.Process.Pid)
	began := time.Now()
	var again atomic.Int64
	var group sync.WaitGroup
	var senders []*visitor
	for _, email := range emails {
		senders = append(senders, member(t, n, email))
	}
	for i := range people {
		u := &uploader{visitor: senders[i%len(senders)]}
		group.Go(func() {
			for data := distinct(shot, i); u.send(ctx, data) == ""; again.Add(1) {
				select {
				case <-time.After(time.Second):
				case <-ctx.Done():
					t.Errorf("picture %d was not taken in five minutes", i)
					return
				}
			}
		})
	}
	group.Wait()
	t.Logf("%d photographs of %d kB, %d times sent again, in %.1f s", people, len(shot)>>10, again.Load(), time.Since(began).Seconds())
	watch.within(t, "many photographs come in at once")
}

// BenchmarkPictures serves one picture from disk and from S3: as bytes, and to
// a browser that only asks whether it has changed; beside a server that holds the
// same bytes in memory.
func BenchmarkPictures(b *testing.B) {
	b.Run("disk", func(b *testing.B) { benchPictures(b, in(b.TempDir())) })
	b.Run("s3", func(b *testing.B) {
		config := s3test.Start(b)
		benchPictures(b, append(in(b.TempDir()), bucketFlags(config)...))
	})
}

func benchPictures(b *testing.B, flags []string) {
	email := account(b, flags, "agent", "sender")
	n := start(b, flags...)
	u := &uploader{visitor: member(b, n, email)}
	id := u.send(b.Context(), noisy(rand.New(rand.NewPCG(3, 4))))
	cookies := cookiesOf(b, u.visitor)
	b.Run("bytes", func(b *testing.B) { benchPage(b, n, "/images/"+id+"/full", cookies) })
	b.Run("revalidated", func(b *testing.B) {
		ask := func(tag string) *http.Response {
			r, err := http.NewRequest(http.MethodGet, n.url()+"/images/"+id+"/full", nil)
			if err != nil {
				b.Fatal(err)
			}
			r.Header.Set("If-None-Match", tag)
			resp, err := u.http.Do(r)
			if err != nil {
				b.Fatal(err)
			}
			resp.Body.Close()
			return resp
		}
		tag := ask("").Header.Get("ETag")
		var took []time.Duration
		for b.Loop() {
			for range 8 * perRound {
				began := time.Now()
				if resp := ask(tag); resp.StatusCode != http.StatusNotModified {
					b.Fatalf("status %d", resp.StatusCode)
				}
				took = append(took, time.Since(began))
			}
		}
		b.ReportMetric(float64(median(took).Microseconds()), "µs/page")
		b.ReportMetric(0, "ns/op")
	})
}
