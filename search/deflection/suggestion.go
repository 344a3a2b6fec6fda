package deflection

import (
	"context"
	"slices"
	"time"

	"selfie/community"
	"selfie/community/markup"
	"selfie/community/notify"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
	"selfie/search"
)

// Finder finds threads that are like a question, and tells how like they are.
type Finder interface {
	// Likest lists threads that the actor may read, best first.
	Likest(ctx context.Context, by community.Actor, title, body, exclude string, limit int) ([]search.Likeness, error)
	// Ready reports whether nothing is missing from what it finds.
	Ready() bool
}

// Verdict is what became of a suggestion.
type Verdict string

const (
	Suggested Verdict = "open"     // it stands
	Fitted    Verdict = "solved"   // the thread is a duplicate of its source
	Declined  Verdict = "declined" // it does not fit: it never comes back
)

// Suggestion is an answer that was found automatically for a question that had
// just been asked: there is at most one in a thread, ever. It is a quotation and
// no answer, so nothing that counts answers, or waits for one, knows of it.
type Suggestion struct {
	store.Meta
	outbox.Box
	Thread  string       `json:"thread"` // that it stands in
	Asker   string       `json:"asker"`
	Source  string       `json:"source"` // the thread that is quoted
	Answer  string       `json:"answer"` // its accepted answer
	Author  string       `json:"author"` // of the answer
	Share   int64        `json:"share"`  // how like the source is, in thousandths
	Verdict Verdict      `json:"verdict"`
	By      string       `json:"by,omitempty"` // whose verdict it is; "" for what came about
	At      store.Millis `json:"at"`
	Decided store.Millis `json:"decided,omitempty"`
}

func declareSuggestions(db *store.DB) *store.Collection[Suggestion] {
	return store.Declare[Suggestion](db, "suggestions",
		store.On("verdict", "at"), outbox.PendingIndex(), outbox.ChangedIndex())
}

// verdictGiven is the event of a suggestion that was decided.
const verdictGiven = "suggestion_decided"

// The bounds of looking for an answer to suggest.
const (
	maxCandidates = 10
	maxLate       = 24 * time.Hour // an older question has been read by people
)

func suggestionID(thread string) string { return store.DeriveID("suggestion", thread) }

// Suggest lets solved questions be suggested to new ones, by what a finder finds.
// Call it while the product is put together.
func (s *Service) Suggest(by Finder) { s.finder = by }

// SuggestionSchema is the collection of suggestions, for caches that follow it.
func (s *Service) SuggestionSchema() *store.Schema { return s.suggestions.Schema() }

// onAskedSuggest looks for an answer to a question that others read now.
func (s *Service) onAskedSuggest(ctx context.Context, d outbox.Delivery) error {
	if s.finder == nil || d.Post != "" && d.Post != d.Thread {
		return nil
	}
	trust, err := s.trust(ctx)
	if err != nil || !trust.On() {
		return err
	}
	t, err := s.people.Thread(ctx, community.Actor{}, d.Thread) // who is not even signed in reads it
	if err != nil {
		return fault.IgnoreAbsent(err)
	}
	if t.Stats.Shelf != community.OnOpen || t.Duplicate != nil || t.Accepted != nil || s.now() > after(t.Created, maxLate) {
		return nil
	}
	if open, err := s.public(ctx, t.Space); err != nil || !open {
		return err
	}
	if _, err := s.suggestions.Get(ctx, suggestionID(t.ID)); store.IgnoreAbsent(err) != nil || err == nil {
		return err
	}
	known, err := s.readBy(ctx, t.Author)
	if err != nil {
		return err
	}
	found, err := s.fitting(ctx, wanted{title: t.Title, body: markup.Text(t.HTML), exclude: t.ID, asker: t.Author, at: t.Created, known: known})
	if err != nil || found == nil || found.share < trust.Threshold {
		return err
	}
	return s.suggest(ctx, t, found)
}

// public reports whether a space is open to everyone.
func (s *Service) public(ctx context.Context, space string) (bool, error) {
	sp, err := s.people.Space(ctx, community.Actor{}, space)
	if err != nil {
		return false, fault.IgnoreAbsent(err)
	}
	return sp.Visibility == community.Public, nil
}

func (s *Service) suggest(ctx context.Context, t *community.Thread, found *match) error {
	sg := &Suggestion{Thread: t.ID, Asker: t.Author, Source: found.thread.ID, Answer: found.answer.ID, Author: found.answer.Author,
		Share: found.share, Verdict: Suggested, At: s.now()}
	sg.ID = suggestionID(t.ID)
	if _, _, err := s.suggestions.Put(ctx, sg); err != nil || s.inbox == nil {
		return err
	}
	return s.inbox.Tell(ctx, "suggestion:"+t.ID, notify.Notice{Member: t.Author, Kind: notify.NoticeSuggested, Thread: t.ID,
		Post: community.Ref{Kind: community.AQuestion, ID: t.ID}, Text: "Found automatically among solved questions. Is it what you need?"})
}

