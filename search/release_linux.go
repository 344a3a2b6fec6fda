package search

import "syscall"

// release takes the pages of a segment's mapped file out of this process, where
// they would count although they are read once; what is read again is mapped
// again.
func release(segment any) {
	if s, ok := segment.(interface {
		Path() string // only a mapped segment has one
		Data() []byte
	}); ok && len(s.Data()) > 0 {
		_ = syscall.Madvise(s.Data(), syscall.MADV_DONTNEED) // a hint
	}
}
