package upkeep

import (
	"context"
	"errors"
	"slices"
	"sync"

	"selfie/internal/fault"
	"selfie/media"
)

// lookers is how many blobs are asked for at once.
const lookers = 8

// Missing returns those of the keys that the store has no blob for, in order.
func Missing(ctx context.Context, blobs media.Store, keys []string) ([]string, error) {
	var mu sync.Mutex
	var gone []string
	var failed error
	work := make(chan string)
	var group sync.WaitGroup
	for range lookers {
		group.Go(func() {
			for key := range work {
				_, err := blobs.Stat(ctx, key)
				mu.Lock()
				switch {
				case fault.Is(err, fault.NotFound), fault.Is(err, fault.Invalid):
					gone = append(gone, key)
				default:
					failed = errors.Join(failed, err)
				}
				mu.Unlock()
			}
		})
	}
	for _, key := range keys {
		mu.Lock()
		stop := failed != nil
		mu.Unlock()
		if stop {
			break
		}
		work <- key
	}
	close(work)
	group.Wait()
	slices.Sort(gone)
	return gone, failed
}
