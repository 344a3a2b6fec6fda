package community

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// TestWhoAdministers crosses every verb of this file with every role.
func TestWhoAdministers(t *testing.T) {
	h := newHouse(t)
	target := h.staff("Target", Customer)
	actors := map[string]Actor{"guest": {}, "customer": h.staff("Cust", Customer), "moderator": h.staff("Mo", Moderator), "agent": h.staff("Smith", Agent), "admin": h.staff("Boss", Admin), "system": System}
	suspended := actors["admin"]
	suspended.Suspended = h.now() + 1000
	actors["suspended admin"] = suspended
	n := 0
	verbs := map[string]func(by Actor) error{
		"SetRole":     func(by Actor) error { return h.SetRole(h.ctx, by, target.ID, Customer) },
		"SetGroups":   func(by Actor) error { return h.SetGroups(h.ctx, by, target.ID, []string{"dealers"}) },
		"Suspend":     func(by Actor) error { return h.Suspend(h.ctx, by, target.ID, 0) },
		"CloseMember": func(by Actor) error { return h.CloseMember(h.ctx, by, target.ID, false) },
		"SetPassword": func(by Actor) error { return h.SetPassword(h.ctx, by, target.ID, goodPassword) },
		"ListMembers": func(by Actor) error { _, err := h.ListMembers(h.ctx, by, "", "", 1); return err },
		"MemberByEmail": func(by Actor) error {
			_, err := h.MemberByEmail(h.ctx, by, h.fresh(actors["agent"].ID).Email)
			return err
		},
		"CreateMember": func(by Actor) error {
			n++
			_, err := h.CreateMember(h.ctx, by, NewMember{Name: "New", Email: fmt.Sprintf("new%d@example.com", n)})
			return err
		},
	}
	may := map[string][]string{"Suspend": {"moderator", "admin", "system"}, "SetPassword": {"system"}}
	for _, name := range []string{"SetRole", "SetGroups", "Suspend", "SetPassword", "ListMembers", "MemberByEmail", "CreateMember", "CloseMember"} {
		for who, by := range actors {
			allowed := map[string]bool{}
			for _, w := range append(may[name], map[bool][]string{true: {"admin", "system"}}[may[name] == nil]...) {
				allowed[w] = true
			}
			err := verbs[name](by)
			kind := fault.KindOf(err)
			if allowed[who] != (err == nil) || err != nil && kind != fault.Forbidden && kind != fault.Unauthorized {
				t.Errorf("%s by %s: %v", name, who, err)
			}
		}
	}
}

func TestLastAdministratorStays(t *testing.T) {
	h := newHouse(t)
	boss := h.staff("Boss", Admin)
	wantFault(t, h.SetRole(h.ctx, System, boss.ID, Customer), fault.Conflict, "")
	wantFault(t, h.CloseMember(h.ctx, System, boss.ID, true), fault.Conflict, "")
	wantFault(t, h.CloseMember(h.ctx, boss, boss.ID, true), fault.Forbidden, "")
	wantFault(t, h.Suspend(h.ctx, System, boss.ID, h.now()+1000), fault.Conflict, "")
	same(t, "role", h.fresh(boss.ID).Role, Admin)

	second := h.staff("Second", Admin)
	h.must(h.CloseMember(h.ctx, second, boss.ID, false))
	same(t, "closed", []any{h.fresh(boss.ID).Role, h.fresh(boss.ID).Closed != 0}, []any{Customer, true})
	wantFault(t, h.SetRole(h.ctx, second, second.ID, Agent), fault.Conflict, "")
}

func TestLastOwnAccountStays(t *testing.T) {
	h := newHouse(t)
	token, _, err := h.SetupToken(h.ctx)
	h.must(err)
	_, cookie, err := h.SignUp(h.ctx, SignUp{Name: "Boss", Email: "boss@example.com", Password: goodPassword, Setup: token}, Device{})
	h.must(err)
	wantFault(t, h.CloseOwn(h.ctx, h.actor(cookie), goodPassword, false), fault.Conflict, "")
	h.staff("Second", Admin)
	h.must(h.CloseOwn(h.ctx, h.actor(cookie), goodPassword, false))
	same(t, "signed out", h.actor(cookie), Actor{})
}

