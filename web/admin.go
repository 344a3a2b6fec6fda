package web

import (
	"runtime"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/fault"
	"selfie/internal/store"
	"selfie/media"
	"selfie/media/ocr"
)

func adminPage(v *view) { v.Nav, v.NoIndex = "admin", true }

// adminSettings is the form of the community's own settings.
type adminSettings struct {
	Edit   community.SettingsEdit
	Errors formErrors
}

func (s *Server) admin(c *fiber.Ctx, rq *request) error {
	now, err := s.community.Settings(rq.ctx)
	if err != nil {
		return err
	}
	d := &adminSettings{Edit: community.SettingsEdit{Name: now.Name, Tagline: now.Tagline, SignUp: now.SignUp, StaleAfter: now.StaleAfter}}
	return s.show(c, rq, "admin", "Administration", d, adminPage)
}

func (s *Server) saveSettings(c *fiber.Ctx, rq *request) error {
	d := &adminSettings{Edit: community.SettingsEdit{Name: value(c, "name"), Tagline: value(c, "tagline"), SignUp: ticked(c, "sign_up")}}
	var err error
	if d.Edit.StaleAfter, err = number(c, "stale_after_days"); err == nil {
		_, err = s.community.EditSettings(rq.ctx, rq.actor, d.Edit)
	}
	if err != nil {
		return s.showForm(c, rq, "admin", "Administration", d, func(e formErrors) { d.Errors = e }, err, adminPage)
	}
	s.Invalidate("")
	s.flash(c, "saved")
	return back(c, "/admin")
}

func (s *Server) adminSpaces(c *fiber.Ctx, rq *request) error {
	list, err := s.community.AllSpaces(rq.ctx, rq.actor)
	if err != nil {
		return err
	}
	return s.show(c, rq, "admin-spaces", "Spaces", &spacesData{list}, adminPage)
}

// spaceForm is the form of one space.
type spaceForm struct {
	Edit       community.SpaceEdit
	Groups     string
	Moderators string // e-mail addresses or ids, one a line
	Errors     formErrors
}

func (s *Server) adminSpace(c *fiber.Ctx, rq *request) error {
	f := &spaceForm{Edit: community.SpaceEdit{New: true, Visibility: community.Public}}
	if id := c.Params("id"); id != "new" {
		sp, err := s.community.Space(rq.ctx, rq.actor, id)
		if err != nil {
			return err
		}
		f.Edit = community.SpaceEdit{ID: sp.ID, Name: sp.Name, About: sp.About, Visibility: sp.Visibility, Position: sp.Position, Archived: sp.Archived}
		f.Groups, f.Moderators = strings.Join(sp.Groups, " "), strings.Join(sp.Moderators, "\n")
	}
	return s.show(c, rq, "admin-space", "Space", f, adminPage)
}

