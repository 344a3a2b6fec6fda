package s3_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"selfie/internal/fault"
	"selfie/media"
	"selfie/media/s3"
	"selfie/media/s3test"
)

var _ media.Presigner = (*s3.Store)(nil)

// fetch loads an address without any credentials.
func fetch(t *testing.T, address string) (status int, header http.Header, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(b)
}

func TestPresign(t *testing.T) {
	config := s3test.Start(t)
	config.Prefix = "shop/"
	s := open(t, config)
	for _, key := range []string{"a/b.png", "a/c.png"} {
		if err := s.Put(t.Context(), key, strings.NewReader("bytes of "+key), int64(len("bytes of "+key)), "application/octet-stream"); err != nil {
			t.Fatal(err)
		}
	}
	link, until, err := s.Presign(t.Context(), "a/b.png", "image/png", time.Hour)
	if err != nil || time.Until(until) > media.MaxPresign {
		t.Fatalf("lives until %v (%v)", until, err)
	}
	if !strings.HasPrefix(link, s.Origin()+"/") || s.Origin() != "http://"+config.Endpoint || strings.Contains(link, config.SecretKey) {
		t.Errorf("it leads to %s, of %s", link, s.Origin())
	}
	status, header, body := fetch(t, link)
	if status != http.StatusOK || body != "bytes of a/b.png" || header.Get("Content-Type") != "image/png" || header.Get("Content-Disposition") != "inline" {
		t.Fatalf("status %d, %v: %q", status, header, body)
	}
	if cache := header.Get("Cache-Control"); !strings.Contains(cache, "private") || !strings.Contains(cache, "max-age=60") {
		t.Errorf("browsers may keep it: %q", cache)
	}
	for name, alter := range map[string]func(*url.URL, url.Values){
		"another key":    func(u *url.URL, _ url.Values) { u.Path = strings.Replace(u.Path, "b.png", "c.png", 1) },
		"another type":   func(_ *url.URL, q url.Values) { q.Set("response-content-type", "text/html") },
		"longer life":    func(_ *url.URL, q url.Values) { q.Set("X-Amz-Expires", "604800") },
		"another day":    func(_ *url.URL, q url.Values) { q.Set("X-Amz-Date", "20300101T000000Z") },
		"no signature":   func(_ *url.URL, q url.Values) { q.Del("X-Amz-Signature") },
		"nothing at all": func(_ *url.URL, q url.Values) { clear(q) },
	} {
		u, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		alter(u, q)
		u.RawQuery = q.Encode()
		if status, _, body := fetch(t, u.String()); status < 400 || strings.Contains(body, "bytes of") {
			t.Errorf("%s: status %d: %q", name, status, body)
		}
	}
}

// An address dies when its life ends.
func TestPresignedAddressesExpire(t *testing.T) {
	s := open(t, s3test.Start(t))
	if err := s.Put(t.Context(), "a/b.png", strings.NewReader("x"), 1, "image/png"); err != nil {
		t.Fatal(err)
	}
	link, _, err := s.Presign(t.Context(), "a/b.png", "image/png", 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for status := 0; status != http.StatusForbidden && status != http.StatusBadRequest; {
		status, _, _ = fetch(t, link)
		select {
		case <-ctx.Done():
			t.Fatalf("an address of one second still answers with %d", status)
		case <-tick.C:
		}
	}
}

func TestPublicAddress(t *testing.T) {
	config := s3.Config{Endpoint: "minio.internal:9000", Bucket: "pictures", AccessKey: "a", SecretKey: "b", Public: "https://pictures.example.com"}
	s := open(t, config)
	link, _, err := s.Presign(t.Context(), "a/b.png", "image/png", time.Minute)
	if err != nil || s.Origin() != "https://pictures.example.com" || !strings.HasPrefix(link, "https://pictures.example.com/pictures/a/b.png?") {
		t.Errorf("it leads to %s (%v)", link, err)
	}
	for _, bad := range []string{"pictures.example.com", "https://pictures.example.com/", "ftp://x", "https://a b"} {
		config.Public = bad
		if _, err := s3.Open(config); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: got %v, want invalid", bad, err)
		}
	}
	if _, _, err := s.Presign(t.Context(), "../x", "image/png", time.Minute); !fault.Is(err, fault.Invalid) {
		t.Errorf("a hostile key: %v", err)
	}
}