// readBy are the threads that a member opened lately while looking for help:
// what did not help then is not suggested now.
func (s *Service) readBy(ctx context.Context, member string) (known []string, err error) {
	list, err := s.attempts.Find(ctx, store.Where("member", member).Between("started", s.now()-store.Millis(Window.Milliseconds()), nil).Order("-started").Limit(maxTried))
	for _, a := range list.Items {
		known = append(known, a.Opened...)
	}
	return known, err
}

// wanted is a question as it was asked, or typed.
type wanted struct {
	title, body, exclude, asker string
	at                          store.Millis
	known                       []string // threads that did not help
}

// match is the thread that would be suggested.
type match struct {
	thread *community.Thread
	answer *community.Answer
	share  int64
}

// fitting finds the likest thread that everyone may read, was asked by another,
// and was solved before by another; nil when there is none.
func (s *Service) fitting(ctx context.Context, w wanted) (*match, error) {
	list, err := s.finder.Likest(ctx, community.Actor{}, w.title, w.body, w.exclude, maxCandidates)
	if err != nil {
		return nil, err
	}
	for _, f := range list {
		t := f.Thread
		if t.Accepted == nil || t.Created >= w.at || t.Accepted.At >= w.at || t.Author == w.asker || slices.Contains(w.known, t.ID) {
			continue
		}
		if open, err := s.public(ctx, t.Space); err != nil || !open {
			if err != nil {
				return nil, err
			}
			continue
		}
		answer, err := s.quotable(ctx, t)
		if err != nil {
			return nil, err
		}
		if answer != nil && answer.Author != w.asker {
			return &match{t, answer, int64(f.Share * 1000)}, nil
		}
	}
	return nil, nil
}

// quotable is the accepted answer of a thread while everyone may read it.
func (s *Service) quotable(ctx context.Context, t *community.Thread) (*community.Answer, error) {
	if t.Accepted == nil || t.Stats.Shelf != community.OnOpen {
		return nil, nil
	}
	a, _, err := s.people.Answer(ctx, community.Actor{}, t.Accepted.Answer)
	if err != nil {
		return nil, fault.IgnoreAbsent(err)
	}
	return a, nil
}

// Quotation is a suggestion as it is shown: with what it quotes, as that stands
// now.
type Quotation struct {
	*Suggestion
	From *community.Thread
	Text *community.Answer
	Ask  bool // the actor asked the question: theirs is the verdict
}

// Quoted returns the suggestion that stands in a thread, for an actor who sees
// the thread. It is nil when there is none: none was made, or it was declined,
// or its source is no longer there for everyone to read, or the thread is
// solved, or suggestions are switched off.
func (s *Service) Quoted(ctx context.Context, by community.Actor, t *community.Thread) (*Quotation, error) {
	sg, err := s.suggestions.Get(ctx, suggestionID(t.ID))
	if err != nil {
		return nil, store.IgnoreAbsent(err)
	}
	if sg.Verdict != Suggested || t.Accepted != nil || t.Duplicate != nil || t.Removed != nil {
		return nil, nil
	}
	if trust, err := s.trust(ctx); err != nil || trust.Off {
		return nil, err
	}
	from, err := s.people.Thread(ctx, community.Actor{}, sg.Source)
	if err != nil {
		return nil, fault.IgnoreAbsent(err)
	}
	if open, err := s.public(ctx, from.Space); err != nil || !open {
		return nil, err
	}
	text, err := s.quotable(ctx, from)
	if err != nil || text == nil || text.ID != sg.Answer {
		return nil, err
	}
	return &Quotation{sg, from, text, !by.Guest() && by.ID == t.Author}, nil
}

// decidable is the suggestion that an actor may decide about: who asked.
func (s *Service) decidable(ctx context.Context, by community.Actor, thread string) (*Quotation, error) {
	if err := s.people.Active(by); err != nil {
		return nil, err
	}
	t, err := s.people.Thread(ctx, by, thread)
	if err != nil {
		return nil, err
	}
	if t.Author != by.ID {
		return nil, fault.New(fault.Forbidden, "Only who asked can tell whether this answer fits.")
	}
	q, err := s.Quoted(ctx, by, t)
	if err == nil && q == nil {
		err = fault.New(fault.Gone, "This suggestion is no longer there.")
	}
	return q, err
}

// SayFits takes the asker's word that the suggested answer solved it: the thread
// becomes a duplicate of its source, and the answer's author is credited as
// for a visitor who was helped. It is fault.Gone when nothing is suggested.
func (s *Service) SayFits(ctx context.Context, by community.Actor, thread string) (*Suggestion, error) {
	q, err := s.decidable(ctx, by, thread)
	if err != nil {
		return nil, err
	}
	if _, err := s.people.MarkDuplicate(ctx, by, thread, q.Source); err != nil {
		return nil, err
	}
	return s.decide(ctx, thread, Suggested, Fitted, by.ID)
}

