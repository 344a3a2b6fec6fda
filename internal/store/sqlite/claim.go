package sqlite

import (
	"fmt"
	"os"

	"selfie/internal/store"
)

var _ store.Claimer = (*Engine)(nil)

// Claim implements store.Claimer by a lock on an empty file beside the store,
// which the kernel drops with the process. The file stays: removing it would
// let two lock different files of one name.
func (e *Engine) Claim(name string) (release func(), err error) {
	f, err := os.OpenFile(e.path+"."+name+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sqlite: claim %s: %w", name, err)
	}
	if err := lock(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("sqlite: claim %s: %w", name, err)
	}
	return func() { f.Close() }, nil
}
