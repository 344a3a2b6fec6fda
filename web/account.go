package web

import (
	"context"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/internal/fault"
)

// signInForm also carries, through signing in, what was typed in a form that
// needed it: the fields come back on the next page, ready to send.
type signInForm struct {
	Email   string
	Next    string
	Carry   []field
	CarryTo string
	Errors  formErrors
	Demo    []DemoMember // to sign in as with one press
}

// signInAfter makes the sign-in form of a request that needed a member.
func signInAfter(c *fiber.Ctx, kept []field) *signInForm {
	f := &signInForm{Next: localPath(c.OriginalURL(), "/")}
	if c.Method() == fiber.MethodGet {
		return f
	}
	f.Next = localPath(c.FormValue("next"), "/")
	if len(kept) > 0 {
		f.Carry, f.CarryTo = kept, c.Path()
	}
	return f
}

func (s *Server) signInPage(c *fiber.Ctx, rq *request) error {
	next := localPath(c.Query("next"), "/")
	if !rq.actor.Guest() {
		return back(c, next)
	}
	return s.show(c, rq, "sign-in", "Sign in", &signInForm{Next: next, Demo: s.demoMembers()}, noIndex)
}

func (s *Server) signIn(c *fiber.Ctx, rq *request) error {
	f := &signInForm{Email: value(c, "email"), Next: localPath(c.FormValue("next"), "/"), Demo: s.demoMembers()}
	f.Carry, f.CarryTo = carried(c)
	again := func(err error) error {
		return s.showForm(c, rq, "sign-in", "Sign in", f, func(e formErrors) { f.Errors = e }, err, noIndex)
	}
	if err := s.limits.take(limitSignIn, "account:"+strings.ToLower(f.Email)); err != nil {
		return again(err)
	}
	_, token, err := s.community.SignIn(rq.ctx, f.Email, c.FormValue("password"), device(c, rq))
	if fault.Is(err, fault.Unauthorized) {
		return again(fault.Field("", "%s", asFault(err).Public))
	}
	if err != nil {
		return again(err)
	}
	s.signedIn(c, token)
	if f.CarryTo != "" {
		return s.giveBack(c, rq, token, f)
	}
	s.flash(c, "signed-in")
	return back(c, f.Next)
}

// carried reads the fields that went along through signing in.
func carried(c *fiber.Ctx) ([]field, string) {
	to := localPath(c.FormValue("carry-to"), "")
	if to == "" {
		return nil, ""
	}
	var list []field
	for _, f := range allFields(c) {
		if name, ok := strings.CutPrefix(f.Name, "carry."); ok && !secretField(name) {
			list = append(list, field{name, f.Value})
		}
	}
	return list, to
}

// giveBack shows a member who just signed in what they had typed before.
func (s *Server) giveBack(c *fiber.Ctx, rq *request, token string, f *signInForm) error {
	actor, err := s.community.ActorOf(rq.ctx, token)
	if err != nil {
		return err
	}
	if f.CarryTo == "/ask" {
		if done, err := s.toAsk(c, rq, actor, f.Carry); done || err != nil {
			return err
		}
	}
	rq.actor, rq.token = actor, token
	d := &errorData{Headline: "Welcome back", Sentence: "Here is what you typed. Look it over and send it again.", Resend: f.CarryTo}
	d.Typed, d.Rest = typedOf(f.Carry)
	return s.show(c, rq, "error", d.Headline, d, noIndex)
}

func (s *Server) signOut(c *fiber.Ctx, rq *request) error {
	if !rq.actor.Guest() {
		if err := s.community.SignOut(rq.ctx, rq.actor); err != nil {
			return err
		}
	}
	s.dropCookie(c, sessionCookie)
	s.flash(c, "signed-out")
	return back(c, "/")
}

// signUpForm makes an account; with a set-up token, the first admin's.
type signUpForm struct {
	Name, Email, Next, Setup string
	Closed                   bool // newcomers may not make accounts
	Carry                    []field
	CarryTo                  string // as in signInForm
	Errors                   formErrors
}

func (s *Server) signUpPage(c *fiber.Ctx, rq *request) error {
	if !rq.actor.Guest() {
		return back(c, "/")
	}
	settings, err := s.community.Settings(rq.ctx)
	if err != nil {
		return err
	}
	f := &signUpForm{Next: localPath(c.Query("next"), "/"), Closed: !settings.SignUp}
	return s.show(c, rq, "sign-up", "Join "+settings.Name, f, noIndex)
}

