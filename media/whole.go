package media

import (
	"context"

	"selfie/internal/fault"
)

// Whole reports whether every variant of the picture is stored. Whoever records a
// picture asks afterwards, and adds it again when not: a sweep that found the same
// picture unused may have deleted it after Add and before the record.
func (l *Library) Whole(ctx context.Context, pic Picture) (bool, error) {
	for _, v := range pic.Variants {
		if _, err := l.store.Stat(ctx, v.Key); fault.Is(err, fault.NotFound) {
			return false, nil
		} else if err != nil {
			return false, err
		}
	}
	return true, nil
}
