//go:build unix && !solaris && !aix

package sqlite

import (
	"errors"
	"os"
	"syscall"

	"selfie/internal/store"
)

// lock takes the file's lock, which belongs to this opening of the file: a
// second opening in the same process is refused as another process is.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return store.ErrClaimed
	case errors.Is(err, syscall.ENOTSUP), errors.Is(err, syscall.ENOLCK), errors.Is(err, syscall.ENOSYS):
		return store.ErrNoClaims
	}
	return err
}