func (s *Server) saveSpace(c *fiber.Ctx, rq *request) error {
	id := c.Params("id")
	f := &spaceForm{Groups: value(c, "groups"), Moderators: value(c, "moderators"), Edit: community.SpaceEdit{
		ID: id, New: id == "new", Name: value(c, "name"), About: value(c, "about"),
		Visibility: community.Visibility(value(c, "visibility")), Archived: ticked(c, "archived"),
	}}
	if f.Edit.New {
		f.Edit.ID = value(c, "id")
	}
	f.Edit.Groups = strings.FieldsFunc(f.Groups, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' })
	err := s.readModerators(rq, f)
	if err == nil {
		f.Edit.Position, err = number(c, "position")
	}
	if err == nil {
		_, err = s.community.SaveSpace(rq.ctx, rq.actor, f.Edit)
	}
	if err != nil {
		return s.showForm(c, rq, "admin-space", "Space", f, func(e formErrors) { f.Errors = e }, err, adminPage)
	}
	s.Invalidate("")
	s.flash(c, "saved")
	return back(c, "/admin/spaces")
}

func (s *Server) readModerators(rq *request, f *spaceForm) error {
	for _, who := range strings.Fields(f.Moderators) {
		if !strings.Contains(who, "@") {
			f.Edit.Moderators = append(f.Edit.Moderators, who)
			continue
		}
		m, err := s.community.MemberByEmail(rq.ctx, rq.actor, who)
		if fault.Is(asFault(err), fault.NotFound) {
			return fault.Field("moderators", "Nobody has the address %s.", who)
		}
		if err != nil {
			return err
		}
		f.Edit.Moderators = append(f.Edit.Moderators, m.ID)
	}
	return nil
}

// adminMembersData is the list of members with what an admin decides.
type adminMembersData struct {
	List  []adminMember
	Roles []community.Role
	Role  community.Role
	Next  string
	Email string
	None  bool
}

type adminMember struct {
	memberView
	Email, Groups string
	Role          community.Role
	Joined, Seen  when
	Suspended     bool
	Until         when
	Closed        bool
	Confirmed     bool
}

var roles = []community.Role{community.Customer, community.Moderator, community.Agent, community.Admin}

func (s *Server) adminMembers(c *fiber.Ctx, rq *request) error {
	d := &adminMembersData{Roles: roles, Role: community.Role(c.Query("role")), Email: c.Query("email")}
	list, err := s.membersFor(c, rq, d)
	if err != nil {
		return err
	}
	for _, m := range list {
		d.List = append(d.List, adminMember{
			memberView: memberOf(m), Email: m.Email, Groups: strings.Join(m.Groups, " "), Role: m.Role, Joined: s.when(m.Joined),
			Seen: s.when(m.Seen), Suspended: m.Suspended > store.At(s.now()), Until: s.when(m.Suspended), Closed: m.Closed != 0, Confirmed: m.Confirmed != 0,
		})
	}
	return s.show(c, rq, "admin-members", "Members", d, adminPage)
}

func (s *Server) membersFor(c *fiber.Ctx, rq *request, d *adminMembersData) ([]*community.Member, error) {
	if d.Email != "" {
		m, err := s.community.MemberByEmail(rq.ctx, rq.actor, d.Email)
		if k := asFaultKind(err); k == fault.NotFound || k == fault.Invalid {
			d.None = true
			return nil, nil
		}
		return []*community.Member{m}, err
	}
	if d.Role != "" && !d.Role.Valid() {
		return nil, errNoPage
	}
	page, err := s.community.ListMembers(rq.ctx, rq.actor, d.Role, c.Query("after"), 50)
	d.Next = nextPage(c, page.Next)
	return page.Items, err
}

func asFaultKind(err error) fault.Kind {
	if err == nil {
		return ""
	}
	return asFault(err).Kind
}

// onMember is the shape of an admin's small form about one member.
func (s *Server) onMember(act func(c *fiber.Ctx, rq *request, id string) error) handler {
	return admin(func(c *fiber.Ctx, rq *request) error {
		if err := act(c, rq, c.Params("id")); err != nil {
			return err
		}
		s.flash(c, "saved")
		return back(c, s.cameFrom(c, "/admin/members"))
	})
}

func (s *Server) setRole(c *fiber.Ctx, rq *request, id string) error {
	return s.community.SetRole(rq.ctx, rq.actor, id, community.Role(value(c, "role")))
}

func (s *Server) setGroups(c *fiber.Ctx, rq *request, id string) error {
	return s.community.SetGroups(rq.ctx, rq.actor, id, strings.Fields(strings.ReplaceAll(value(c, "groups"), ",", " ")))
}

// suspend takes the number of days; 0 ends a suspension.
func (s *Server) suspend(c *fiber.Ctx, rq *request, id string) error {
	days, err := number(c, "days")
	if err != nil {
		return err
	}
	if days < 0 || days > 3650 {
		return fault.Field("days", "Suspend for 1 to 3650 days, or 0 to end a suspension.")
	}
	var until store.Millis
	if days > 0 {
		until = store.At(s.now().Add(time.Duration(days) * 24 * time.Hour))
	}
	return s.community.Suspend(rq.ctx, rq.actor, id, until)
}

func (s *Server) closeMember(c *fiber.Ctx, rq *request, id string) error {
	if !ticked(c, "sure") {
		return fault.Field("sure", "Tick the box to close this account: it cannot be undone.")
	}
	return s.community.CloseMember(rq.ctx, rq.actor, id, ticked(c, "purge"))
}

// mailData is the page of mail that was kept because no server sends it.
type mailData struct {
	Off  bool
	List []notify.Mail
	Next string
}

func (s *Server) adminMail(c *fiber.Ctx, rq *request) error {
	d := &mailData{Off: s.inbox == nil}
	if !d.Off {
		list, next, err := s.inbox.KeptMail(rq.ctx, rq.actor, c.Query("after"), 30)
		if err != nil {
			return err
		}
		d.List, d.Next = list, nextPage(c, next)
	}
	return s.show(c, rq, "admin-mail", "Mail", d, adminPage)
}

// checksData is what an admin sees of the server itself.
type checksData struct {
	Version, Go, Base string
	Search, Mail      bool
	Streams           int
	Memory            uint64 // megabytes of live heap
	Secure            bool
	SeenIP            string
	Proxies           []string
	OCR               ocr.State
	AVIF              media.AVIFState
	ReadElsewhere     bool  // another node reads them, this one does not
	Unread            int64 // pictures whose text waits to be read
}

func (s *Server) adminChecks(c *fiber.Ctx, rq *request) error {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	unread, err := s.community.Unread(rq.ctx)
	if err != nil {
		return err
	}
	read, err := s.community.PicturesAreRead(rq.ctx)
	if err != nil {
		return err
	}
	d := &checksData{
		OCR: s.ocr, AVIF: s.avif, ReadElsewhere: read && !s.ocr.On, Unread: unread,
		Version: s.conf.Version, Go: runtime.Version(), Base: s.base.String(), Search: s.search != nil, Mail: s.inbox != nil,
		Streams: s.live.Streams(), Memory: mem.HeapAlloc >> 20, Secure: s.secure(), SeenIP: rq.ip, Proxies: s.conf.TrustedProxies,
	}
	return s.show(c, rq, "admin-checks", "Checks", d, adminPage)
}
