package deflection

import (
	"slices"
	"strings"
	"time"

	"selfie/internal/outbox"
	"selfie/internal/store"
)

// Outcome is what became of an attempt.
type Outcome string

const (
	Ongoing   Outcome = "open"      // the visit goes on
	Confirmed Outcome = "confirmed" // the visitor said that this solved it
	Assumed   Outcome = "assumed"   // opened something, and was not heard of again
	Failed    Outcome = "failed"    // opened something, and asked, or said that it does not help
	Ignored   Outcome = "ignored"   // opened nothing of what was shown, and asked
	Abandoned Outcome = "abandoned" // opened nothing, and did not ask
	Revoked   Outcome = "revoked"   // confirmed or assumed, and came back with the same problem
)

// Outcomes lists the outcomes, the wanted ones first.
var Outcomes = []Outcome{Confirmed, Assumed, Failed, Ignored, Abandoned, Revoked, Ongoing}

// Surface is where a visitor looked for help.
type Surface string

const (
	OnAsk    Surface = "ask"    // the form of a new question
	OnSearch Surface = "search" // the search page
	OnWidget Surface = "widget" // a form on the company's own pages
	OnAPI    Surface = "api"    // another program, for a visitor of its own
)

// AfterAsking is the surface of an asker whom a suggestion helped: the question
// was asked, so that none of what counts questions spared counts it.
const AfterAsking Surface = "thread"

// Surfaces lists the surfaces on which a question may be spared.
var Surfaces = []Surface{OnAsk, OnSearch, OnWidget, OnAPI}

// Offer is a thread that was shown, with the answer whose excerpt stood there.
type Offer struct {
	Thread string `json:"thread"`
	Answer string `json:"answer,omitempty"` // "" when it was the question's text
	Rank   int64  `json:"rank"`             // 1 is the first
}

// Solution is what the visitor said had solved the problem.
type Solution struct {
	Thread string `json:"thread"`
	Answer string `json:"answer,omitempty"` // "" when it cannot be told which answer it was
	Author string `json:"author,omitempty"` // of the answer
}

// The times of an attempt's life. An operator may set the first two; each
// attempt keeps those it began with, so that a change rewrites no past.
const (
	Session     = 30 * time.Minute     // without a sign for so long, the visit is over
	Window      = 7 * 24 * time.Hour   // who comes back within it was not helped
	VisitorLife = 30 * 24 * time.Hour  // then nothing links the attempt to its visitor
	TextLife    = 180 * 24 * time.Hour // then what was typed goes, and who typed it
)

// The bounds of an attempt's lists, and of its text in runes.
const (
	maxShown    = 10
	maxOpened   = 20
	maxCredited = 5
	maxQuery    = 300
)

// Attempt is one visitor's attempt to solve a problem without asking.
type Attempt struct {
	store.Meta
	outbox.Box
	Visitor   string       `json:"visitor,omitempty"` // hash of the browser's secret; "" is unlinked
	Current   string       `json:"current,omitempty"` // visitor and surface while the visit goes on: unique
	Live      bool         `json:"live,omitempty"`    // the visit goes on
	Member    string       `json:"member,omitempty"`  // who was signed in
	Surface   Surface      `json:"surface"`
	Query     string       `json:"query,omitempty"` // the latest that was typed, at most 300 runes
	QueryHash string       `json:"query_hash,omitempty"`
	Shown     []Offer      `json:"shown,omitempty"`  // at most 10, all of which the visitor might see
	Opened    []string     `json:"opened,omitempty"` // threads; at most 20
	Led       []Solution   `json:"led,omitempty"`    // the answers that stood first in what was opened; at most 20
	Maybe     []string     `json:"maybe,omitempty"`  // whom an assumed attempt may owe its help: authors of those
	Denied    []string     `json:"denied,omitempty"` // threads that the visitor said do not help; at most 20
	Solved    *Solution    `json:"solved,omitempty"`
	Credited  []Solution   `json:"credited,omitempty"` // solutions that were ever credited; at most 5
	Outcome   Outcome      `json:"outcome"`
	Offered   bool         `json:"offered"`          // something was shown
	Gap       bool         `json:"gap,omitempty"`    // what the community knew did not help
	Asked     string       `json:"asked,omitempty"`  // the thread that was asked after all
	Case      string       `json:"case,omitempty"`   // the case that an agent got
	Idle      int64        `json:"idle,omitempty"`   // ms without a sign that end the visit; 0 is Session
	Within    int64        `json:"within,omitempty"` // ms in which a comeback tells that it did not help; 0 is Window
	Started   store.Millis `json:"started"`
	Updated   store.Millis `json:"updated"` // the visitor's latest sign
	Ended     store.Millis `json:"ended,omitempty"`
	Due       store.Millis `json:"due,omitempty"` // when time alone changes it next
}

