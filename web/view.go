package web

import (
	"context"
	"hash/fnv"
	"html/template"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/community/markup"
	"selfie/internal/store"
)

// view is what base.html needs of every page, with the page's own data.
type view struct {
	head
	Site   siteView
	Me     meView
	Here   string // path and query of this page, to come back to
	CSRF   string
	Flash  string
	Query  string // what the search field holds
	JSONLD any
	Data   any
	Main   template.HTML // the main part, where it is rendered already
}

// head is what a page says of itself around its main part.
type head struct {
	Title       string
	Description string
	Canonical   string // path; "" for pages without one
	Feed        string // path of the page's Atom feed
	Nav         string // the tab that is current
	NoIndex     bool
	Wide        bool // without the reading width
}

// siteView is the community as every page shows it.
type siteView struct {
	Name, Tagline, Base string
	Demo, SignUp        bool
	NoMail              bool // nothing is mailed: administrators read it
}

// meView is the viewer.
type meView struct {
	memberView
	In, Staff, Admin, Confirmed bool
	Judges, Works               bool  // sees the review queue; the desk
	Waiting                     int64 // items in the review queue
	Unread                      int64
	Theme                       string
	Suspended                   store.Millis
}

// view starts the page's view.
func (s *Server) view(c *fiber.Ctx, rq *request, title string, data any) (*view, error) {
	settings, err := s.community.Settings(rq.ctx)
	if err != nil {
		return nil, err
	}
	v := &view{
		Site: siteView{Name: settings.Name, Tagline: settings.Tagline, Base: s.base.String(), Demo: s.conf.Demo, NoMail: s.conf.NoMail, SignUp: settings.SignUp},
		head: head{Title: title}, Here: c.OriginalURL(), CSRF: csrfMark, Flash: rq.flash, Data: data,
	}
	if c.Method() != fiber.MethodGet {
		v.Here = localPath(c.FormValue("next"), "/")
	}
	if rq.actor.Guest() {
		return v, nil
	}
	return v, s.viewer(rq, v)
}

// viewer fills in who looks.
func (s *Server) viewer(rq *request, v *view) error {
	m, err := s.community.Member(rq.ctx, rq.actor.ID)
	if err != nil {
		return err
	}
	v.Me = meView{
		memberView: memberOf(m), In: true, Staff: rq.actor.Staff(), Admin: rq.actor.IsAdmin(),
		Confirmed: m.Confirmed != 0, Theme: m.Prefs.Theme,
		Judges: s.judges != nil && (rq.actor.Role == community.Moderator || rq.actor.IsAdmin()),
		Works:  s.cases != nil && (rq.actor.Role == community.Agent || rq.actor.IsAdmin()),
	}
	if v.Me.Judges {
		if v.Me.Waiting, err = s.judges.Waiting(rq.ctx, rq.actor); err != nil {
			return err
		}
	}
	if m.Suspended > store.At(s.now()) {
		v.Me.Suspended = m.Suspended
	}
	if s.inbox != nil {
		v.Me.Unread, err = s.inbox.Unread(rq.ctx, rq.actor)
	}
	return err
}

// show answers with a page.
func (s *Server) show(c *fiber.Ctx, rq *request, page, title string, data any, more ...func(*view)) error {
	v, err := s.view(c, rq, title, data)
	if err != nil {
		return err
	}
	for _, f := range more {
		f(v)
	}
	return s.send(c, rq, fiber.StatusOK, page, v)
}

// showForm answers with a form that was not accepted: everything typed is in
// data, and err says what to change. Errors the form cannot say itself go on to
// the error page.
func (s *Server) showForm(c *fiber.Ctx, rq *request, page, title string, data any, set func(formErrors), err error, more ...func(*view)) error {
	errs, status, ok := errorsOf(err)
	if !ok {
		return err
	}
	set(errs)
	retryAfter(c, asFault(err))
	v, err := s.view(c, rq, title, data)
	if err != nil {
		return err
	}
	for _, f := range more {
		f(v)
	}
	return s.send(c, rq, status, page, v)
}

// memberView is a member as others see them.
type memberView struct {
	ID, Name, URL, Initials string
	Hue                     int    // 0 to 11: the colour of the avatar
	Badge                   string // "Staff", "Moderator"; "" for customers
	Former                  bool
}

func memberOf(m *community.Member) memberView {
	if m == nil || m.Closed != 0 {
		return memberView{Name: community.FormerMember, Initials: "–", Former: true}
	}
	v := memberView{ID: m.ID, Name: m.DisplayName(), URL: "/members/" + m.ID, Initials: initials(m.Name), Hue: hue(m.ID)}
	switch m.Role {
	case community.Moderator:
		v.Badge = "Moderator"
	case community.Agent, community.Admin:
		v.Badge = "Staff"
	}
	return v
}

// initials are one or two letters that stand for a name.
func initials(name string) string {
	var out []rune
	for word := range strings.FieldsSeq(name) {
		r, _ := utf8.DecodeRuneInString(word)
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			out = append(out, unicode.ToUpper(r))
		}
	}
	switch len(out) {
	case 0:
		return "?"
	case 1:
		return string(out)
	}
	return string([]rune{out[0], out[len(out)-1]})
}

func hue(id string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return int(h.Sum32() % 12)
}

// people are the members that a page names, loaded at once.
type people map[string]*community.Member

