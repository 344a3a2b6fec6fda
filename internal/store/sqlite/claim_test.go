package sqlite

import (
	"errors"
	"path/filepath"
	"testing"

	"selfie/internal/store"
)

func TestClaim(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	one, two := store.Open(open(t, path), nil), store.Open(open(t, path), nil)
	release, err := one.Claim("relay")
	if err != nil {
		t.Fatal(err)
	}
	for _, db := range []*store.DB{one, two} {
		if _, err := db.Claim("relay"); !errors.Is(err, store.ErrClaimed) {
			t.Errorf("a second claim: %v", err)
		}
	}
	other, err := two.Claim("serve")
	if err != nil {
		t.Fatal(err)
	}
	other()
	release()
	again, err := two.Claim("relay")
	if err != nil {
		t.Fatal(err)
	}
	again()
}