// SayUnfit takes the asker's word that it is another problem: the suggestion
// goes away for good. It may be repeated.
func (s *Service) SayUnfit(ctx context.Context, by community.Actor, thread string) (*Suggestion, error) {
	if sg, err := s.suggestions.Get(ctx, suggestionID(thread)); err == nil && sg.Verdict == Declined && sg.Asker == by.ID && !by.Guest() {
		return sg, nil
	}
	if _, err := s.decidable(ctx, by, thread); err != nil {
		return nil, err
	}
	return s.decide(ctx, thread, Suggested, Declined, by.ID)
}

// decide gives a suggestion its verdict, if it has the one expected.
func (s *Service) decide(ctx context.Context, thread string, from, to Verdict, by string) (*Suggestion, error) {
	return s.suggestions.Update(ctx, suggestionID(thread), func(sg *Suggestion) error {
		if sg.Verdict != from {
			return store.ErrUnchanged
		}
		sg.Verdict, sg.By, sg.Decided = to, by, s.now()
		if !sg.Emit(s.routes, sg.ID, outbox.Event{Kind: verdictGiven, At: sg.Decided, Thread: thread, Member: sg.Author}) {
			return errBusy
		}
		return nil
	})
}

// onLinked takes what links between threads say of a suggestion, whoever made
// them: a thread that became a duplicate of its source was fitted, and one that
// is none any more was not.
func (s *Service) onLinked(ctx context.Context, d outbox.Delivery) error {
	sg, err := s.suggestions.Get(ctx, suggestionID(d.Thread))
	if err != nil {
		return store.IgnoreAbsent(err)
	}
	t, err := s.people.Thread(ctx, community.System, d.Thread)
	if err != nil {
		return fault.IgnoreAbsent(err)
	}
	switch {
	case sg.Verdict == Suggested && t.Duplicate != nil && t.Duplicate.Of == sg.Source:
		_, err = s.decide(ctx, t.ID, Suggested, Fitted, t.Duplicate.By)
	case sg.Verdict == Fitted && t.Duplicate == nil:
		_, err = s.decide(ctx, t.ID, Fitted, Declined, "")
	}
	return err
}

// onVerdict keeps the attempt of who was helped by a suggestion, by which its
// author is credited and told; or takes it back.
func (s *Service) onVerdict(ctx context.Context, d outbox.Delivery) error {
	sg, err := s.suggestions.Get(ctx, d.Document)
	if err != nil {
		return store.IgnoreAbsent(err)
	}
	id := store.DeriveID("suggested", sg.ID)
	if sg.Verdict == Fitted && sg.By == sg.Asker {
		t, err := s.people.Thread(ctx, community.System, sg.Thread)
		if err != nil {
			return fault.IgnoreAbsent(err)
		}
		a := s.helpedBy(sg, id, t.Title)
		if err := s.emit(a, sg.Decided); err != nil {
			return err
		}
		_, _, err = s.attempts.Put(ctx, a)
		return err
	}
	_, err = s.attempts.Update(ctx, id, func(a *Attempt) error {
		if a.Outcome != Confirmed {
			return store.ErrUnchanged
		}
		a.Outcome = Revoked
		a.derive()
		return s.emit(a, s.now())
	})
	return store.IgnoreAbsent(err)
}

// helpedBy is the attempt of an asker whom a suggestion helped.
func (s *Service) helpedBy(sg *Suggestion, id, title string) *Attempt {
	a := &Attempt{Meta: store.Meta{ID: id}, Visitor: hashOf("member:" + sg.Asker), Member: sg.Asker, Surface: AfterAsking,
		Query: firstRunes(title, maxQuery), Outcome: Ongoing, Asked: sg.Thread, Started: sg.At, Updated: sg.At, Within: s.window.Milliseconds()}
	a.QueryHash = store.DeriveID("query", normal(a.Query))
	a.solve(Solution{Thread: sg.Source, Answer: sg.Answer, Author: sg.Author}, sg.Decided)
	return a
}

// SuggestionCounts are suggestions by what became of them.
type SuggestionCounts struct{ Open, Fitted, Declined int64 }

// Total counts them all.
func (c SuggestionCounts) Total() int64 { return c.Open + c.Fitted + c.Declined }

// suggested counts the suggestions that were made in a time, exactly.
func (s *Service) suggested(ctx context.Context, f *Funnel) (err error) {
	for v, n := range map[Verdict]*int64{Suggested: &f.Suggested.Open, Fitted: &f.Suggested.Fitted, Declined: &f.Suggested.Declined} {
		if *n, err = s.suggestions.Count(ctx, store.Where("verdict", v).Between("at", f.From, f.To-1)); err != nil {
			return err
		}
	}
	return nil
}
