package web

import (
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/community/markup"
	"selfie/internal/fault"
	"selfie/search/deflection"
)

func (s *Server) suggestedRoutes() {
	s.postForm("/threads/:id/suggested", limitVote, member(s.decideSuggested))
	s.getPage("/admin/suggested", unlimited, admin(s.adminSuggested))
	s.postForm("/admin/suggested", limitPost, admin(s.changeSuggested))
}

// suggestedView is an answer that was found automatically for a thread. It is
// no post: it has no votes, and nothing counts it.
type suggestedView struct {
	Thread   string
	URL      string // of the answer that is quoted
	Title    string // of its question
	Text     string
	By       memberView
	Verified bool
	Ask      bool // the viewer asked: theirs is the verdict
	CSRF     string
}

// LiveKey changes with everything shown.
func (v *suggestedView) LiveKey() string {
	if v == nil {
		return "none"
	}
	return keyOf(v.URL, v.Title, v.Text, v.By, v.Verified, v.Ask)
}

// quotedRunes is how much of an answer is quoted.
const quotedRunes = 500

// quoteOf is the start of an answer's text, line by line as it was written.
func quoteOf(html string) string {
	var lines []string
	for line := range strings.Lines(markup.Text(html)) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	text := strings.Join(lines, "\n")
	r := []rune(text)
	if len(r) <= quotedRunes {
		return text
	}
	short := string(r[:quotedRunes])
	if i := strings.LastIndexAny(short, " \n"); i > len(short)/2 {
		short = short[:i]
	}
	return strings.TrimRight(short, " ,.;:–-\n") + "…"
}

// addSuggested adds the answer that was found for a thread, if one stands.
func (s *Server) addSuggested(rq *request, t *community.Thread, v *threadView) error {
	if s.deflection == nil {
		return nil
	}
	q, err := s.deflection.Quoted(rq.ctx, rq.actor, t)
	if err != nil || q == nil {
		return err
	}
	known, err := s.peopleOf(rq.ctx, []string{q.Author}, q.Text.HTML)
	if err != nil {
		return err
	}
	v.Suggested = &suggestedView{Thread: t.ID, URL: threadURL(q.From.ID) + "#post-" + q.Text.ID, Title: q.From.Title,
		Text: quoteOf(string(known.fill(q.Text.HTML))), By: known.of(q.Author), Verified: q.Text.Verified != nil, Ask: q.Ask, CSRF: v.CSRF}
	return nil
}

// suggestedStamp is what a kept page of a thread depends on by what it quotes.
func (s *Server) suggestedStamp(rq *request, t *community.Thread) (string, error) {
	if s.deflection == nil {
		return "", nil
	}
	q, err := s.deflection.Quoted(rq.ctx, rq.actor, t)
	if err != nil || q == nil {
		return "", err
	}
	return keyOf(q.ID, q.From.Title, q.Text.Edit, q.Text.Renderer, q.Text.Verified != nil), nil
}

// decideSuggested takes the asker's word on a suggestion.
func (s *Server) decideSuggested(c *fiber.Ctx, rq *request) error {
	if s.deflection == nil {
		return errNoPage
	}
	id := c.Params("id")
	switch value(c, "fits") {
	case "yes":
		sg, err := s.deflection.SayFits(rq.ctx, rq.actor, id)
		if err != nil {
			return err
		}
		s.flash(c, "fits")
		return back(c, threadURL(sg.Source)+"?from="+id+"#post-"+sg.Answer)
	case "no":
		if _, err := s.deflection.SayUnfit(rq.ctx, rq.actor, id); err != nil {
			return err
		}
		s.flash(c, "fits-not")
		return back(c, threadURL(id))
	}
	return fault.Field("fits", "Say yes or no.")
}

// trustData is the page on which an admin sees what suggestions rest on.
type trustData struct {
	*deflection.Trust
	At      when
	Low     float64 // bounds of the precision that was held out
	High    float64
	Sources []evidenceRow
	Way     []proofRow // how far each half is from proof; nil when proven, or nothing was learned
	From    int64      // the likeness, in thousandths, that these are of; 0 where nothing fits yet

	Questions int64 // that each half needs
	Share     float64
}

// proofRow is how far one half of what is known is from proof.
type proofRow struct {
	Label, Hint string
	deflection.Tally
	Low  float64
	Done bool
}

