package quick

// Newest returns the documents that meet the query's conditions, the latest
// first; of equal ones that with the greater id. Those that came after until
// are left out. The query's words are not looked at.
//
// Documents mostly lie in the order in which they came: from the last one back,
// nearly all that are too old to count are passed over by one comparison.
func (x *Index) Newest(q Query, until int64) []Hit {
	q.Terms = nil
	x.mu.RLock()
	defer x.mu.RUnlock()
	if q.Limit <= 0 {
		return nil
	}
	s := x.begin(q)
	defer s.end()
	l := latest{x: x, k: q.Limit}
	for n := len(x.marks) - 1; n >= 0; n-- {
		if at := x.marks[n].at; at <= until && l.takes(uint32(n)) && s.finds(uint32(n)) {
			l.add(uint32(n))
		}
	}
	hits := make([]Hit, len(l.list))
	for i := len(hits) - 1; i >= 0; i-- {
		hits[i] = Hit{ID: x.docs[l.list[0]].id}
		l.drop()
	}
	return hits
}

// latest keeps the k latest documents, as a heap with the oldest of them first.
type latest struct {
	x    *Index
	k    int
	list []uint32
}

// takes reports whether a document would be among them.
func (l *latest) takes(n uint32) bool { return len(l.list) < l.k || l.older(l.list[0], n) }

func (l *latest) older(a, b uint32) bool {
	if at, bt := l.x.marks[a].at, l.x.marks[b].at; at != bt {
		return at < bt
	}
	return l.x.docs[a].id < l.x.docs[b].id
}

// add takes a document in, for which the oldest makes room.
func (l *latest) add(n uint32) {
	if len(l.list) == l.k {
		l.list[0] = n
		l.sink()
		return
	}
	l.list = append(l.list, n)
	for i := len(l.list) - 1; i > 0; {
		up := (i - 1) / 2
		if !l.older(l.list[i], l.list[up]) {
			return
		}
		l.list[i], l.list[up] = l.list[up], l.list[i]
		i = up
	}
}

// drop leaves the oldest out.
func (l *latest) drop() {
	last := len(l.list) - 1
	l.list[0] = l.list[last]
	l.list = l.list[:last]
	l.sink()
}

func (l *latest) sink() {
	for i := 0; ; {
		down := 2*i + 1
		if down >= len(l.list) {
			return
		}
		if other := down + 1; other < len(l.list) && l.older(l.list[other], l.list[down]) {
			down = other
		}
		if !l.older(l.list[down], l.list[i]) {
			return
		}
		l.list[i], l.list[down] = l.list[down], l.list[i]
		i = down
	}
}