// peopleOf loads the members with these ids and those mentioned in the bodies.
func (s *Server) peopleOf(ctx context.Context, ids []string, bodies ...string) (people, error) {
	for _, body := range bodies {
		ids = append(ids, mentioned(body)...)
	}
	seen := map[string]bool{"": true}
	var want []string
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			want = append(want, id)
		}
	}
	if len(want) == 0 {
		return people{}, nil
	}
	return s.community.Members(ctx, want)
}

// mentioned lists the members that stored HTML names.
func mentioned(body string) []string {
	var ids []string
	markup.FillMentions(body, func(id string) string { ids = append(ids, id); return "x" })
	return ids
}

func (p people) of(id string) memberView { return memberOf(p[id]) }

// fill puts present names into stored HTML. The HTML passed the one policy when
// it was written.
func (p people) fill(body string) template.HTML {
	return template.HTML(markup.FillMentions(body, func(id string) string {
		if m := p[id]; m != nil && m.Closed == 0 {
			return m.DisplayName()
		}
		return ""
	}))
}

// when is a moment for the "when" partial.
type when struct {
	At  store.Millis
	Ago string
}

func (s *Server) when(m store.Millis) when {
	if m == 0 {
		return when{}
	}
	return when{m, ago(s.now(), m)}
}

// excerpt is the start of a post's text on one line, at most so many runes, cut
// at a word.
func excerpt(html string, most int) string {
	cut, whole := firstRunes(markup.Text(html), most)
	if whole {
		return cut
	}
	if i := strings.LastIndexByte(cut, ' '); i > most/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,.;:–-") + "…"
}

// firstRunes is the start of a text, its white space made single; whole reports
// whether that is all of it.
func firstRunes(text string, most int) (start string, whole bool) {
	b := make([]byte, 0, min(len(text), 2*most))
	runes := 0
	for word := range strings.FieldsSeq(text) {
		if runes == most {
			return string(b), false
		}
		if runes > 0 {
			b = append(b, ' ')
			runes++
		}
		for _, r := range word {
			if runes == most {
				return string(b), false
			}
			b = utf8.AppendRune(b, r)
			runes++
		}
	}
	return string(b), true
}

const flashCookie = "selfie_flash"

// flashes are the sentences that a page shows once after a form did its work.
// The cookie holds a key of this table, never text.
var flashes = map[string]string{
	"saved":       "Saved.",
	"asked":       "Your question is posted. You will be told when someone answers.",
	"answered":    "Thank you! Your answer is posted.",
	"welcome":     "Welcome! We sent you a mail to confirm your address.",
	"signed-in":   "Welcome back.",
	"signed-out":  "You are signed out.",
	"password":    "Your password is changed. Other devices are signed out.",
	"sessions":    "Your other devices are signed out.",
	"session":     "That device is signed out.",
	"confirmed":   "Your e-mail address is confirmed. Thank you!",
	"confirm":     "We sent you a new mail with a link to confirm your address.",
	"email":       "Your e-mail address is changed. Please confirm it with the link we sent there.",
	"closed":      "Your account is closed. Take care!",
	"removed":     "Removed. It can be restored.",
	"restored":    "Restored.",
	"duplicate":   "Marked as a duplicate. This is the original question.",
	"original":    "The question stands on its own again.",
	"accepted":    "Marked as solved. Thank you for telling everyone!",
	"unaccepted":  "The question is open again.",
	"moved":       "Moved.",
	"locked":      "Locked.",
	"unlocked":    "Unlocked.",
	"private":     "Only you and the support staff see this question now.",
	"public":      "The question is open to everyone who reads this space.",
	"flagged":     "Thank you. A moderator will look at it.",
	"decided":     "Decided. The author is told, and so is who reported it.",
	"undone":      "The decision is undone.",
	"agent-later": "Your question is posted. The community usually answers quickly; if not, press “Ask an agent” beside it.",
	"agent":       "An agent is called. You are told when they answer.",
	"escalated":   "Handed over to support.",
	"watched":     "Saved. You are told of new questions that fit.",
	"dropped":     "Dropped. You are told no more of what it finds.",
	"fits":        "Glad that it helps. Your question leads here now, and who wrote the answer is told.",
	"fits-not":    "Thank you. It will not come back, and your question stays open for everyone.",
	"unsubscribe": "You will get no more mail of this kind.",
}

// withoutMail says the same where no mail server is connected.
var withoutMail = map[string]string{
	"welcome": "Welcome! Your account is made.",
	"confirm": "A new link to confirm your address is made. No mail is sent from here yet: an administrator can give it to you.",
	"email":   "Your e-mail address is changed. Please confirm it: an administrator can give you the link.",
}

func (s *Server) flash(c *fiber.Ctx, key string) { s.setCookie(c, flashCookie, key, time.Minute) }

// takeFlash reads and forgets the sentence to show. Requests of scripts leave it
// to the page.
func (s *Server) takeFlash(c *fiber.Ctx) string {
	key := c.Cookies(flashCookie)
	if key == "" || c.Method() != fiber.MethodGet || jsonWanted(c) || strings.HasSuffix(c.Path(), "/live") || strings.HasPrefix(c.Path(), "/images/") {
		return ""
	}
	s.dropCookie(c, flashCookie)
	if said := withoutMail[key]; said != "" && s.conf.NoMail {
		return said
	}
	return flashes[key]
}
