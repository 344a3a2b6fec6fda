package web

import (
	"time"

	"selfie/community"
	"selfie/internal/store"
)

// apiMe is the caller's own account. Nobody else is shown it.
type apiMe struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Handle    string     `json:"handle,omitempty"`
	Email     string     `json:"email"`
	Confirmed bool       `json:"confirmed" doc:"The e-mail address is confirmed."`
	Role      string     `json:"role" enum:"customer,moderator,agent,admin"`
	Groups    []string   `json:"groups"`
	About     string     `json:"about" doc:"Markdown."`
	Location  string     `json:"location"`
	Joined    time.Time  `json:"joined"`
	Suspended *time.Time `json:"suspended_until,omitempty" doc:"Until then the account may only read."`
	Prefs     apiPrefs   `json:"prefs"`
	Unread    int64      `json:"unread" doc:"Notifications not seen yet."`
}

// apiPrefs are the caller's preferences.
type apiPrefs struct {
	MailAnswers  bool   `json:"mail_answers"`
	MailWatching bool   `json:"mail_watching"`
	MailMentions bool   `json:"mail_mentions"`
	MailWeekly   bool   `json:"mail_weekly" doc:"How many people the member's answers helped, once a week: a notification and a mail, or neither."`
	MailSaved    bool   `json:"mail_saved" doc:"What the member's saved searches find."`
	Theme        string `json:"theme" enum:",light,dark" doc:"Empty: as the device has it."`
}

// apiDevice is one place where the caller is signed in.
type apiDevice struct {
	ID      string    `json:"id" doc:"Names the session; it does not open it."`
	Device  string    `json:"device"`
	Network string    `json:"network,omitempty"`
	Began   time.Time `json:"began"`
	Seen    time.Time `json:"seen"`
	This    bool      `json:"this" doc:"The session of this request."`
}

// apiMePatch changes what it names.
type apiMePatch struct {
	Body struct {
		Name     *string `json:"name,omitempty"`
		About    *string `json:"about,omitempty" doc:"Markdown, at most 2,000 characters."`
		Location *string `json:"location,omitempty"`
		Prefs    *struct {
			MailAnswers  *bool   `json:"mail_answers,omitempty"`
			MailWatching *bool   `json:"mail_watching,omitempty"`
			MailMentions *bool   `json:"mail_mentions,omitempty"`
			MailWeekly   *bool   `json:"mail_weekly,omitempty"`
			MailSaved    *bool   `json:"mail_saved,omitempty"`
			Theme        *string `json:"theme,omitempty" enum:",light,dark"`
		} `json:"prefs,omitempty"`
	}
}

// apiNewPassword changes the password.
type apiNewPassword struct {
	Body struct {
		Old string `json:"old"`
		New string `json:"new"`
	}
}

// apiNewEmail changes the address.
type apiNewEmail struct {
	Body struct {
		Password string `json:"password"`
		Email    string `json:"email"`
	}
}

// apiClose closes the caller's account.
type apiClose struct {
	Body struct {
		Password string `json:"password"`
		Purge    bool   `json:"purge,omitempty" doc:"Also delete earlier versions of what was written."`
	}
}

func (s *Server) apiMe(a *api) {
	me := func(method, path, id, says string, limit limitClass) endpoint {
		return endpoint{method: method, path: "/me" + path, id: id, tag: "Me", says: says, who: membersOnly, limit: limit}
	}
	serve(a, me("GET", "", "get-me", "Show the caller's account", unlimited), func(k *call, _ *nothing) (apiMe, error) { return s.viewMe(k) })
	serve(a, me("PATCH", "", "edit-me", "Change the caller's profile and preferences", limitPost), s.apiEditMe)
	serve(a, me("POST", "/password", "change-password", "Change the password; every other session ends", unlimited), s.apiChangePassword)
	act(a, me("POST", "/email", "change-email", "Change the e-mail address, to be confirmed by mail", unlimited), s.apiChangeEmail)
	act(a, me("POST", "/confirmation", "confirm-email", "Have the mail sent again that confirms the address", limitSignIn), s.apiConfirm)
	act(a, me("POST", "/close", "close-me", "Close the caller's account for good", unlimited), s.apiCloseMe)
	serve(a, me("GET", "/sessions", "list-sessions", "List where the caller is signed in", unlimited), s.apiDevices)
	serve(a, me("DELETE", "/sessions", "end-sessions", "End every other session", limitPost), s.apiEndOthers)
	act(a, me("DELETE", "/sessions/{id}", "end-session-by-id", "End one session", limitPost), s.apiEndDevice)
	serve(a, me("GET", "/watching", "list-watching", "List the threads that the caller watches", unlimited), s.apiWatching)
}

