package web

import (
	ring "container/list"
	"sync"
	"time"

	"selfie/internal/fault"
)

// limitClass is a kind of request that is counted together.
type limitClass int

const (
	unlimited limitClass = iota
	limitSignIn
	limitSignUp
	limitPost
	limitVote
	limitSearch
	limitUpload
	limitPreview
	limitFindings
	limitDemo
)

// allowance is a token bucket: up to burst at once, refilled within per.
type allowance struct {
	burst float64
	per   time.Duration
}

// allowances lists the buckets that each class must all pass. Sign-in has two,
// one against haste and one against patience; one press in a demonstration guesses
// no password, so trying everybody is no haste.
var allowances = map[limitClass][]allowance{
	limitSignIn:   {{6, time.Minute}, {30, time.Hour}},
	limitSignUp:   {{10, time.Hour}},
	limitPost:     {{10, time.Minute}},
	limitVote:     {{40, time.Minute}},
	limitSearch:   {{60, time.Minute}},
	limitUpload:   {{20, time.Minute}},
	limitPreview:  {{60, time.Minute}},
	limitFindings: {{90, time.Minute}},
	limitDemo:     {{60, time.Minute}},
}

// maxBuckets bounds the memory: about 100 bytes each. The least recently used
// go first, and a bucket that is full again says nothing anyway.
const maxBuckets = 50_000

type bucketKey struct {
	class limitClass
	n     int
	who   string
}

type bucket struct {
	key    bucketKey
	tokens float64
	at     time.Time
}

// limiter counts requests in memory, per node.
type limiter struct {
	factor float64
	now    func() time.Time
	mu     sync.Mutex
	order  *ring.List // of *bucket, most recent first
	at     map[bucketKey]*ring.Element
}

func newLimiter(factor float64, now func() time.Time) *limiter {
	if factor == 0 {
		factor = 1
	}
	return &limiter{factor: factor, now: now, order: ring.New(), at: map[bucketKey]*ring.Element{}}
}

// admit counts a request of a class against its member, or a guest's address.
func (l *limiter) admit(class limitClass, rq *request) error {
	who := "ip:" + rq.ip
	if !rq.actor.Guest() && class != limitSignIn && class != limitSignUp && class != limitDemo {
		who = "member:" + rq.actor.ID
	}
	return l.take(class, who)
}

// take takes one token of each of the class's buckets for who, or none and says
// when to come back.
func (l *limiter) take(class limitClass, who string) error {
	if l.factor < 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	var wait time.Duration
	var taken []*bucket
	for n, a := range allowances[class] {
		b := l.bucket(bucketKey{class, n, who}, a, now)
		if b.tokens < 1 {
			wait = max(wait, time.Duration((1-b.tokens)/(a.burst*l.factor)*float64(a.per)))
			continue
		}
		taken = append(taken, b)
	}
	if wait > 0 {
		return &fault.Error{Kind: fault.TooMany, RetryAfter: max(wait, time.Second),
			Public: "That was a lot in a short time. Please wait " + spell(wait) + " and try again; what you typed is kept."}
	}
	for _, b := range taken {
		b.tokens--
	}
	return nil
}

func (l *limiter) bucket(key bucketKey, a allowance, now time.Time) *bucket {
	full := a.burst * l.factor
	if e, ok := l.at[key]; ok {
		b := e.Value.(*bucket)
		b.tokens = min(full, b.tokens+full*float64(now.Sub(b.at))/float64(a.per))
		b.at = now
		l.order.MoveToFront(e)
		return b
	}
	if l.order.Len() >= maxBuckets {
		last := l.order.Back()
		delete(l.at, last.Value.(*bucket).key)
		l.order.Remove(last)
	}
	b := &bucket{key: key, tokens: full, at: now}
	l.at[key] = l.order.PushFront(b)
	return b
}

// spell says a short time in words, rounded up.
func spell(d time.Duration) string {
	if d <= time.Minute {
		return plural(int64((d+time.Second-1)/time.Second), "second", "seconds")
	}
	return plural(int64((d+time.Minute-1)/time.Minute), "minute", "minutes")
}
