package community

import (
	"context"
	"slices"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// Sort is an order of a list of threads.
type Sort string

const (
	ByActivity Sort = "active"
	ByNewest   Sort = "newest"
	ByHot      Sort = "hot"
	ByVotes    Sort = "votes"
)

var sortField = map[Sort]string{ByActivity: "-stats.activity", ByNewest: "-created", ByHot: "-stats.hot", ByVotes: "-stats.score"}

// Filter chooses threads. At most one of Tag, State and Unanswered is set;
// each brings its own order, and Sort then counts for nothing.
type Filter struct {
	Space, Tag string
	State      State
	Unanswered bool
	Sort       Sort         // "" is ByActivity
	From, To   store.Millis // with ByNewest: asked within, inclusive; 0 leaves a side open
}

// Threads lists the threads that the actor reads, one keyset stream per space.
func (s *Service) Threads(ctx context.Context, by Actor, f Filter, cursor string, limit int) (store.Page[Thread], error) {
	if err := f.check(); err != nil {
		return store.Page[Thread]{}, err
	}
	spaces, err := s.spacesOf(ctx, by, f.Space)
	if err != nil {
		return store.Page[Thread]{}, err
	}
	shelves := []Shelf{OnOpen}
	if by.Staff() {
		shelves = append(shelves, OnPrivate)
	}
	var streams []store.Query
	for _, sp := range spaces {
		for _, shelf := range shelves {
			streams = append(streams, f.query(sp.ID, shelf))
		}
	}
	return page(s.mergeThreads(ctx, streams, cursor, limit, f.key()))
}

// key is what the filter's lists are ordered by, besides the id.
func (f Filter) key() func(*Thread) int64 {
	switch {
	case f.Tag != "" || f.State != "" || !f.Unanswered && (f.Sort == "" || f.Sort == ByActivity):
		return func(t *Thread) int64 { return int64(t.Stats.Activity) }
	case f.Unanswered || f.Sort == ByNewest:
		return func(t *Thread) int64 { return int64(t.Created) }
	case f.Sort == ByHot:
		return func(t *Thread) int64 { return t.Stats.Hot }
	}
	return func(t *Thread) int64 { return t.Stats.Score }
}

func (f Filter) check() error {
	if f.Sort != "" && sortField[f.Sort] == "" {
		return fault.Field("sort", "Lists are sorted by active, newest, hot or votes.")
	}
	if f.State != "" && !slices.Contains(States, f.State) {
		return fault.Field("state", "A thread is new, needs_answer, answered, waiting, solved or stale.")
	}
	set := 0
	for _, on := range []bool{f.Tag != "", f.State != "", f.Unanswered} {
		if on {
			set++
		}
	}
	if set > 1 {
		return fault.New(fault.Invalid, "Choose one of tag, state and unanswered. The search combines them.")
	}
	return nil
}

func (f Filter) query(space string, shelf Shelf) store.Query {
	if f.Tag != "" {
		return store.Where("tags[]", CleanTag(f.Tag)).And("space", space).And("stats.shelf", shelf).Order("-stats.activity")
	}
	q := store.Where("space", space).And("stats.shelf", shelf)
	switch {
	case f.State != "":
		return q.And("stats.state", f.State).Order("-stats.activity")
	case f.Unanswered:
		return q.And("stats.unanswered", true).Order("-created")
	case f.Sort == "":
		return q.Order("-stats.activity")
	}
	if f.Sort == ByNewest && (f.From != 0 || f.To != 0) {
		q = q.Between("created", open(f.From), open(f.To))
	}
	return q.Order(sortField[f.Sort])
}

// open is a bound, or none for 0.
func open(m store.Millis) any {
	if m == 0 {
		return nil
	}
	return m
}

// Oldest is when the first listed question of a space that the actor reads was
// asked; 0 when there is none.
func (s *Service) Oldest(ctx context.Context, by Actor, space string) (store.Millis, error) {
	if _, err := s.spaceFor(ctx, by, space); err != nil {
		return 0, err
	}
	t, err := s.threads.First(ctx, store.Where("space", space).And("stats.shelf", OnOpen).Order("created"))
	if err != nil {
		return 0, store.IgnoreAbsent(err)
	}
	return t.Created, nil
}

func (s *Service) spacesOf(ctx context.Context, by Actor, one string) ([]*Space, error) {
	if one == "" {
		return s.Spaces(ctx, by)
	}
	sp, err := s.spaceFor(ctx, by, one)
	return []*Space{sp}, err
}

// onlySeen drops the threads that the actor does not see.
func (s *Service) onlySeen(ctx context.Context, by Actor, threads []*Thread) ([]*Thread, error) {
	spaces, err := s.everySpace(ctx)
	if err != nil {
		return nil, err
	}
	bySpace := make(map[string]*Space, len(spaces))
	for _, sp := range spaces {
		bySpace[sp.ID] = sp
	}
	return slices.DeleteFunc(threads, func(t *Thread) bool {
		sp := bySpace[t.Space]
		return sp == nil || !sees(by, t, sp)
	}), nil
}

// ThreadsBy lists a member's questions, newest first. Pages may be short where
// the actor does not see some.
func (s *Service) ThreadsBy(ctx context.Context, by Actor, author, cursor string, limit int) (store.Page[Thread], error) {
	shelves := []Shelf{OnOpen, OnDuplicate}
	if by.ID == author || by.Staff() {
		shelves = append(shelves, OnPrivate, OnRemoved)
	}
	var streams []store.Query
	for _, shelf := range shelves {
		streams = append(streams, store.Where("author", author).And("stats.shelf", shelf).Order("-created").After(cursor).Limit(limit))
	}
	list, err := page(s.threads.Merge(ctx, streams...))
	if err != nil {
		return list, err
	}
	list.Items, err = s.onlySeen(ctx, by, list.Items)
	return list, err
}

// AnswersBy lists a member's visible answers, newest first, in threads that
// the actor sees. Pages may be short.
func (s *Service) AnswersBy(ctx context.Context, by Actor, author, cursor string, limit int) (store.Page[Answer], error) {
	list, err := page(s.answers.Find(ctx, store.Where("author", author).And("stats.shelf", OnOpen).Order("-created").After(cursor).Limit(limit)))
	if err != nil {
		return list, err
	}
	ids := make([]string, len(list.Items))
	for i, a := range list.Items {
		ids[i] = a.Thread
	}
	seen, err := s.ThreadsByID(ctx, by, ids)
	list.Items = slices.DeleteFunc(list.Items, func(a *Answer) bool { return seen[a.Thread] == nil })
	return list, err
}

// Watching lists the threads that the actor watches, last watched first.
func (s *Service) Watching(ctx context.Context, by Actor, cursor string, limit int) (store.Page[Thread], error) {
	var list store.Page[Thread]
	if by.Guest() {
		return list, errSignIn
	}
	q := store.Where("member", by.ID).And("kind", Watching).And("on", true).Order("-created").After(cursor).Limit(limit)
	marks, err := page(s.interests.Find(ctx, q))
	if err != nil {
		return list, err
	}
	ids := make([]string, len(marks.Items))
	for i, m := range marks.Items {
		ids[i] = m.Thread
	}
	seen, err := s.ThreadsByID(ctx, by, ids)
	for _, id := range ids {
		if t := seen[id]; t != nil {
			list.Items = append(list.Items, t)
		}
	}
	list.Next = marks.Next
	return list, err
}

// Answers lists a thread's answers by rank. The accepted one comes first, on
// the first page. Staff see removed ones at the end; authors see their own.
func (s *Service) Answers(ctx context.Context, by Actor, t *Thread, cursor string, limit int) (store.Page[Answer], error) {
	if _, _, err := s.threadFor(ctx, by, t.ID); err != nil {
		return store.Page[Answer]{}, err
	}
	shelves := []Shelf{OnOpen}
	if by.Staff() || (!by.Guest() && by.ID == t.Author) {
		shelves = append(shelves, OnPrivate)
	}
	var streams []store.Query
	for _, shelf := range shelves {
		streams = append(streams, store.Where("thread", t.ID).And("stats.shelf", shelf).Order("-stats.rank", "created").After(cursor).Limit(limit))
	}
	list, err := page(s.answers.Merge(ctx, streams...))
	if err != nil || t.Accepted == nil {
		return list, err
	}
	var a *Answer
	if i := slices.IndexFunc(list.Items, func(a *Answer) bool { return a.ID == t.Accepted.Answer }); i >= 0 {
		a = list.Items[i]
		list.Items = slices.Delete(list.Items, i, i+1)
	}
	if cursor != "" {
		return list, nil
	}
	if a == nil {
		a, err = s.answers.Get(ctx, t.Accepted.Answer)
	}
	if err == nil && a.shelfOf() == OnOpen && a.Thread == t.ID {
		list.Items = slices.Insert(list.Items, 0, a)
	}
	return list, store.IgnoreAbsent(err)
}

// RemovedAnswers lists the removed answers of a thread that the actor may
// still see: staff all, authors their own. At most 100.
func (s *Service) RemovedAnswers(ctx context.Context, by Actor, t *Thread) ([]*Answer, error) {
	if by.Guest() {
		return nil, nil
	}
	if _, _, err := s.threadFor(ctx, by, t.ID); err != nil {
		return nil, err
	}
	list, err := s.answers.Find(ctx, store.Where("thread", t.ID).And("stats.shelf", OnRemoved).Order("-created").Limit(100))
	return slices.DeleteFunc(list.Items, func(a *Answer) bool { return !seesAnswer(by, t, a) }), err
}

// Answer returns an answer that the actor sees, with its thread.
func (s *Service) Answer(ctx context.Context, by Actor, id string) (*Answer, *Thread, error) {
	a, t, _, err := s.answerFor(ctx, by, id)
	return a, t, err
}

// Comment returns a comment that the actor sees, with its thread.
func (s *Service) Comment(ctx context.Context, by Actor, id string) (*Comment, *Thread, error) {
	c, t, _, err := s.commentFor(ctx, by, id)
	return c, t, err
}

// Comments lists the visible comments on a question or an answer, oldest first.
func (s *Service) Comments(ctx context.Context, by Actor, t *Thread, on, cursor string, limit int) (store.Page[Comment], error) {
	if _, _, err := s.threadFor(ctx, by, t.ID); err != nil {
		return store.Page[Comment]{}, err
	}
	if on != t.ID {
		if a, _, _, err := s.answerFor(ctx, by, on); err != nil || a.Thread != t.ID {
			return store.Page[Comment]{}, cmpErr(err, absent("answer"))
		}
	}
	return page(s.comments.Find(ctx, store.Where("on", on).And("stats.shelf", OnOpen).Order("created").After(cursor).Limit(limit)))
}

// FirstComments lists the first comments of several posts of one thread.
func (s *Service) FirstComments(ctx context.Context, by Actor, t *Thread, on []string, limit int) (map[string]store.Page[Comment], error) {
	lists := make(map[string]store.Page[Comment], len(on))
	if _, _, err := s.threadFor(ctx, by, t.ID); err != nil {
		return nil, err
	}
	all, err := s.comments.Find(ctx, store.Where("thread", t.ID).And("stats.shelf", OnOpen).Order("created").Limit(fewComments))
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	for _, c := range all.Items {
		if count[c.On]++; count[c.On] <= limit && slices.Contains(on, c.On) {
			list := lists[c.On]
			list.Items = append(list.Items, c)
			lists[c.On] = list
		}
	}
	for _, id := range on {
		if all.Next == "" && count[id] <= limit {
			continue // those are all it has
		}
		list, err := s.comments.Find(ctx, store.Where("on", id).And("stats.shelf", OnOpen).Order("created").Limit(limit))
		if err != nil {
			return nil, err
		}
		list.Items = slices.DeleteFunc(list.Items, func(c *Comment) bool { return c.Thread != t.ID })
		lists[id] = list
	}
	return lists, nil
}

// fewComments is how many comments of a thread are read at once. Most threads
// have fewer.
const fewComments = 100

// OnListed calls f after each write of this process that a list of threads may
// show. f must return at once.
func (s *Service) OnListed(f func()) {
	s.db.OnCommit(func(c store.Commit) {
		switch c.Collection {
		case "threads", "members", "spaces", "tags", "settings":
			f()
		}
	})
}
