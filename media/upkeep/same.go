package upkeep

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"

	"selfie/internal/fault"
	"selfie/media"
)

// SamePlace reports whether two stores are one, whatever they are called: what is
// put into b is found in a. It leaves nothing behind.
func SamePlace(ctx context.Context, a, b media.Store) (same bool, err error) {
	name := make([]byte, 16)
	_, _ = rand.Read(name)
	key := "probe/" + hex.EncodeToString(name) + ".txt"
	if err := b.Put(ctx, key, bytes.NewReader(name), int64(len(name)), "text/plain"); err != nil {
		return false, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callLimit)
		defer cancel()
		err = errors.Join(err, b.Delete(ctx, key))
	}()
	_, err = a.Stat(ctx, key)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}
