//go:build !unix || solaris || aix

package sqlite

import (
	"os"

	"selfie/internal/store"
)

func lock(*os.File) error { return store.ErrNoClaims }
