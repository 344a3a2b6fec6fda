package sqlite

import (
	"path/filepath"
	"testing"

	"selfie/internal/store"
	"selfie/internal/store/storetest"
)

func TestStore(t *testing.T) { storetest.Run(t, target()) }

func FuzzStore(f *testing.F) { storetest.Fuzz(f, target()) }

func target() storetest.Target {
	return storetest.Target{
		Open: func(t testing.TB) store.Engine { return open(t, filepath.Join(t.TempDir(), "store.db")) },
		Reopen: func(t testing.TB, e store.Engine) store.Engine {
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, e.(*Engine).path)
		},
		// No Peer: a rival cannot write while an update function runs here, it
		// waits. TestTwoEngines has what two engines on one file must keep.
	}
}

func open(t testing.TB, path string, opts ...Option) *Engine {
	t.Helper()
	e, err := Open(path, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}
