package community

import (
	"slices"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// Role is what a member is to the company. Roles do not nest: a moderator
// judges posts, an agent works cases, an admin runs the place.
type Role string

const (
	Customer  Role = "customer"
	Moderator Role = "moderator"
	Agent     Role = "agent"
	Admin     Role = "admin"
)

// Valid reports whether r is one of the four roles.
func (r Role) Valid() bool { return slices.Contains([]Role{Customer, Moderator, Agent, Admin}, r) }

// Actor is who performs a verb, as known when the request began. The zero
// Actor is a guest.
type Actor struct {
	ID        string
	Name      string
	Role      Role
	Groups    []string
	Joined    store.Millis
	Confirmed bool         // the e-mail address was confirmed
	Suspended store.Millis // until then may read only
	Session   string       // id of the session, for "this device"
}

// Guest reports whether nobody is signed in.
func (a Actor) Guest() bool { return a.ID == "" }

// Staff are moderators, agents and admins: they read every space and every
// private thread.
func (a Actor) Staff() bool { return a.Role == Moderator || a.Role == Agent || a.Role == Admin }

// Moderates reports whether the actor may judge posts in the space.
func (a Actor) Moderates(sp *Space) bool {
	return a.Role == Moderator || a.Role == Admin || (sp != nil && a.ID != "" && slices.Contains(sp.Moderators, a.ID))
}

// IsAdmin reports whether the actor runs the place.
func (a Actor) IsAdmin() bool { return a.Role == Admin }

// System is the actor of commands run by the operator at the machine.
var System = Actor{ID: "system", Name: "Operator", Role: Admin, Confirmed: true}

var errSignIn = fault.New(fault.Unauthorized, "Please sign in first. What you typed is kept.")

// Active refuses guests and suspended members, who may only read: for verbs of
// other parts.
func (s *Service) Active(by Actor) error { return s.active(by) }

// active refuses guests and suspended members.
func (s *Service) active(by Actor) error {
	if by.Guest() {
		return errSignIn
	}
	if by.Suspended > s.now() {
		return fault.New(fault.Forbidden, "Your account is suspended until %s. You can still read.", by.Suspended.Time().Format("2 January 2006 15:04 UTC"))
	}
	return nil
}
