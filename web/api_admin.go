package web

import (
	"time"

	"selfie/community"
	"selfie/internal/store"
)

// apiSettings are the community's own.
type apiSettings struct {
	Name       string `json:"name"`
	Tagline    string `json:"tagline"`
	SignUp     bool   `json:"sign_up" doc:"Newcomers may make accounts."`
	StaleAfter int64  `json:"stale_after_days"`
}

// apiEditSettings changes what it names.
type apiEditSettings struct {
	Body struct {
		Name       *string `json:"name,omitempty"`
		Tagline    *string `json:"tagline,omitempty"`
		SignUp     *bool   `json:"sign_up,omitempty"`
		StaleAfter *int64  `json:"stale_after_days,omitempty"`
	}
}

// apiFullSpace is a space with what an admin decides.
type apiFullSpace struct {
	ID         string   `json:"id" doc:"2 to 40 small letters, digits and dashes."`
	Name       string   `json:"name"`
	About      string   `json:"about,omitempty"`
	Visibility string   `json:"visibility" enum:"public,members,groups"`
	Groups     []string `json:"groups,omitempty" maxItems:"100" doc:"Who reads a space of groups."`
	Moderators []string `json:"moderators,omitempty" maxItems:"200" doc:"Ids of members."`
	Position   int64    `json:"position,omitempty"`
	Archived   bool     `json:"archived,omitempty"`
}

// apiNewSpace makes a space.
type apiNewSpace struct{ Body apiFullSpace }

// apiPutSpace replaces a space.
type apiPutSpace struct {
	IDIn
	Body struct {
		Name       string   `json:"name"`
		About      string   `json:"about,omitempty"`
		Visibility string   `json:"visibility" enum:"public,members,groups"`
		Groups     []string `json:"groups,omitempty" maxItems:"100"`
		Moderators []string `json:"moderators,omitempty" maxItems:"200"`
		Position   int64    `json:"position,omitempty"`
		Archived   bool     `json:"archived,omitempty"`
	}
}

// apiMemberList asks for members.
type apiMemberList struct {
	Paging
	Role  string `query:"role" enum:"customer,moderator,agent,admin"`
	Email string `query:"email" doc:"Find one member by address; the rest then counts for nothing."`
}

// apiAccount is a member as an admin sees them. It holds no address: to find a
// member by address, ask with it.
type apiAccount struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Role      string     `json:"role" enum:"customer,moderator,agent,admin"`
	Groups    []string   `json:"groups"`
	Joined    time.Time  `json:"joined"`
	Seen      *time.Time `json:"seen,omitempty"`
	Confirmed bool       `json:"confirmed"`
	Suspended *time.Time `json:"suspended_until,omitempty"`
	Closed    *time.Time `json:"closed,omitempty"`
}

// apiRole gives a role.
type apiRole struct {
	IDIn
	Body struct {
		Role string `json:"role" enum:"customer,moderator,agent,admin"`
	}
}

// apiGroups gives groups.
type apiGroups struct {
	IDIn
	Body struct {
		Groups []string `json:"groups" maxItems:"100" doc:"At most 50 words."`
	}
}

// apiCloseMember closes somebody's account.
type apiCloseMember struct {
	IDIn
	Body struct {
		Purge bool `json:"purge,omitempty"`
	}
}

func (s *Server) apiAdmin(a *api) {
	e := func(method, path, id, says string) endpoint {
		limit := unlimited
		if method != "GET" {
			limit = limitPost
		}
		return endpoint{method: method, path: "/admin" + path, id: id, tag: "Administration", says: says, who: adminsOnly, limit: limit}
	}
	serve(a, e("GET", "/settings", "get-settings", "Show the community's settings"), s.apiGetSettings)
	serve(a, e("PATCH", "/settings", "edit-settings", "Change the community's settings"), s.apiPatchSettings)
	serve(a, e("GET", "/spaces", "list-all-spaces", "List every space"), s.apiAllSpaces)
	made := e("POST", "/spaces", "make-space", "Make a space")
	made.status = 201
	serve(a, made, func(k *call, in *apiNewSpace) (apiFullSpace, error) { return s.saveSpaceAs(k, in.Body, true) })
	serve(a, e("PUT", "/spaces/{id}", "save-space", "Replace a space's settings"), s.apiSaveSpace)
	serve(a, e("GET", "/members", "list-members", "List members, latest joined first"), s.apiListMembers)
	act(a, e("PUT", "/members/{id}/role", "set-role", "Give a member a role"), func(k *call, in *apiRole) error {
		return s.community.SetRole(k.ctx, k.actor, in.ID, community.Role(in.Body.Role))
	})
	act(a, e("PUT", "/members/{id}/groups", "set-groups", "Set the groups that a member belongs to"), func(k *call, in *apiGroups) error {
		return s.community.SetGroups(k.ctx, k.actor, in.ID, in.Body.Groups)
	})
	act(a, e("POST", "/members/{id}/close", "close-member", "Close a member's account for good"), func(k *call, in *apiCloseMember) error {
		return s.community.CloseMember(k.ctx, k.actor, in.ID, in.Body.Purge)
	})
}