type evidenceRow struct {
	Label, Hint string
	deflection.Tally
}

func (s *Server) adminSuggested(c *fiber.Ctx, rq *request) error {
	if s.deflection == nil {
		return errNoPage
	}
	t, err := s.deflection.Trust(rq.ctx, rq.actor)
	if err != nil {
		return err
	}
	d := &trustData{Trust: t, At: s.when(t.At), Sources: []evidenceRow{
		{"Askers’ own word", "on answers that were suggested to them", t.Answers},
		{"Questions asked before", "linked with the original by a person; it fits if that is what would be suggested", t.Duplicates},
		{"Questions of their own", "solved by a new answer; whatever would have been suggested counts as wrong", t.Own},
		{"Visitors", "who said that a solved question helped them, or opened it and asked all the same", t.Attempts},
	}}
	d.Low, d.High = t.Held.Bounds()
	d.Questions, d.Share = deflection.Needs()
	d.way()
	return s.show(c, rq, "admin-suggested", "Suggested answers", d, adminPage)
}

// way says how far what was learned is from proof.
func (d *trustData) way() {
	if d.Proven || d.Trust.At == 0 {
		return
	}
	learned, held := d.Learned, d.Held
	if d.From = d.Threshold; d.From == 0 {
		d.From, learned, held = d.NearAt, d.Near, deflection.Tally{}
	}
	row := func(label, hint string, t deflection.Tally, done bool) proofRow {
		r := proofRow{Label: label, Hint: hint, Tally: t, Done: done}
		if t.Judged > 0 {
			r.Low, _ = t.Bounds()
		}
		return r
	}
	d.Way = []proofRow{
		row("Half that is learned from", "finds how like a question a solved one must be", learned, d.Threshold > 0),
		row("Half that is held out", "must prove the same on its own; its turn comes when the first has", held, false),
	}
}

func (s *Server) changeSuggested(c *fiber.Ctx, rq *request) error {
	if s.deflection == nil {
		return errNoPage
	}
	var err error
	switch value(c, "act") {
	case "on", "off":
		_, err = s.deflection.SwitchSuggestions(rq.ctx, rq.actor, value(c, "act") == "on")
	case "learn":
		_, err = s.deflection.Learn(rq.ctx, rq.actor)
	default:
		err = fault.Field("act", "There is only on, off and learn.")
	}
	if err != nil {
		return err
	}
	s.Invalidate("")
	s.flash(c, "saved")
	return back(c, "/admin/suggested")
}

// apiSuggestion is an answer that was found automatically for a question.
type apiSuggestion struct {
	Source   string     `json:"source" doc:"The solved question that is quoted."`
	Title    string     `json:"title"`
	Answer   string     `json:"answer"`
	URL      string     `json:"url"`
	Excerpt  string     `json:"excerpt" doc:"The beginning of the answer that solved it, as text."`
	Author   *apiMember `json:"author,omitempty" doc:"Of the answer."`
	Verified bool       `json:"verified"`
	Decides  bool       `json:"decides" doc:"The caller asked the question, and may say whether it fits."`
}

// apiFitting is an asker's word on a suggestion.
type apiFitting struct {
	IDIn
	Body struct {
		Fits bool `json:"fits" doc:"True makes the question a duplicate of the source, and thanks the author. False puts the suggestion away for good."`
	}
}

// apiDecided says what became of a suggestion.
type apiDecided struct {
	Verdict string `json:"verdict" enum:"open,solved,declined"`
	Source  string `json:"source"`
}

// apiTally is how many suggestions were judged and how many of them fit.
type apiTally struct {
	Judged int64 `json:"judged"`
	Fit    int64 `json:"fit"`
}

// apiTrust is what suggestions rest on.
type apiTrust struct {
	On        bool       `json:"on" doc:"Answers are suggested: it is proven that they are right often enough, and nobody switched it off."`
	Off       bool       `json:"off" doc:"An administrator switched it off."`
	Proven    bool       `json:"proven"`
	Threshold float64    `json:"threshold,omitempty" doc:"How like a question a solved one must be, where 1 is about all of its words."`
	Precision float64    `json:"precision,omitempty" doc:"Of the held-out suggestions at the threshold or above, the share that fits."`
	Low       float64    `json:"low" doc:"With 95 % confidence the true precision is not below."`
	High      float64    `json:"high" doc:"And not above."`
	Held      apiTally   `json:"held"`
	Learned   apiTally   `json:"learned"`
	All       apiTally   `json:"all"`
	Near      apiTally   `json:"near" doc:"While no threshold is found: what of the half that is learned from comes nearest to proof."`
	At        *time.Time `json:"at,omitempty" doc:"When it was learned; absent: never."`
}

