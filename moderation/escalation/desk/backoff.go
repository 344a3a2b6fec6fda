package desk

import (
	"hash/fnv"
	"strconv"
	"time"

	"selfie/internal/fault"
)

// The bounds of the wait between two tries.
const (
	leastWait = time.Second
	mostWait  = 15 * time.Minute
)

// backoff is the wait after the n-th failure: doubling from a second to 15
// minutes, of which the upper half is spread by the id, so that what failed
// together does not come back together.
func backoff(id string, n int) time.Duration {
	d := mostWait
	if n < 10 {
		d = min(mostWait, leastWait<<max(n, 0))
	}
	h := fnv.New32a()
	h.Write([]byte(id + strconv.Itoa(n)))
	return d/2 + time.Duration(float64(d/2)*float64(h.Sum32())/float64(1<<32))
}

// retryAfter is the wait that a desk asked for.
func retryAfter(err error) time.Duration {
	if f, ok := fault.As(err); ok {
		return f.RetryAfter
	}
	return 0
}
