package rt

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"selfie/internal/fault"
	"selfie/moderation/escalation/desk"
)

func answering(t *testing.T, h http.HandlerFunc) *Desk {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	d, err := New(Options{URL: server.URL + "/", Token: "1-2-x"})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAnswersHaveTheirKinds(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		kind   fault.Kind
	}{
		{"an empty 500", 500, "", fault.Unavailable},
		{"a proxy's page", 502, "<html>", fault.Unavailable},
		{"a page where JSON should be", 200, "<html>", fault.Unavailable},
		{"half an answer", 200, `{"id":"1"`, fault.Unavailable},
		{"no id", 201, `{}`, fault.Unavailable},
		{"a redirect", 302, "", fault.Unavailable},
		{"a bad request", 400, `{"message":"Permission Denied"}`, fault.Invalid},
		{"a bad token", 401, `{"message":"Unauthorized"}`, fault.Unauthorized},
		{"no right", 403, "", fault.Forbidden},
		{"nothing there", 404, `{"message":"Not Found"}`, fault.NotFound},
		{"a stale tag", 412, "", fault.Conflict},
		{"too large", 413, "", fault.TooLarge},
		{"too often", 429, "", fault.TooMany},
	} {
		d := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		})
		_, err := d.Create(t.Context(), desk.NewTicket{Ref: "selfie-1"})
		f, ok := fault.As(err)
		if !ok || f.Kind != c.kind || f.Public == "" || errors.Is(err, desk.ErrNotSent) {
			t.Errorf("%s: %v", c.name, err)
		}
		if ok && c.status == 429 && f.RetryAfter != 7*time.Second {
			t.Errorf("wait %v", f.RetryAfter)
		}
	}
}

func TestOnlyWhatWasNotSentSaysSo(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for _, address := range []string{gone.URL, "http://nowhere.invalid"} {
		d, err := New(Options{URL: address, Token: "1-2-x"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Create(t.Context(), desk.NewTicket{}); !errors.Is(err, desk.ErrNotSent) || !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", address, err)
		}
	}
	hang := make(chan struct{})
	defer close(hang)
	d := answering(t, func(http.ResponseWriter, *http.Request) { <-hang })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := d.Create(ctx, desk.NewTicket{}); errors.Is(err, desk.ErrNotSent) || !fault.Is(err, fault.Unavailable) {
		t.Errorf("a hang: %v", err)
	}
}

func TestOptionsAreRefusedWithASentence(t *testing.T) {
	for _, o := range []Options{{Token: "x"}, {URL: "rt.example.org", Token: "x"}, {URL: "ftp://rt", Token: "x"}, {URL: "https://", Token: "x"}, {URL: "https://rt"}, {URL: "http://[", Token: "x"}} {
		if _, err := New(o); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestCursorAdvances(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	page := func(ages ...time.Duration) (list []transaction) {
		for i, age := range ages {
			list = append(list, transaction{ID: strconv.Itoa(11 + i), Created: now.Add(-age)})
		}
		return list
	}
	old, young := time.Hour, time.Second
	for _, c := range []struct {
		name string
		page []transaction
		full bool
		want cursor
	}{
		{"nothing new", nil, false, cursor{10, 10}},
		{"settled", page(old, old), false, cursor{12, 12}},
		{"settled, and more to come", page(old, old), true, cursor{12, 12}},
		{"young: met again", page(old, young), false, cursor{11, 11}},
		{"young, and more to come", page(old, young), true, cursor{11, 12}},
		{"an old one behind a young one is not settled", page(young, old), false, cursor{10, 10}},
	} {
		if got := (cursor{10, 10}).advance(c.page, now, c.full); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if c, err := parseCursor(cursor{3, 9}.String()); err != nil || c != (cursor{3, 9}) {
		t.Error(c, err)
	}
}

func TestMarkerIn(t *testing.T) {
	for s, want := range map[string]string{"": "", "[ref:a]": "a", "[ref:a] [ref:b]</p>": "b", "[ref:a": "", "ref:a]": ""} {
		if got := markerIn(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func TestQuotedLeavesNoWayOut(t *testing.T) {
	for s, want := range map[string]string{`a`: `'a'`, `a'b`: `'a\'b'`, `a\`: `'a\\'`, `\'`: `'\\\''`} {
		if got := quoted(s); got != want {
			t.Errorf("%s: %s, want %s", s, got, want)
		}
	}
}