// apiSwitch lets answers be suggested, or no longer.
type apiSwitch struct {
	Body struct {
		On bool `json:"on"`
	}
}

var errNoSuggestion = fault.New(fault.NotFound, "Nothing is suggested for this question.")

func (s *Server) apiSuggestions(a *api) {
	const at, tag = "/threads/{id}/suggestion", "Deflection"
	serve(a, endpoint{method: "GET", path: at, id: "get-suggestion", tag: tag, says: "Get the answer that was found automatically for a question"}, s.apiSuggested)
	serve(a, endpoint{method: "PUT", path: at, id: "decide-suggestion", tag: tag, says: "Say whether the suggested answer solved one's question", who: membersOnly, limit: limitVote}, s.apiDecide)
	serve(a, endpoint{method: "GET", path: "/admin/suggestions", id: "get-suggestion-trust", tag: "Administration", says: "Get what suggested answers rest on", who: adminsOnly}, func(k *call, _ *struct{}) (apiTrust, error) {
		return s.apiTrusted(k, func() (*deflection.Trust, error) { return s.deflection.Trust(k.ctx, k.actor) })
	})
	serve(a, endpoint{method: "PUT", path: "/admin/suggestions", id: "switch-suggestions", tag: "Administration", says: "Let answers be suggested, or no longer", who: adminsOnly}, func(k *call, in *apiSwitch) (apiTrust, error) {
		return s.apiTrusted(k, func() (*deflection.Trust, error) {
			return s.deflection.SwitchSuggestions(k.ctx, k.actor, in.Body.On)
		})
	})
}

func (s *Server) apiSuggested(k *call, in *IDIn) (out apiSuggestion, err error) {
	t, err := s.community.Thread(k.ctx, k.actor, in.ID)
	if err != nil {
		return out, err
	}
	if s.deflection == nil {
		return out, errNoSuggestion
	}
	q, err := s.deflection.Quoted(k.ctx, k.actor, t)
	if err == nil && q == nil {
		err = errNoSuggestion
	}
	if err != nil {
		return out, err
	}
	known, err := s.peopleOf(k.ctx, []string{q.Author}, q.Text.HTML)
	if err != nil {
		return out, err
	}
	return apiSuggestion{Source: q.Source, Title: q.From.Title, Answer: q.Answer, URL: s.absolute(threadURL(q.Source) + "#post-" + q.Answer),
		Excerpt: quoteOf(string(known.fill(q.Text.HTML))), Author: known.maybe(q.Author), Verified: q.Text.Verified != nil, Decides: q.Ask}, nil
}

func (s *Server) apiDecide(k *call, in *apiFitting) (apiDecided, error) {
	if s.deflection == nil {
		return apiDecided{}, errNoSuggestion
	}
	say := s.deflection.SayUnfit
	if in.Body.Fits {
		say = s.deflection.SayFits
	}
	sg, err := say(k.ctx, k.actor, in.ID)
	if err != nil {
		return apiDecided{}, err
	}
	return apiDecided{string(sg.Verdict), sg.Source}, nil
}

func (s *Server) apiTrusted(k *call, get func() (*deflection.Trust, error)) (out apiTrust, err error) {
	if s.deflection == nil {
		return out, errNoSearch
	}
	t, err := get()
	if err != nil {
		return out, err
	}
	tally := func(t deflection.Tally) apiTally { return apiTally{t.Judged, t.Fit} }
	out = apiTrust{On: t.On(), Off: t.Off, Proven: t.Proven, Threshold: float64(t.Threshold) / 1000, Precision: t.Held.Precision(), Held: tally(t.Held), Learned: tally(t.Learned), All: tally(t.All), Near: tally(t.Near), At: moment(t.At)}
	out.Low, out.High = t.Held.Bounds()
	return out, nil
}
