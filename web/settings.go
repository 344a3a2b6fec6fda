package web

import (
	"github.com/gofiber/fiber/v2"

	"selfie/community"
)

// settingsData is the settings page; Part names the form that Errors are about.
type settingsData struct {
	Member   *community.Member
	Edit     community.ProfileEdit
	Sessions []sessionView
	Email    string
	Part     string
	Errors   formErrors
}

// Of returns the sentence about a field of one of the page's forms.
func (d *settingsData) Of(part, name string) string {
	if part != d.Part {
		return ""
	}
	return d.Errors[name]
}

type sessionView struct {
	ID, Agent, IP string
	Seen, Began   when
	This          bool
}

func (s *Server) settings(c *fiber.Ctx, rq *request) error {
	d, err := s.settingsData(rq)
	if err != nil {
		return err
	}
	return s.show(c, rq, "settings", "Settings", d, settingsPage)
}

func settingsPage(v *view) { v.Nav, v.NoIndex = "settings", true }

func (s *Server) settingsData(rq *request) (*settingsData, error) {
	m, err := s.community.Member(rq.ctx, rq.actor.ID)
	if err != nil {
		return nil, err
	}
	d := &settingsData{Member: m, Edit: community.ProfileEdit{Name: m.Name, About: m.About, Location: m.Location}}
	list, err := s.community.Sessions(rq.ctx, rq.actor)
	for _, x := range list {
		d.Sessions = append(d.Sessions, sessionView{ID: x.ID, Agent: browserName(x.Agent), IP: x.IP, Seen: s.when(x.Seen), Began: s.when(x.Created), This: x.ID == rq.actor.Session})
	}
	return d, err
}

// part runs one of the settings' forms: act, then back with a word, or the page
// again with what was typed and what to change.
func (s *Server) part(part, flash string, act func(c *fiber.Ctx, rq *request, d *settingsData) error) handler {
	return member(func(c *fiber.Ctx, rq *request) error {
		d, err := s.settingsData(rq)
		if err != nil {
			return err
		}
		d.Part = part
		if err := act(c, rq, d); err != nil {
			return s.showForm(c, rq, "settings", "Settings", d, func(e formErrors) { d.Errors = e }, err, settingsPage)
		}
		s.flash(c, flash)
		if flash == "closed" {
			return back(c, "/")
		}
		return back(c, "/settings#"+part)
	})
}

func (s *Server) editProfile(c *fiber.Ctx, rq *request, d *settingsData) error {
	d.Edit = community.ProfileEdit{Name: value(c, "name"), About: text(c, "about"), Location: value(c, "location")}
	_, err := s.community.EditProfile(rq.ctx, rq.actor, d.Edit)
	return err
}

func (s *Server) editPrefs(c *fiber.Ctx, rq *request, _ *settingsData) error {
	return s.community.EditPrefs(rq.ctx, rq.actor, community.Prefs{
		MailAnswers: ticked(c, "mail_answers"), MailWatching: ticked(c, "mail_watching"),
		MailMentions: ticked(c, "mail_mentions"), NoWeekly: !ticked(c, "mail_weekly"), NoSaved: !ticked(c, "mail_saved"), Theme: value(c, "theme"),
	})
}

func (s *Server) changePassword(c *fiber.Ctx, rq *request, _ *settingsData) error {
	if err := s.limits.take(limitSignIn, "account:"+rq.actor.ID); err != nil {
		return err
	}
	token, err := s.community.ChangePassword(rq.ctx, rq.actor, c.FormValue("old_password"), c.FormValue("new_password"), device(c, rq))
	if err != nil {
		return err
	}
	s.signedIn(c, token)
	return nil
}

func (s *Server) changeEmail(c *fiber.Ctx, rq *request, d *settingsData) error {
	d.Email = value(c, "new_email")
	if err := s.limits.take(limitSignIn, "account:"+rq.actor.ID); err != nil {
		return err
	}
	return s.community.ChangeEmail(rq.ctx, rq.actor, c.FormValue("password"), d.Email)
}

func (s *Server) endSession(c *fiber.Ctx, rq *request, _ *settingsData) error {
	return s.community.EndSession(rq.ctx, rq.actor, value(c, "session"))
}

func (s *Server) endOthers(c *fiber.Ctx, rq *request, _ *settingsData) error {
	token, err := s.community.EndOtherSessions(rq.ctx, rq.actor)
	if err != nil {
		return err
	}
	s.signedIn(c, token)
	return nil
}

func (s *Server) closeAccount(c *fiber.Ctx, rq *request, _ *settingsData) error {
	if err := s.limits.take(limitSignIn, "account:"+rq.actor.ID); err != nil {
		return err
	}
	if err := s.community.CloseOwn(rq.ctx, rq.actor, c.FormValue("password"), ticked(c, "purge")); err != nil {
		return err
	}
	s.dropCookie(c, sessionCookie)
	return nil
}
