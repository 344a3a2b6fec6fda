// Package purego stands in place of the module of that name, which loads C
// libraries into the process. The HEIC decoder would prefer one that happens to
// be installed to its own sandboxed one, and the program would no longer be
// linked statically. Here nothing is ever loaded.
package purego

import "errors"

// The modes of Dlopen.
const (
	RTLD_NOW    = 0
	RTLD_GLOBAL = 0
)

// Dlopen loads nothing.
func Dlopen(string, int) (uintptr, error) {
	return 0, errors.New("purego: no C library is ever loaded")
}

// RegisterLibFunc is never reached, because Dlopen fails.
func RegisterLibFunc(any, uintptr, string) {
	panic("purego: no C library was loaded")
}
