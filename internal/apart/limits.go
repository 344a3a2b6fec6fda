package apart

import "time"

// Limits bound a program. Zero means no bound.
type Limits struct {
	Memory int64         // bytes of address space
	CPU    time.Duration // of all its threads, in whole seconds
	File   int64         // bytes of a file that it writes
}