func (s *Server) apiGetSettings(k *call, _ *nothing) (apiSettings, error) {
	c, err := s.community.Settings(k.ctx)
	if err != nil {
		return apiSettings{}, err
	}
	return apiSettings{c.Name, c.Tagline, c.SignUp, c.StaleAfter}, nil
}

func (s *Server) apiPatchSettings(k *call, in *apiEditSettings) (apiSettings, error) {
	c, err := s.community.Settings(k.ctx)
	if err != nil {
		return apiSettings{}, err
	}
	b := in.Body
	edit := community.SettingsEdit{Name: or(b.Name, c.Name), Tagline: or(b.Tagline, c.Tagline), SignUp: or(b.SignUp, c.SignUp), StaleAfter: or(b.StaleAfter, c.StaleAfter)}
	if _, err := s.community.EditSettings(k.ctx, k.actor, edit); err != nil {
		return apiSettings{}, err
	}
	s.Invalidate("")
	return s.apiGetSettings(k, nil)
}

func fullSpace(sp *community.Space) apiFullSpace {
	return apiFullSpace{sp.ID, sp.Name, sp.About, string(sp.Visibility), sp.Groups, sp.Moderators, sp.Position, sp.Archived}
}

func (s *Server) apiAllSpaces(k *call, _ *nothing) (apiPage[apiFullSpace], error) {
	all, err := s.community.AllSpaces(k.ctx, k.actor)
	if err != nil {
		return apiPage[apiFullSpace]{}, err
	}
	var out []apiFullSpace
	for _, sp := range all {
		out = append(out, fullSpace(sp))
	}
	return pageOf(k, out, ""), nil
}

func (s *Server) apiSaveSpace(k *call, in *apiPutSpace) (apiFullSpace, error) {
	b := in.Body
	return s.saveSpaceAs(k, apiFullSpace{in.ID, b.Name, b.About, b.Visibility, b.Groups, b.Moderators, b.Position, b.Archived}, false)
}

func (s *Server) saveSpaceAs(k *call, f apiFullSpace, fresh bool) (apiFullSpace, error) {
	sp, err := s.community.SaveSpace(k.ctx, k.actor, community.SpaceEdit{
		ID: f.ID, Name: f.Name, About: f.About, Visibility: community.Visibility(f.Visibility), Groups: f.Groups,
		Moderators: f.Moderators, Position: f.Position, Archived: f.Archived, New: fresh,
	})
	if err != nil {
		return apiFullSpace{}, err
	}
	s.Invalidate("")
	return fullSpace(sp), nil
}

func (s *Server) apiListMembers(k *call, in *apiMemberList) (apiPage[apiAccount], error) {
	var none apiPage[apiAccount]
	var found store.Page[community.Member]
	var err error
	if in.Email != "" {
		var m *community.Member
		if m, err = s.community.MemberByEmail(k.ctx, k.actor, in.Email); err == nil {
			found.Items = []*community.Member{m}
		}
	} else {
		found, err = s.community.ListMembers(k.ctx, k.actor, community.Role(in.Role), in.After, in.Limit)
	}
	if err != nil {
		return none, err
	}
	var out []apiAccount
	for _, m := range found.Items {
		x := apiAccount{m.ID, m.DisplayName(), string(m.Role), list(m.Groups), m.Joined.Time(), moment(m.Seen), m.Confirmed != 0, nil, moment(m.Closed)}
		if m.Suspended > store.At(s.now()) {
			x.Suspended = moment(m.Suspended)
		}
		out = append(out, x)
	}
	return pageOf(k, out, found.Next), nil
}
