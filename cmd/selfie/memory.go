package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// The search's ranking lives in the heap and grows with the community. Go would
// let a heap double before it is cleared, which is a waste of a small machine once
// it is large: then Go's memory as a whole is held within leastMemory, or a fifth
// more than what lives where that is more. Far below, a heap may double, since
// clearing it sooner costs as much processor as the pages themselves.
const (
	collectAt   = 100       // per cent
	leastMemory = 144 << 20 // bytes, of Go's own memory; SQLite's and mapped files come on top
	weighEvery  = 10 * time.Second
)

// spareMemory keeps the process small until ctx ends. GOGC and GOMEMLIMIT
// overrule it.
func spareMemory(ctx context.Context) {
	if os.Getenv("GOGC")+os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(collectAt)
	debug.SetMemoryLimit(leastMemory)
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	tick := time.NewTicker(weighEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		metrics.Read(live)
		debug.SetMemoryLimit(max(leastMemory, int64(live[0].Value.Uint64())*6/5))
	}
}
