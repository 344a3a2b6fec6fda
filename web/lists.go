package web

import (
	"context"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/internal/fault"
)

// threadRow is one thread in a list.
type threadRow struct {
	ID, URL, Title         string
	State                  stateView
	Space                  *community.Space // nil where the list is of one space
	Tags                   []string
	Author                 memberView
	Asked, Active          when
	LastBy                 memberView
	Answers, Score, MeToos int64
	Views                  int64
	Picture                string // address of the first screenshot's thumbnail
	Private, Locked        bool
	Duplicate, Removed     bool
	html                   string
}

// Excerpt is how the question begins.
func (r threadRow) Excerpt() string { return excerpt(r.html, 170) }

// stateView is how a state is shown: never by colour alone.
type stateView struct {
	Key   community.State
	Label string
	Icon  string
	Hint  string
}

var stateViews = map[community.State]stateView{
	community.New:         {community.New, "New", "spark", "Just asked. Be the first to help."},
	community.NeedsAnswer: {community.NeedsAnswer, "Needs an answer", "raise", "Nobody has solved this yet."},
	community.Answered:    {community.Answered, "Answered", "reply", "There are answers. The asker has not said yet whether they help."},
	community.Waiting:     {community.Waiting, "Waiting for the asker", "clock", "Someone asked for more details."},
	community.Solved:      {community.Solved, "Solved", "check", "An answer solved it."},
	community.Stale:       {community.Stale, "Gone quiet", "moon", "Unsolved, and silent for a long time."},
}

func threadURL(id string) string { return "/threads/" + id }

// rows shows threads as a list. Members are loaded once for all of them.
func (s *Server) rows(rq *request, threads []*community.Thread, withSpace bool) ([]threadRow, error) {
	var ids []string
	for _, t := range threads {
		ids = append(ids, t.Author, t.Stats.LastBy)
	}
	known, err := s.peopleOf(rq.ctx, ids)
	if err != nil {
		return nil, err
	}
	spaces := map[string]*community.Space{}
	if withSpace {
		if spaces, err = s.spacesByID(rq.ctx, rq.actor); err != nil {
			return nil, err
		}
	}
	rows := make([]threadRow, 0, len(threads))
	for _, t := range threads {
		rows = append(rows, s.row(t, known, spaces[t.Space]))
	}
	return rows, nil
}

// briefRows shows threads by what they ask and how they stand, and by nobody's
// name: nothing is read for it.
func (s *Server) briefRows(threads []*community.Thread) []threadRow {
	rows := make([]threadRow, 0, len(threads))
	for _, t := range threads {
		rows = append(rows, s.row(t, nil, nil))
	}
	return rows
}

func (s *Server) row(t *community.Thread, known people, sp *community.Space) threadRow {
	r := threadRow{
		ID: t.ID, URL: threadURL(t.ID), Title: t.Title, html: t.HTML,
		State: stateViews[t.Stats.State], Space: sp, Tags: t.Tags,
		Author: known.of(t.Author), Asked: s.when(t.Created), Active: s.when(t.Stats.Activity), LastBy: known.of(t.Stats.LastBy),
		Answers: t.Stats.Answers, Score: t.Stats.Score, MeToos: t.Stats.MeToos, Views: t.Stats.Views,
		Private: t.Private, Locked: t.Lock != nil, Duplicate: t.Duplicate != nil, Removed: t.Removed != nil,
	}
	if len(t.Images) > 0 {
		r.Picture = "/images/" + t.Images[0] + "/320"
	}
	return r
}

func (s *Server) spacesByID(ctx context.Context, by community.Actor) (map[string]*community.Space, error) {
	list, err := s.community.Spaces(ctx, by)
	if err != nil {
		return nil, err
	}
	m := make(map[string]*community.Space, len(list))
	for _, sp := range list {
		m[sp.ID] = sp
	}
	return m, nil
}

// tab is one way to look at a list.
type tab struct {
	Key, Label, URL string
	Current         bool
	filter          community.Filter
}

var tabs = []tab{
	{Key: "active", Label: "Active", filter: community.Filter{Sort: community.ByActivity}},
	{Key: "newest", Label: "Newest", filter: community.Filter{Sort: community.ByNewest}},
	{Key: "unanswered", Label: "Unanswered", filter: community.Filter{Unanswered: true}},
	{Key: "hot", Label: "Hot", filter: community.Filter{Sort: community.ByHot}},
	{Key: "solved", Label: "Solved", filter: community.Filter{State: community.Solved}},
}

// listView is a filtered list of threads.
type listView struct {
	Base    string // path of the page
	Tabs    []tab
	States  []tab
	State   string // the state chosen, "" for none
	Rows    []threadRow
	Next    string // address of the next page
	First   bool   // the list's first page
	Filter  string // key of the current tab, "" when a state is chosen
	Heading string // says what is listed
}

// list reads what the address asks for: ?show=TAB or ?state=STATE, ?after=CURSOR.
func (s *Server) list(c *fiber.Ctx, rq *request, base string, f community.Filter) (*listView, error) {
	l := &listView{Base: base, State: c.Query("state"), Filter: c.Query("show"), First: c.Query("after") == ""}
	chosen, err := l.choose(f)
	if err != nil {
		return nil, err
	}
	page, err := s.community.Threads(rq.ctx, rq.actor, chosen, c.Query("after"), listSize)
	if err != nil {
		return nil, err
	}
	l.Next = nextPage(c, page.Next)
	l.Rows, err = s.rows(rq, page.Items, f.Space == "")
	return l, err
}

// choose turns the address into one filter: a tab, or a state.
func (l *listView) choose(f community.Filter) (community.Filter, error) {
	if l.Filter == "" && l.State == "" {
		l.Filter = tabs[0].Key
	}
	chosen, found := f, false
	for _, t := range tabs {
		t.URL = l.Base + "?show=" + t.Key
		if t.Key == tabs[0].Key {
			t.URL = l.Base
		}
		if l.State == "" && t.Key == l.Filter {
			t.Current, found = true, true
			chosen.Sort, chosen.State, chosen.Unanswered = t.filter.Sort, t.filter.State, t.filter.Unanswered
			l.Heading = t.Label
		}
		l.Tabs = append(l.Tabs, t)
	}
	for _, st := range community.States {
		t := tab{Key: string(st), Label: stateViews[st].Label, URL: l.Base + "?state=" + string(st), Current: l.State == string(st)}
		if t.Current {
			chosen.State, found = st, true
			l.Filter, l.Heading = "", t.Label
		}
		l.States = append(l.States, t)
	}
	if !found {
		return f, fault.New(fault.NotFound, "There is no such list. Choose one of the filters on the first page.")
	}
	return chosen, nil
}

// nextPage is this address with another cursor; "" at the end of a list.
func nextPage(c *fiber.Ctx, cursor string, more ...string) string {
	if cursor == "" {
		return ""
	}
	path, query, _ := strings.Cut(c.OriginalURL(), "?")
	q, _ := url.ParseQuery(query)
	q.Set("after", cursor)
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return path + "?" + q.Encode()
}

// tagList lists the most used tags.
func (s *Server) topTags(rq *request, n int) ([]*community.Tag, error) {
	page, err := s.community.Tags(rq.ctx, rq.actor, "", n)
	return page.Items, err
}
