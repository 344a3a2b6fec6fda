package community

import (
	"context"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/argon2"

	"selfie/internal/fault"
)

func TestCheckPassword(t *testing.T) {
	for password, ok := range map[string]bool{
		"three blind mice": true, "zebra7kettle": true, "äöüßäöüßxy": true, "correct horse staple": true, "пятница вечер": true,
		"only nine": false, "": false, strings.Repeat("ab1xq", 40): true, strings.Repeat("ab1xq", 40) + "x": false, "bad\xffutf8 here": false,
		"password12": false, "Password!!2024": false, "PassWord 1234": false, "1234567890": false, "0987654321": false, "9876543210": false,
		"12345678901": false, "abcdefghijk": false, "qwertyuiop": false, "lkjhgfdsapoi": false, "aaaaaaaaaaaa": false, "abababababab": false,
		"1231231231": false, "iloveyou2024": false, "1q2w3e4r5t": false, "!!!!sunshine!!!!": false, "administrator1": false,
		"Ada Lovelace": false, "adalovelace99": false, "ada.l@example.com": false, "2024adalovelace": false,
	} {
		err := checkPassword("password", password, "Ada Lovelace", "ada.l@example.com")
		if ok && err != nil {
			t.Errorf("%q: %v", password, err)
		} else if !ok {
			wantFault(t, err, fault.Invalid, "password")
		}
	}
}

func TestPasswordHash(t *testing.T) {
	h := newHouse(t)
	stored, err := h.hashPassword(h.ctx, "cafe\u0301 au lait")
	h.must(err)
	again, err := h.hashPassword(h.ctx, "cafe\u0301 au lait")
	h.must(err)
	if stored == again || !strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("stored %q and %q", stored, again)
	}
	for password, want := range map[string]bool{"café au lait": true, "cafe au lait": false, "": false, strings.Repeat("x", 5000): false} {
		ok, err := h.verifyPassword(h.ctx, stored, password)
		h.must(err)
		same(t, password, ok, want)
	}
}

func TestOverlongPasswordMatchesNothing(t *testing.T) {
	h := newHouse(t)
	empty, err := h.hashPassword(h.ctx, "") // what an overlong one is hashed as
	h.must(err)
	ok, err := h.verifyPassword(h.ctx, empty, strings.Repeat("x", 5000))
	h.must(err)
	same(t, "matches", ok, false)
}

func TestDamagedHashesMatchNothing(t *testing.T) {
	h := newHouse(t)
	good, err := h.hashPassword(h.ctx, goodPassword)
	h.must(err)
	for _, stored := range []string{
		"", "x", "$$$$$", good + "$", good[1:], good + " ", strings.Replace(good, "v=19", "v=16", 1), strings.Replace(good, "argon2id", "argon2i", 1),
		strings.Replace(good, "m=19456", "m=99999999", 1), strings.Replace(good, "t=2", "t=0", 1), strings.Replace(good, "t=2", "t=99", 1),
		strings.Replace(good, "p=1", "p=0", 1), strings.Replace(good, "p=1", "p=200", 1), strings.Replace(good, "m=19456", "m=-1", 1), strings.Replace(good, "m=19456", "m=019456", 1),
		good[:strings.LastIndex(good, "$")+1],
	} {
		if _, usable := parseHashed(stored); usable {
			t.Errorf("%q is taken for a hash", stored)
		}
	}
	for _, password := range []string{"", goodPassword} {
		ok, err := h.verifyPassword(h.ctx, "", password)
		h.must(err)
		same(t, "matches no hash", ok, false)
	}
}

func FuzzParseHashed(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, s string) {
		if h, ok := parseHashed(s); ok && (h.String() != s || !h.sane()) {
			t.Errorf("%q parsed as %v", s, h)
		}
	})
}

// TestWeakHashesAreStrengthened signs in with a hash of lesser cost, as an import may bring one.
func TestWeakHashesAreStrengthened(t *testing.T) {
	h := newHouse(t)
	m, token := h.join("Ada", "ada@example.com")
	weak := hashed{hashCost: hashCost{memory: 64, passes: 1, lanes: 1}, salt: []byte("0123456789abcdef")}
	weak.sum = argon2.IDKey([]byte(goodPassword), weak.salt, weak.passes, weak.memory, weak.lanes, 32)
	_, err := h.members.Update(h.ctx, m.ID, func(m *Member) error { m.Password = weak.String(); return nil })
	h.must(err)
	_, _, err = h.SignIn(h.ctx, "ada@example.com", "wrong password", Device{})
	wantFault(t, err, fault.Unauthorized, "")
	same(t, "after a wrong password", h.fresh(m.ID).Password, weak.String())
	_, _, err = h.SignIn(h.ctx, "ada@example.com", goodPassword, Device{})
	h.must(err)
	now, ok := parseHashed(h.fresh(m.ID).Password)
	same(t, "cost", []any{ok, now.hashCost}, []any{true, ownCost})
	same(t, "sessions stay", h.actor(token).ID, m.ID)
	_, _, err = h.SignIn(h.ctx, "ada@example.com", goodPassword, Device{})
	h.must(err)
}

func TestFewHashesAtOnce(t *testing.T) {
	h := newHouse(t)
	for range cap(h.passwords) {
		h.passwords <- struct{}{}
	}
	ctx, cancel := context.WithCancel(h.ctx)
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			_, err := h.hashPassword(ctx, goodPassword)
			wantFault(t, err, fault.Unavailable, "")
		})
	}
	cancel()
	wg.Wait()
	<-h.passwords
	_, err := h.hashPassword(h.ctx, goodPassword)
	h.must(err)
}

func BenchmarkHashPassword(b *testing.B) {
	s := &Service{passwords: make(chan struct{}, 2)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.hashPassword(b.Context(), goodPassword); err != nil {
			b.Fatal(err)
		}
	}
}
