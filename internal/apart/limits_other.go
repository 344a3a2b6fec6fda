//go:build !linux

package apart

import (
	"fmt"
	"os"
)

// Confine does nothing where limits are not known to work.
func Confine(Limits) error { return nil }

// GrowBy does nothing where limits are not known to work.
func GrowBy(int64) error { return nil }

// Become is not to be had without limits.
func Become(Limits, []string, []string) int {
	fmt.Fprintln(os.Stderr, "programs of others are run within limits, on Linux only")
	return notStarted
}
