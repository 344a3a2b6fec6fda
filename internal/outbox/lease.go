package outbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"selfie/internal/store"
)

// The life of a lease, and how often it is renewed. A holder stops at the end
// of its lease by its own clock; a rival waits store.MaxSkew longer by its own,
// unless the store tells it that the holder is dead.
const (
	leaseLife  = 15 * time.Second
	leaseRenew = leaseLife / 3
)

const leaseID = "relay"

// lease is the document that names who delivers. It is not a fence: followers
// are idempotent, so a moment of two holders costs work and nothing else.
type lease struct {
	store.Meta
	Holder string       `json:"holder"` // "" when released
	Until  store.Millis `json:"until"`
	Term   int64        `json:"term"` // counts the holders
	Beat   store.Millis `json:"beat"` // the holder's clock at its last renewal
}

// HeldError says that another node, or another relay of this one, delivers.
type HeldError struct{ Holder string }

func (e *HeldError) Error() string { return "outbox: the lease is held by " + e.Holder }

var errLost = errors.New("outbox: the lease was lost")

// hold runs f while holding the lease, and releases it. f's context ends when
// the lease is lost. A *HeldError says that another holds it.
func (r *Relay) hold(ctx context.Context, f func(context.Context) error) error {
	alone, leave, err := r.claim(ctx)
	if err != nil {
		return err
	}
	defer leave()
	by := tenant{holderName(r.db.Now()), alone}
	began := time.Now()
	if err := r.takeLease(ctx, by); err != nil {
		return err
	}
	held, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { cancel(r.keepLease(held, by, began)) })
	err = f(held)
	cancel(nil)
	wg.Wait()
	r.releaseLease(context.WithoutCancel(ctx), by.name)
	return err
}

// tenant is who wants the lease. One who is alone has the store's claim to it:
// nobody else lives who holds it, whatever the document says.
type tenant struct {
	name  string
	alone bool
}

// claim asks the store for the holder's place, so that the lease of a process
// that was killed need not run out. Where the store makes no claims the lease
// alone decides.
func (r *Relay) claim(ctx context.Context) (alone bool, leave func(), err error) {
	leave, err = r.db.Claim(leaseID)
	switch {
	case err == nil:
		return true, leave, nil
	case errors.Is(err, store.ErrNoClaims):
		return false, func() {}, nil
	case errors.Is(err, store.ErrClaimed):
		return false, nil, r.heldBy(ctx)
	}
	return false, nil, err
}

// heldBy names the one who was first, as far as the store knows already.
func (r *Relay) heldBy(ctx context.Context) error {
	l, err := r.leases.Get(ctx, leaseID)
	if errors.Is(err, store.ErrNotFound) || err == nil && l.Holder == "" {
		return &HeldError{"another relay"}
	}
	if err != nil {
		return err
	}
	return &HeldError{l.Holder}
}

func holderName(now time.Time) string {
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	return host + "/" + store.NewID(now)
}

// takeLease takes, retakes or renews the lease.
func (r *Relay) takeLease(ctx context.Context, by tenant) error {
	_, err := r.leases.Upsert(ctx, leaseID, func() *lease { return &lease{} }, func(l *lease) error {
		now := store.At(r.db.Now())
		if err := l.admit(by, now); err != nil {
			r.warnSkew(l, now)
			return err
		}
		l.grant(by.name, now)
		return nil
	})
	return err
}

// admit refuses a rival while the lease may still be held by its holder's clock.
func (l *lease) admit(by tenant, now store.Millis) error {
	if by.alone || l.Holder == "" || l.Holder == by.name || now > l.Until+millis(store.MaxSkew) {
		return nil
	}
	return &HeldError{l.Holder}
}

func (l *lease) grant(holder string, now store.Millis) {
	if l.Holder != holder {
		l.Holder = holder
		l.Term++
	}
	l.Beat, l.Until = now, now+millis(leaseLife)
}

func millis(d time.Duration) store.Millis { return store.Millis(d.Milliseconds()) }

// warnSkew tells the operator that a holder's clock runs ahead by more than the
// contract allows. (One that lags cannot be told from a holder that died.)
func (r *Relay) warnSkew(l *lease, now store.Millis) {
	if ahead := l.Beat - now; ahead > millis(store.MaxSkew) {
		r.log.Warn("clocks of the nodes differ by more than is allowed", "holder", l.Holder,
			"ahead", time.Duration(ahead)*time.Millisecond, "allowed", store.MaxSkew)
	}
}

// keepLease renews until ctx ends, a rival holds the lease, or no renewal
// succeeded for the lease's life. It returns why it stopped.
func (r *Relay) keepLease(ctx context.Context, by tenant, renewed time.Time) error {
	wait := leaseRenew
	for {
		sleep(ctx, wait)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		began := time.Now()
		try, cancel := context.WithDeadline(ctx, renewed.Add(leaseLife))
		err := r.takeLease(try, by)
		cancel()
		var held *HeldError
		switch {
		case err == nil:
			renewed, wait = began, leaseRenew
		case errors.As(err, &held):
			return fmt.Errorf("%w to %s", errLost, held.Holder)
		case time.Since(renewed) >= leaseLife:
			return fmt.Errorf("%w: %w", errLost, err)
		default:
			r.log.Warn("relay cannot renew its lease", "err", err)
			wait = min(time.Second, time.Until(renewed.Add(leaseLife)))
		}
	}
}

// releaseLease lets the next holder begin at once. When it fails the lease runs out.
func (r *Relay) releaseLease(ctx context.Context, holder string) {
	_, err := r.leases.Update(ctx, leaseID, func(l *lease) error {
		if l.Holder != holder {
			return store.ErrUnchanged
		}
		l.Holder, l.Until = "", 0
		return nil
	})
	if err != nil {
		r.log.Warn("relay cannot release its lease; it will run out", "err", err)
	}
}
