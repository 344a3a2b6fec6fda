// Package generate makes communities of any size from a seed, for soak tests
// and benchmarks: the same options give the same threads, answers and votes.
//
// Words are drawn by Zipf's law from the vocabulary of home networking, titles
// have 9 words in the mean and bodies 76, as in public support sites.
package generate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"selfie/community"
	"selfie/community/markup"
	"selfie/internal/store"
)

// Options say how much is made.
type Options struct {
	Seed    uint64
	Threads int
	Members int           // 1 per 20 threads when 0
	Spaces  int           // 5 when 0
	Until   time.Time     // the newest thread's time
	Every   time.Duration // between two threads; 3 minutes when 0
}

func (o Options) withDefaults() Options {
	if o.Members == 0 {
		o.Members = max(o.Threads/20, 10)
	}
	if o.Spaces == 0 {
		o.Spaces = 5
	}
	if o.Every == 0 {
		o.Every = 3 * time.Minute
	}
	if o.Until.IsZero() {
		o.Until = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	}
	return o
}

// writers is how many documents are written at once, so that commits group.
const writers = 512

// maker draws from one seed; it is used by one goroutine.
type maker struct {
	o      Options
	r      *rand.Rand
	zipf   *rand.Zipf
	render *markup.Renderer
}

// Community fills svc's store. progress, if not nil, is called for each thread
// that is stored. What it makes is settled: a rebuild changes nothing but the
// counts of members and tags, which it leaves to a rebuild.
func Community(ctx context.Context, svc *community.Service, o Options, progress func()) error {
	o = o.withDefaults()
	r := rand.New(rand.NewPCG(o.Seed, o.Seed^0x5e1f1e))
	m := &maker{o: o, r: r, zipf: rand.NewZipf(r, 1.15, 8, uint64(len(vocabulary)-1)), render: markup.New()}
	if err := m.cast(ctx, svc); err != nil {
		return err
	}
	jobs := make(chan bundle, writers)
	failed := make(chan error, writers)
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for b := range jobs {
				if err := b.write(ctx, svc); err != nil {
					failed <- err
					return
				}
				if progress != nil {
					progress()
				}
			}
		})
	}
	err := m.feed(ctx, jobs, failed)
	close(jobs)
	wg.Wait()
	select {
	case e := <-failed:
		return e
	default:
		return err
	}
}