func declare(db *store.DB) *store.Collection[Attempt] {
	return store.Declare[Attempt](db, "deflections",
		store.OnUniqueSparse("current"),
		store.OnSparse("due"),
		store.OnSparse("visitor", "-started"),
		store.OnSparse("member", "-started"),
		store.On("surface", "offered", "outcome", "started"),
		store.On("offered", "outcome", "started"),
		store.OnSparse("solved.answer", "outcome", "started"),
		store.OnSparse("solved.author", "outcome", "ended"),
		store.On("outcome", "ended"),
		store.On("maybe[]", "ended"),
		store.OnSparse("gap", "-started"),
		outbox.PendingIndex(),
	)
}

// idleAt is when the visit is over without another sign.
func (a *Attempt) idleAt() store.Millis { return a.Updated + either(a.Idle, Session) }

// safeAt is until when a comeback tells that it did not help.
func (a *Attempt) safeAt() store.Millis { return a.Ended + either(a.Within, Window) }

func either(ms int64, usual time.Duration) store.Millis {
	if ms > 0 {
		return store.Millis(ms)
	}
	return store.Millis(usual.Milliseconds())
}

func after(m store.Millis, d time.Duration) store.Millis { return m + store.Millis(d.Milliseconds()) }

// typed takes what the visitor typed and was shown.
func (a *Attempt) typed(query string, shown []Offer, now store.Millis) {
	a.Query, a.QueryHash = query, store.DeriveID("query", normal(query))
	for _, o := range shown {
		if !slices.ContainsFunc(a.Shown, func(x Offer) bool { return x.Thread == o.Thread }) {
			a.Shown = append(a.Shown, o)
		}
	}
	for len(a.Shown) > maxShown { // the oldest that was not opened makes room
		i := max(0, slices.IndexFunc(a.Shown, func(o Offer) bool { return !slices.Contains(a.Opened, o.Thread) }))
		a.Shown = slices.Delete(a.Shown, i, i+1)
	}
	a.Updated = now
	a.derive()
}

// open takes that a thread was opened. It helps an attempt that had ended
// without: the visitor had only read slowly.
func (a *Attempt) open(thread string, now store.Millis) {
	if !slices.Contains(a.Opened, thread) && len(a.Opened) < maxOpened {
		a.Opened = append(a.Opened, thread)
	}
	switch {
	case a.Live:
		a.Updated = now
		a.Outcome = a.liveOutcome()
	case a.Outcome == Abandoned:
		a.Outcome, a.Ended = Assumed, now
	}
	a.derive()
}

// deny takes that a thread did not help. It undoes a confirmation by it; with
// reopen the visit then goes on, unless it is long over.
func (a *Attempt) deny(thread string, now store.Millis, reopen bool) {
	if !slices.Contains(a.Denied, thread) && len(a.Denied) < maxOpened {
		a.Denied = append(a.Denied, thread)
	}
	if !slices.Contains(a.Opened, thread) && len(a.Opened) < maxOpened {
		a.Opened = append(a.Opened, thread)
	}
	switch {
	case a.Live:
		a.Updated = now
		a.Outcome = a.liveOutcome()
	case a.Outcome == Confirmed && a.Solved.Thread == thread:
		a.Solved, a.Outcome = nil, a.lastOutcome()
		if reopen && now < a.idleAt() {
			a.Live, a.Ended, a.Updated, a.Outcome = true, 0, now, a.liveOutcome()
		}
	case a.Outcome == Assumed:
		a.Outcome = a.lastOutcome()
	}
	a.derive()
}

// solve takes what solved it.
func (a *Attempt) solve(by Solution, now store.Millis) {
	a.Solved, a.Outcome, a.Live, a.Updated, a.Ended = &by, Confirmed, false, now, now
	a.Denied = slices.DeleteFunc(a.Denied, func(t string) bool { return t == by.Thread })
	if !slices.Contains(a.Opened, by.Thread) && len(a.Opened) < maxOpened {
		a.Opened = append(a.Opened, by.Thread)
	}
	earned := a.Visitor != "" && by.Author != "" && by.Author != a.Member
	if earned && !slices.Contains(a.Credited, by) && len(a.Credited) < maxCredited {
		a.Credited = append(a.Credited, by)
	}
	a.derive()
}

// comeback is that a visitor asked, or got an agent, after all.
type comeback struct {
	thread string
	caseID string       // "" for a question
	at     store.Millis // when
	topic  string       // title and what else says what it is about
	direct bool         // the question was sent from the attempt's own form
}

