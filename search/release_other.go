//go:build !linux

package search

// release is a matter of Linux.
func release(any) {}
