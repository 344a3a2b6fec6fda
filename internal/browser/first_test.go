package browser

import "testing"

// The setup link makes the first administrator, who makes the spaces.
func TestFirstAdministratorMakesSpaces(t *testing.T) {
	each(t, views, func(t *testing.T, s *Site, v View) {
		b := chromium.Open(t, s, v)
		b.Visit("/").See("No questions yet").Sound().Shot("home-empty")
		b.Visit(s.Setup(t)).See("Set up your community").SeeNot("Have an account?").Sound().Shot("setup")
		b.Fill("Name", "Ada").Fill("E-mail", "ada@example.org").Fill("Password", Password).Press("Make my account")
		b.At("/admin").See("Administration").Sound().Shot("admin")
		b.Fill("Name of the community", "Bicycle Help").Fill("One line about it", "Riders help riders").Press("Save")
		b.See("Bicycle Help")
		b.Visit("/admin/spaces").Follow("New space")
		b.At("/admin/spaces/new").Sound().Shot("admin-space")
		b.Fill("Address", "brakes").Fill("Name", "Brakes").Fill("What it is about", "Pads, discs and cables").Press("Save")
		b.At("/admin/spaces").See("Brakes", "open to everyone")
		b.Follow("New space")
		b.At("/admin/spaces/new").Fill("Address", "beta").Fill("Name", "Beta testers").Fill("Who reads it", "Members of the groups below, and staff").Fill("Groups", "beta").Press("Save")
		b.At("/admin/spaces").See("Beta testers", "groups: beta").Sound().Shot("admin-spaces")
		b.Visit("/spaces").See("Brakes", "Beta testers", "Restricted").Sound().Shot("spaces")

		guest := chromium.Open(t, s, v).Allow(401, 409, 410)
		guest.Visit(s.Setup(t)).See("This link does not work any more", "Sign in").SeeNot("Make my account").Sound().Shot("setup-again")
		guest.Visit("/admin").See("Please sign in").Sound().Shot("error-401")
		guest.Visit("/spaces").See("Brakes").SeeNot("Beta testers")
	})
}
