package community

import (
	"context"
	"errors"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
	"selfie/internal/store/storetest"
)

// house is a community in memory whose clock stands until it is moved. Every
// update function runs twice in it.
type house struct {
	*Service
	t   *testing.T
	ctx context.Context
	ms  atomic.Int64
}

const goodPassword = "three blind mice"

func newHouse(t *testing.T) *house {
	h := &house{t: t, ctx: t.Context()}
	h.ms.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli())
	db := store.Open(storetest.Twice(storetest.NewNaive()), func() time.Time { return time.UnixMilli(h.ms.Load()) })
	routes := outbox.NewRoutes()
	routes.Add("mail", ConfirmRequested, ResetRequested) // so that such events are kept
	h.Service = Open(db, outbox.NewRelay(db, routes, nil), routes, Options{})
	h.must(db.Migrate(h.ctx))
	h.must(h.Start(h.ctx))
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) later(d time.Duration) { h.ms.Add(d.Milliseconds()) }

// join makes a member, with goodPassword and signed in.
func (h *house) join(name, email string) (*Member, string) {
	h.t.Helper()
	m, token, err := h.SignUp(h.ctx, SignUp{Name: name, Email: email, Password: goodPassword}, Device{Agent: "Browser/1", IP: "203.0.113.77"})
	h.must(err)
	return m, token
}

// staff makes a member of a role without a password, which costs no hashing.
func (h *house) staff(name string, role Role) Actor {
	h.t.Helper()
	m, err := h.CreateMember(h.ctx, System, NewMember{Name: name, Email: store.Token()[:12] + "@example.com", Role: role})
	h.must(err)
	return m.Actor()
}

func (h *house) actor(token string) Actor {
	h.t.Helper()
	by, err := h.ActorOf(h.ctx, token)
	h.must(err)
	return by
}

func (h *house) fresh(id string) *Member {
	h.t.Helper()
	m, err := h.Member(h.ctx, id)
	h.must(err)
	return m
}

func (h *house) link(p LinkPurpose, m *Member) string {
	h.t.Helper()
	link, err := h.Link(h.ctx, p, m, time.Hour)
	h.must(err)
	return link
}

func wantFault(t *testing.T, err error, kind fault.Kind, field string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != kind || f.Field != field || f.Public == "" {
		t.Errorf("got %v, want a fault %s on %q", err, kind, field)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