// setup is the page behind the one-time link of the first start.
func (s *Server) setup(c *fiber.Ctx, rq *request) error {
	f := &signUpForm{Next: "/admin", Setup: c.Query("token")}
	if f.Setup == "" {
		return errNoPage
	}
	settings, err := s.community.Settings(rq.ctx)
	if err != nil {
		return err
	}
	if settings.Setup == "" {
		return fault.New(fault.Gone, "This link does not work any more: this community has its first administrator. Sign in, or ask them for an account.")
	}
	return s.show(c, rq, "sign-up", "Set up your community", f, noIndex)
}

func (s *Server) signUp(c *fiber.Ctx, rq *request) error {
	f := &signUpForm{Name: value(c, "name"), Email: value(c, "email"), Next: localPath(c.FormValue("next"), "/"), Setup: value(c, "setup")}
	f.Carry, f.CarryTo = carried(c)
	_, token, err := s.community.SignUp(rq.ctx, community.SignUp{Name: f.Name, Email: f.Email, Password: c.FormValue("password"), Setup: f.Setup}, device(c, rq))
	if err != nil {
		return s.showForm(c, rq, "sign-up", "Make your account", f, func(e formErrors) { f.Errors = e }, err, noIndex)
	}
	s.signedIn(c, token)
	s.flash(c, "welcome")
	if f.CarryTo != "" {
		return s.giveBack(c, rq, token, &signInForm{Carry: f.Carry, CarryTo: f.CarryTo})
	}
	return back(c, f.Next)
}

// forgotForm asks for the mail with a new-password link.
type forgotForm struct {
	Email  string
	Sent   bool
	Errors formErrors
}

func (s *Server) forgotPage(c *fiber.Ctx, rq *request) error {
	return s.show(c, rq, "forgot", "Forgot your password?", &forgotForm{}, noIndex)
}

func (s *Server) forgot(c *fiber.Ctx, rq *request) error {
	f := &forgotForm{Email: value(c, "email")}
	if err := s.community.RequestReset(rq.ctx, f.Email); err != nil {
		return s.showForm(c, rq, "forgot", "Forgot your password?", f, func(e formErrors) { f.Errors = e }, err, noIndex)
	}
	f.Sent = true
	title := "Look into your mail"
	if s.conf.NoMail {
		title = "Ask for your link"
	}
	return s.show(c, rq, "forgot", title, f, noIndex)
}

// tokenForm is a page behind a mailed link. What the link does happens on the
// button, never on the visit: mail programs follow links by themselves.
type tokenForm struct {
	Token  string
	Action string
	Member memberView
	Errors formErrors
}

func (s *Server) openLink(ctx context.Context, purpose community.LinkPurpose, token, action string) (*tokenForm, error) {
	m, err := s.community.OpenLink(ctx, purpose, token)
	if err != nil {
		return nil, err
	}
	return &tokenForm{Token: token, Action: action, Member: memberOf(m)}, nil
}

func (s *Server) linkPage(page, title string, purpose community.LinkPurpose) handler {
	return func(c *fiber.Ctx, rq *request) error {
		f, err := s.openLink(rq.ctx, purpose, c.Query("token"), c.Path())
		if err != nil {
			return err
		}
		// The address is the secret, so it goes to no other site. (With no-referrer
		// browsers would post the form with Origin: null, which counts as forged.)
		c.Set(fiber.HeaderReferrerPolicy, "same-origin")
		return s.show(c, rq, page, title, f, noIndex)
	}
}

func (s *Server) reset(c *fiber.Ctx, rq *request) error {
	token := c.FormValue("token")
	_, session, err := s.community.ResetPassword(rq.ctx, token, c.FormValue("password"), device(c, rq))
	if err != nil {
		f := &tokenForm{Token: token, Action: "/reset"}
		return s.showForm(c, rq, "reset", "Choose a new password", f, func(e formErrors) { f.Errors = e }, err, noIndex)
	}
	s.signedIn(c, session)
	s.flash(c, "password")
	return back(c, "/")
}

func (s *Server) confirm(c *fiber.Ctx, rq *request) error {
	if _, err := s.community.Confirm(rq.ctx, c.FormValue("token")); err != nil {
		return err
	}
	s.flash(c, "confirmed")
	return back(c, "/")
}

func (s *Server) confirmAgain(c *fiber.Ctx, rq *request) error {
	if err := s.community.RequestConfirm(rq.ctx, rq.actor); err != nil {
		return err
	}
	s.flash(c, "confirm")
	return back(c, s.cameFrom(c, "/settings"))
}

func (s *Server) unsubscribe(c *fiber.Ctx, rq *request) error {
	if _, err := s.community.Unsubscribe(rq.ctx, c.FormValue("token")); err != nil {
		return err
	}
	s.flash(c, "unsubscribe")
	return back(c, "/")
}

// signInURL leads to the sign-in page and back here.
func signInURL(here string) string { return "/sign-in?next=" + url.QueryEscape(here) }
