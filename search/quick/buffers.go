package quick

import "sync"

// buffers are the memory of one search.
type buffers struct {
	score []float32 // zero between searches
}

var spare = sync.Pool{New: func() any { return new(buffers) }}

func take(documents int) *buffers {
	b := spare.Get().(*buffers)
	if len(b.score) < documents {
		b.score = make([]float32, documents+documents/8)
	}
	return b
}

func (s *run) end() {
	clear(s.score)
	spare.Put(s.buf)
}