func (m *maker) feed(ctx context.Context, jobs chan<- bundle, failed <-chan error) error {
	for i := range m.o.Threads {
		select {
		case jobs <- m.thread(i):
		case err := <-failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// MemberID is the id of the n-th member made from a seed.
func MemberID(seed uint64, n int) string {
	return store.DeriveID("generated", fmt.Sprint(seed), "member", fmt.Sprint(n))
}

// ThreadID is the id of the n-th thread made from a seed.
func ThreadID(seed uint64, n int) string {
	return store.DeriveID("generated", fmt.Sprint(seed), "thread", fmt.Sprint(n))
}

func (m *maker) id(parts ...any) string {
	s := []string{"generated", fmt.Sprint(m.o.Seed)}
	for _, p := range parts {
		s = append(s, fmt.Sprint(p))
	}
	return store.DeriveID(s...)
}

func (m *maker) cast(ctx context.Context, svc *community.Service) error {
	rec := svc.Records()
	for i := range m.o.Spaces {
		sp := &community.Space{Meta: store.Meta{ID: fmt.Sprintf("space-%d", i)}, Name: fmt.Sprintf("Space %d", i), Visibility: community.Public, Position: int64(i)}
		if _, _, err := rec.Spaces.Put(ctx, sp); err != nil {
			return err
		}
	}
	var wg sync.WaitGroup
	slots, failed := make(chan struct{}, writers), make(chan error, 1)
	for i := range m.o.Members {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			p := &community.Member{Meta: store.Meta{ID: MemberID(m.o.Seed, i)}, Name: fmt.Sprintf("Member %d", i), Role: community.Customer, Joined: 1}
			if _, _, err := rec.Members.Put(ctx, p); err != nil {
				select {
				case failed <- err:
				default:
				}
			}
		})
	}
	wg.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// bundle is one thread with all that belongs to it.
type bundle struct {
	thread  *community.Thread
	answers []*community.Answer
	votes   []*community.Vote
}

func (b bundle) write(ctx context.Context, svc *community.Service) error {
	rec := svc.Records()
	for _, v := range b.votes {
		if _, _, err := rec.Votes.Put(ctx, v); err != nil {
			return err
		}
	}
	for _, a := range b.answers {
		if _, _, err := rec.Answers.Put(ctx, a); err != nil {
			return err
		}
	}
	if err := svc.Settle(ctx, b.thread); err != nil {
		return err
	}
	_, _, err := rec.Threads.Put(ctx, b.thread)
	return err
}

func (m *maker) thread(i int) bundle {
	at := store.At(m.o.Until.Add(-time.Duration(m.o.Threads-i) * m.o.Every))
	t := &community.Thread{Space: fmt.Sprintf("space-%d", m.r.IntN(m.o.Spaces)), Title: m.title(), Tags: m.tags()}
	t.ID, t.Post = ThreadID(m.o.Seed, i), m.post(at, 76)
	b := bundle{thread: t}
	t.Stats.Activity, t.Stats.LastBy = at, t.Author
	t.Stats.Up, t.Stats.Down = m.vote(&b, t.ID, community.AQuestion, t.ID, t.Author, 3)
	for n := range m.r.IntN(4) {
		m.answer(&b, i, n, at)
	}
	t.Stats.Answers = int64(len(b.answers))
	if len(b.answers) > 0 && m.r.IntN(2) == 0 {
		a := b.answers[m.r.IntN(len(b.answers))]
		a.Stats.Accepted = true
		t.Accepted = &community.Acceptance{Answer: a.ID, By: t.Author, At: a.Created}
		t.Stats.Solved = true
	}
	return b
}

func (m *maker) answer(b *bundle, i, n int, asked store.Millis) {
	a := &community.Answer{Thread: b.thread.ID}
	a.ID = m.id("answer", i, n)
	a.Post = m.post(asked+store.Millis((n+1)*600_000+m.r.IntN(500_000)), 60)
	a.Stats.Up, a.Stats.Down = m.vote(b, a.ID, community.AnAnswer, b.thread.ID, a.Author, 4)
	a.Stats.Shelf, a.Stats.Score = community.OnOpen, a.Stats.Up-a.Stats.Down
	a.Stats.Rank = (a.Stats.Up + 2) * 1_000_000 / (a.Stats.Up + a.Stats.Down + 4)
	b.answers = append(b.answers, a)
	st := &b.thread.Stats
	st.Activity, st.LastBy = a.Created, a.Author
}

func (m *maker) vote(b *bundle, post string, kind community.Kind, thread, author string, most int) (up, down int64) {
	for n := range m.r.IntN(most) {
		v := &community.Vote{Post: post, Kind: kind, Thread: thread, Author: author, Voter: MemberID(m.o.Seed, m.r.IntN(m.o.Members)), Value: 1}
		if m.r.IntN(6) == 0 {
			v.Value = -1
			down++
		} else {
			up++
		}
		v.ID = m.id("vote", post, n)
		b.votes = append(b.votes, v)
	}
	return up, down
}

func (m *maker) post(at store.Millis, words int) community.Post {
	body := m.words(words/2+m.r.IntN(words), 12)
	return community.Post{Author: MemberID(m.o.Seed, m.r.IntN(m.o.Members)), Body: body, HTML: m.render.Render(body, markup.Options{}).HTML, Renderer: markup.Version, Created: at}
}

func (m *maker) title() string {
	w := m.words(6+m.r.IntN(7), 99)
	return strings.ToUpper(w[:1]) + strings.TrimSuffix(w[1:], ".")
}

func (m *maker) tags() []string {
	a := m.r.IntN(len(tags))
	b := m.r.IntN(len(tags))
	if a == b {
		return []string{tags[a]}
	}
	return []string{tags[min(a, b)], tags[max(a, b)]}
}

// words strings n words together, with a full stop after about every sentence.
func (m *maker) words(n, sentence int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(vocabulary[m.zipf.Uint64()])
		if i%sentence == sentence-1 || i == n-1 {
			b.WriteByte('.')
		}
	}
	return b.String()
}