func (s *Server) viewMe(k *call) (apiMe, error) {
	m, err := s.community.Member(k.ctx, k.actor.ID)
	if err != nil {
		return apiMe{}, err
	}
	out := apiMe{
		ID: m.ID, Name: m.Name, Handle: m.Handle, Email: m.Email, Confirmed: m.Confirmed != 0, Role: string(m.Role), Groups: list(m.Groups),
		About: m.About, Location: m.Location, Joined: m.Joined.Time(),
		Prefs: apiPrefs{m.Prefs.MailAnswers, m.Prefs.MailWatching, m.Prefs.MailMentions, !m.Prefs.NoWeekly, !m.Prefs.NoSaved, m.Prefs.Theme},
	}
	if m.Suspended > store.At(s.now()) {
		out.Suspended = moment(m.Suspended)
	}
	if s.inbox != nil {
		out.Unread, err = s.inbox.Unread(k.ctx, k.actor)
	}
	return out, err
}

// apiEditMe writes the profile and the preferences, each only when named.
func (s *Server) apiEditMe(k *call, in *apiMePatch) (apiMe, error) {
	m, err := s.community.Member(k.ctx, k.actor.ID)
	if err != nil {
		return apiMe{}, err
	}
	b := &in.Body
	if b.Name != nil || b.About != nil || b.Location != nil {
		edit := community.ProfileEdit{Name: or(b.Name, m.Name), About: or(b.About, m.About), Location: or(b.Location, m.Location)}
		if _, err := s.community.EditProfile(k.ctx, k.actor, edit); err != nil {
			return apiMe{}, err
		}
	}
	if p := b.Prefs; p != nil {
		now := m.Prefs
		err := s.community.EditPrefs(k.ctx, k.actor, community.Prefs{
			MailAnswers: or(p.MailAnswers, now.MailAnswers), MailWatching: or(p.MailWatching, now.MailWatching),
			MailMentions: or(p.MailMentions, now.MailMentions), NoWeekly: !or(p.MailWeekly, !now.NoWeekly), NoSaved: !or(p.MailSaved, !now.NoSaved), Theme: or(p.Theme, now.Theme),
		})
		if err != nil {
			return apiMe{}, err
		}
	}
	return s.viewMe(k)
}

// or is what was given, or what stands.
func or[T any](given *T, stands T) T {
	if given != nil {
		return *given
	}
	return stands
}

// proving counts tries at the caller's password.
func (s *Server) proving(k *call) error {
	return s.limits.take(limitSignIn, "account:"+k.actor.ID)
}

func (s *Server) apiChangePassword(k *call, in *apiNewPassword) (apiToken, error) {
	if err := s.proving(k); err != nil {
		return apiToken{}, err
	}
	token, err := s.community.ChangePassword(k.ctx, k.actor, in.Body.Old, in.Body.New, deviceOf(k))
	if err != nil {
		return apiToken{}, err
	}
	return s.renew(k, token), nil
}

func (s *Server) apiChangeEmail(k *call, in *apiNewEmail) error {
	if err := s.proving(k); err != nil {
		return err
	}
	return s.community.ChangeEmail(k.ctx, k.actor, in.Body.Password, in.Body.Email)
}

func (s *Server) apiConfirm(k *call, _ *nothing) error {
	return s.community.RequestConfirm(k.ctx, k.actor)
}

func (s *Server) apiCloseMe(k *call, in *apiClose) error {
	if err := s.proving(k); err != nil {
		return err
	}
	if err := s.community.CloseOwn(k.ctx, k.actor, in.Body.Password, in.Body.Purge); err != nil {
		return err
	}
	if !byBearer(k.c) {
		s.dropCookie(k.c, sessionCookie)
	}
	return nil
}

func (s *Server) apiDevices(k *call, _ *nothing) (apiPage[apiDevice], error) {
	all, err := s.community.Sessions(k.ctx, k.actor)
	if err != nil {
		return apiPage[apiDevice]{}, err
	}
	var out []apiDevice
	for _, x := range all {
		out = append(out, apiDevice{x.ID, browserName(x.Agent), x.IP, x.Created.Time(), x.Seen.Time(), x.ID == k.actor.Session})
	}
	return pageOf(k, out, ""), nil
}

func (s *Server) apiEndOthers(k *call, _ *nothing) (apiToken, error) {
	token, err := s.community.EndOtherSessions(k.ctx, k.actor)
	if err != nil {
		return apiToken{}, err
	}
	return s.renew(k, token), nil
}

func (s *Server) apiEndDevice(k *call, in *IDIn) error {
	return s.community.EndSession(k.ctx, k.actor, in.ID)
}

func (s *Server) apiWatching(k *call, in *Paging) (apiPage[apiThreadRow], error) {
	p, err := s.community.Watching(k.ctx, k.actor, in.After, in.Limit)
	return s.threadPage(k, p, err)
}
