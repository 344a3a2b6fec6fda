package storetest

import (
	"testing"

	"selfie/internal/store"
)

// The model keeps the contract itself.
func TestNaive(t *testing.T) { Run(t, naive()) }

func naive() Target {
	return Target{
		Open:   func(testing.TB) store.Engine { return NewNaive() },
		Reopen: func(_ testing.TB, e store.Engine) store.Engine { return e },
		Peer:   func(_ testing.TB, e store.Engine) store.Engine { return e },
	}
}

func FuzzNaive(f *testing.F) { Fuzz(f, naive()) }

func BenchmarkNaive(b *testing.B) {
	target := naive()
	target.Slow = true // a linear scan
	Bench(b, target)
}