// TestAdministratorsDemoteEachOther: whatever the order, one is left.
func TestAdministratorsDemoteEachOther(t *testing.T) {
	h := newHouse(t)
	a, b := h.staff("Ada", Admin), h.staff("Bob", Admin)
	for range 50 {
		h.must(h.SetRole(h.ctx, System, a.ID, Admin))
		h.must(h.SetRole(h.ctx, System, b.ID, Admin))
		var wg sync.WaitGroup
		for _, pair := range [][2]Actor{{a, b}, {b, a}} {
			wg.Go(func() {
				if err := h.SetRole(h.ctx, pair[0], pair[1].ID, Customer); err != nil && !fault.Is(err, fault.Conflict) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if left, err := h.admins(h.ctx); err != nil || left < 1 {
			t.Fatalf("%d administrators left, %v", left, err)
		}
	}
}

func TestRoles(t *testing.T) {
	h := newHouse(t)
	boss, m := h.staff("Boss", Admin), h.staff("Ada", Customer)
	wantFault(t, h.SetRole(h.ctx, boss, m.ID, "king"), fault.Invalid, "role")
	wantFault(t, h.SetRole(h.ctx, boss, "nobody", Agent), fault.NotFound, "")
	for _, role := range []Role{Moderator, Agent, Customer, Customer} {
		h.must(h.SetRole(h.ctx, boss, m.ID, role))
		same(t, "role", h.fresh(m.ID).Role, role)
	}
	h.must(h.Suspend(h.ctx, boss, m.ID, h.now()+1000))
	wantFault(t, h.SetRole(h.ctx, boss, m.ID, Admin), fault.Conflict, "")
	h.must(h.Suspend(h.ctx, boss, m.ID, 0))
	h.must(h.SetRole(h.ctx, boss, m.ID, Admin))
	_, err := h.CreateMember(h.ctx, boss, NewMember{Name: "Eve", Email: "eve@example.com", Role: "king"})
	wantFault(t, err, fault.Invalid, "role")
	_, err = h.CreateMember(h.ctx, boss, NewMember{Name: "Eve", Email: "eve@example.com", Password: "short"})
	wantFault(t, err, fault.Invalid, "password")
}

func TestSuspend(t *testing.T) {
	h := newHouse(t)
	mod, other, m := h.staff("Mo", Moderator), h.staff("Jo", Moderator), h.staff("Ada", Customer)
	now := h.now()
	for _, until := range []store.Millis{-1, 1, now, now + maxSuspension + 1} {
		wantFault(t, h.Suspend(h.ctx, mod, m.ID, until), fault.Invalid, "until")
	}
	wantFault(t, h.Suspend(h.ctx, mod, other.ID, now+1000), fault.Forbidden, "")
	h.must(h.Suspend(h.ctx, System, other.ID, now+1000))
	wantFault(t, h.Suspend(h.ctx, h.fresh(other.ID).Actor(), m.ID, now+1000), fault.Forbidden, "")
	h.must(h.Suspend(h.ctx, mod, m.ID, now+1000))
	wantFault(t, h.active(h.fresh(m.ID).Actor()), fault.Forbidden, "")
	h.later(time.Second)
	h.must(h.active(h.fresh(m.ID).Actor()))
}

func TestGroups(t *testing.T) {
	h := newHouse(t)
	m := h.staff("Ada", Customer)
	h.must(h.SetGroups(h.ctx, System, m.ID, []string{" Dealers ", "beta", "", "dealers"}))
	same(t, "groups", h.fresh(m.ID).Groups, []string{"beta", "dealers"})
	many := make([]string, 51)
	for i := range many {
		many[i] = fmt.Sprintf("g%d", i)
	}
	wantFault(t, h.SetGroups(h.ctx, System, m.ID, many), fault.Invalid, "groups")
	wantFault(t, h.SetGroups(h.ctx, System, m.ID, []string{"a\nb"}), fault.Invalid, "groups")
	h.must(h.SetGroups(h.ctx, System, m.ID, nil))
	same(t, "none", len(h.fresh(m.ID).Groups), 0)
}

func TestListMembers(t *testing.T) {
	h := newHouse(t)
	for i := range 7 {
		h.staff(fmt.Sprintf("Member %d", i), []Role{Customer, Agent}[i%2])
		h.later(time.Second)
	}
	walk := func(role Role) (names []string) {
		cursor := ""
		for {
			page, err := h.ListMembers(h.ctx, System, role, cursor, 2)
			h.must(err)
			for _, m := range page.Items {
				names = append(names, m.Name)
			}
			if cursor = page.Next; cursor == "" {
				return names
			}
		}
	}
	same(t, "agents", walk(Agent), []string{"Member 5", "Member 3", "Member 1"})
	same(t, "all", walk(""), []string{"Member 6", "Member 5", "Member 4", "Member 3", "Member 2", "Member 1", "Member 0"})
	_, err := h.ListMembers(h.ctx, System, "", "rubbish", 2)
	wantFault(t, err, fault.Invalid, "")
	_, err = h.ListMembers(h.ctx, System, "king", "", 2)
	wantFault(t, err, fault.Invalid, "role")

	m, err := h.CreateMember(h.ctx, System, NewMember{Name: "Eve", Email: "Eve@example.com"})
	h.must(err)
	same(t, "confirmed by word", m.Confirmed != 0, true)
	got, err := h.MemberByEmail(h.ctx, System, "eve@EXAMPLE.com")
	h.must(err)
	same(t, "found", got.ID, m.ID)
	_, err = h.MemberByEmail(h.ctx, System, "nobody@example.com")
	wantFault(t, err, fault.NotFound, "")
	_, err = h.CreateMember(h.ctx, System, NewMember{Name: "Eve", Email: "eve@example.com"})
	wantFault(t, err, fault.Conflict, "email")
}