// returned takes that the visitor came back, and reports whether it changes
// anything. Once is enough: what is taken already stays.
func (a *Attempt) returned(b comeback) bool {
	if a.Asked != "" || a.Case != "" || a.Started > b.at {
		return false
	}
	before := *a
	if a.Live && b.at >= a.idleAt() {
		a.end(a.idleAt())
	}
	same := b.direct || sameTopic(a.Query, b.topic)
	switch {
	case !same:
	case len(a.Opened) > 0 && (a.Live || (b.direct && a.Outcome == Assumed)):
		a.Outcome = Failed
	case a.Live || (b.direct && a.Outcome == Abandoned): // who writes slowly comes after the visit's end
		a.Outcome = Ignored
	case (a.Outcome == Confirmed || a.Outcome == Assumed) && b.at <= a.safeAt():
		a.Outcome = Revoked
	case a.Outcome == Failed && b.at <= a.safeAt(): // said no, and asked then
	default:
		same = false
	}
	if !same {
		*a = before
		return false
	}
	if a.Live {
		a.Live, a.Ended, a.Updated = false, b.at, b.at
	}
	a.Asked, a.Case = b.thread, b.caseID
	a.derive()
	return true
}

// end closes a visit that showed no sign any more.
func (a *Attempt) end(at store.Millis) {
	a.Live, a.Ended, a.Outcome = false, at, a.lastOutcome()
}

// lapse takes that time has passed, and reports whether it changed anything.
func (a *Attempt) lapse(now store.Millis) bool {
	due := a.Due != 0 && now >= a.Due
	if a.Live && now >= a.idleAt() {
		a.end(a.idleAt())
	}
	if now >= after(a.Started, VisitorLife) {
		a.Visitor = ""
	}
	if now >= after(a.Started, TextLife) {
		a.forget()
	}
	if due {
		a.derive()
	}
	return due
}

// forget drops what was typed, and by whom.
func (a *Attempt) forget() {
	a.Query, a.QueryHash, a.Member, a.Visitor = "", "", "", ""
	a.derive()
}

func (a *Attempt) allDenied() bool {
	return len(a.Opened) > 0 && !slices.ContainsFunc(a.Opened, func(t string) bool { return !slices.Contains(a.Denied, t) })
}

func (a *Attempt) liveOutcome() Outcome {
	if a.allDenied() {
		return Failed
	}
	return Ongoing
}

// lastOutcome is the outcome of who left without a word.
func (a *Attempt) lastOutcome() Outcome {
	switch {
	case len(a.Opened) == 0:
		return Abandoned
	case a.allDenied():
		return Failed
	}
	return Assumed
}

// led notes the answer that stood first in a thread that was opened.
func (a *Attempt) led(to Solution) {
	if to.Author != "" && len(a.Led) < maxOpened && !slices.Contains(a.Led, to) {
		a.Led = append(a.Led, to)
	}
}

// owed are the authors of what was read and not said to be of no help; nobody
// is helped by an answer of their own.
func (a *Attempt) owed() (authors []string) {
	for _, l := range a.Led {
		if l.Author != a.Member && !slices.Contains(a.Denied, l.Thread) && !slices.Contains(authors, l.Author) {
			authors = append(authors, l.Author)
		}
	}
	return authors
}

// derive computes the fields that only serve indexes.
func (a *Attempt) derive() {
	if a.Maybe = nil; a.Outcome == Assumed {
		a.Maybe = a.owed()
	}
	a.Offered = len(a.Shown) > 0
	a.Gap = a.Surface != AfterAsking && (!a.Offered || a.Outcome == Failed || a.Outcome == Ignored || a.Outcome == Revoked)
	a.Current = ""
	if a.Live && a.Visitor != "" {
		a.Current = currentOf(a.Visitor, a.Surface)
	}
	switch {
	case a.Live:
		a.Due = a.idleAt()
	case a.Visitor != "":
		a.Due = after(a.Started, VisitorLife)
	case a.Query != "" || a.Member != "":
		a.Due = after(a.Started, TextLife)
	default:
		a.Due = 0
	}
}

func currentOf(visitor string, on Surface) string { return visitor + ":" + string(on) }

// has reports whether the visitor was led to the thread.
func (a *Attempt) has(thread string) bool {
	return slices.Contains(a.Opened, thread) || slices.ContainsFunc(a.Shown, func(o Offer) bool { return o.Thread == thread })
}

// normal makes texts equal that differ in case and space only.
func normal(query string) string { return strings.Join(strings.Fields(strings.ToLower(query)), " ") }
