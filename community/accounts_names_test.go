package community

import (
	"fmt"
	"regexp"
	"sync"
	"testing"

	"selfie/internal/fault"
)

func TestReservedNames(t *testing.T) {
	for name, reserved := range map[string]bool{
		"admin": true, "Admin": true, "ADMINISTRATOR": true, "A d m i n": true, "adm1n": true, "@dmin": true, "Admin 1": true, "admin42": true,
		"аdmin": true /* Cyrillic а */, "Ａｄｍｉｎ": true, "Àdmïn": true, "Аdмin": true, "adrnin": true, "system": true, "S.y.s.t.e.m": true, "5ystem": true,
		"Support": true, "The Support Team": true, "Customer Support": true, "Official Support": true, "suppоrt": true, "Moderator": true,
		"m0derator": true, "former member": true, "Former  Member": true, "formermember": true, "Official": true, "staff": true,
		"Acme": true, "Acme Support": true, "The Acme Team": true, "ACME-Team": true,
		"Ada": false, "Modi": false, "Moda": false, "Mod": true, "Adminah": false, "Supporter Bob": false, "Bob from Acme": false, "Systema": false, "Root Beer": false,
		"The Team": false, "Member": false, "Иван": false, "李雷": false, "Officiala": false, "Lars Madmin": false, "": false, "42": false,
	} {
		if speaksForUs(name, "Acme") != reserved {
			t.Errorf("%q: reserved must be %v", name, reserved)
		}
	}
}

func TestReservedNamesAreForStaff(t *testing.T) {
	for _, role := range []Role{Moderator, Agent, Admin} {
		if _, err := memberName("Support Team", role, "Acme"); err != nil {
			t.Errorf("%s: %v", role, err)
		}
	}
	_, err := memberName("Support Team", Customer, "Acme")
	wantFault(t, err, fault.Invalid, "name")
}

func TestHandleBase(t *testing.T) {
	for name, want := range map[string]string{
		"Ada Lovelace": "ada-lovelace", "  ada__l  ": "ada__l", "Élodie Çakır": "elodie-cakir", "Jürgen Groß": "jurgen-gross",
		"Ørsted Łukasz": "orsted-lukasz", "O'Hara": "ohara", "a": "", "李雷": "", "Иван Petrov": "petrov", "Иван K": "", "--x--y--": "x-y",
		"Ｆｕｌｌ": "full", "ﬁsh": "fish", "x²": "x2", "😀😀": "", "42": "42", "___": "",
		"abcdefghijklmnopqrstuvwxyz abcdefghij": "abcdefghijklmnopqrstuvwxyz-abc", "abcdefghijklmnopqrstuvwxyzabc defghij": "abcdefghijklmnopqrstuvwxyzabc",
	} {
		same(t, name, handleBase(name), want)
	}
	same(t, "hidden in a foreign name", handleFor("Модератор Admin", Customer, "Acme"), "")
	same(t, "the same for staff", handleFor("Модератор Admin", Agent, "Acme"), "admin")
}

var handleForm = regexp.MustCompile(`^[a-z0-9_][a-z0-9_-]{0,28}[a-z0-9]$`)

func TestHandleAt(t *testing.T) {
	long := "abcdefghijklmnopqrstuvwxyz-abc"
	for _, base := range []string{"", "ab", "ada", long} {
		seen := map[string]bool{}
		for try := range handleTries {
			handle := handleAt(base, try)
			if !handleForm.MatchString(handle) || seen[handle] {
				t.Errorf("%q, try %d: %q", base, try, handle)
			}
			seen[handle] = true
		}
	}
	same(t, "first", handleAt("ada", 0), "ada")
	same(t, "second", handleAt("ada", 1), "ada-2")
	if handleAt("", 0) == "member" {
		t.Error("a name that nothing can be made of must get a number")
	}
}

func FuzzHandle(f *testing.F) {
	f.Add("Ada")
	f.Fuzz(func(t *testing.T, name string) {
		base := handleBase(name)
		if base != "" && handleBase(base) != base {
			t.Errorf("%q: %q is not its own handle", name, base)
		}
		speaksForUs(name, name)
		for try := range handleTries {
			if handle := handleAt(base, try); !handleForm.MatchString(handle) {
				t.Errorf("%q, try %d: %q", name, try, handle)
			}
		}
	})
}

func TestHandlesUnderConcurrency(t *testing.T) {
	h := newHouse(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	handles := map[string]bool{}
	const rivals = 60
	for i := range rivals {
		wg.Go(func() {
			m, err := h.CreateMember(h.ctx, System, NewMember{Name: "Maria", Email: fmt.Sprintf("m%d@example.com", i)})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			handles[m.Handle] = true
		})
	}
	wg.Wait()
	same(t, "distinct handles", len(handles), rivals)
	for _, want := range []string{"maria", "maria-2", "maria-3", "maria-4"} {
		same(t, want, handles[want], true)
	}
	m, err := h.MemberByHandle(h.ctx, "@Maria-3")
	h.must(err)
	same(t, "found by handle", m.Handle, "maria-3")
}
