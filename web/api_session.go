package web

import (
	"strings"
)

// apiSignIn is how a session begins.
type apiSignIn struct {
	Body struct {
		Email    string `json:"email"`
		Password string `json:"password"`
	}
}

// apiSession is a session that began.
type apiSession struct {
	Token  string `json:"token" doc:"Send it as Authorization: Bearer TOKEN. It lasts 90 days from its last use."`
	Member apiMe  `json:"member"`
}

// apiCaller is who the caller is.
type apiCaller struct {
	Member *apiMe `json:"member,omitempty" doc:"Absent for guests."`
	CSRF   string `json:"csrf,omitempty" doc:"For browsers with a cookie: the value of the header X-Csrf-Token."`
}

// apiToken replaces a session that a change has ended.
type apiToken struct {
	Token string `json:"token,omitempty" doc:"The token to use from now on. Absent for browsers, whose cookie is replaced."`
}

func (s *Server) apiSession(a *api) {
	serve(a, endpoint{method: "GET", path: "/session", id: "get-session", tag: "Session", says: "Say who the caller is"}, s.apiWhoAmI)
	serve(a, endpoint{method: "POST", path: "/session", id: "begin-session", tag: "Session", says: "Sign in and get a token", limit: limitSignIn, status: 201}, s.apiSignIn)
	act(a, endpoint{method: "DELETE", path: "/session", id: "end-session", tag: "Session", says: "Sign out", who: membersOnly}, s.apiSignOut)
}

func (s *Server) apiWhoAmI(k *call, _ *nothing) (apiCaller, error) {
	var out apiCaller
	if k.actor.Guest() {
		return out, nil
	}
	me, err := s.viewMe(k)
	if err != nil {
		return out, err
	}
	out.Member = &me
	if !byBearer(k.c) {
		k.c.Set("Cache-Control", "no-store") // a fresh token each time
		out.CSRF, err = s.issue(k.c, k.request)
	}
	return out, err
}

func (s *Server) apiSignIn(k *call, in *apiSignIn) (apiSession, error) {
	if err := s.limits.take(limitSignIn, "account:"+strings.ToLower(in.Body.Email)); err != nil {
		return apiSession{}, err
	}
	_, token, err := s.community.SignIn(k.ctx, in.Body.Email, in.Body.Password, deviceOf(k))
	return s.began(k, token, err)
}

// began shows a session that a verb began.
func (s *Server) began(k *call, token string, err error) (apiSession, error) {
	if err != nil {
		return apiSession{}, err
	}
	if k.actor, err = s.community.ActorOf(k.ctx, token); err != nil {
		return apiSession{}, err
	}
	me, err := s.viewMe(k)
	return apiSession{token, me}, err
}

func (s *Server) apiSignOut(k *call, _ *nothing) error {
	if !byBearer(k.c) {
		s.dropCookie(k.c, sessionCookie)
	}
	return s.community.SignOut(k.ctx, k.actor)
}
