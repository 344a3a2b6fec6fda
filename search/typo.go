package search

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"selfie/community"
	"selfie/search/quick"
)

// The bounds of tolerance: words of a query that are looked at, terms like one
// of them, and threads whose words are offered instead.
const (
	maxDoubtful  = 8
	maxLike      = 64
	maxLikeReads = 12
	minLikeRunes = 4 // shorter words are taken as they stand
)

// slips is how many letters may be wrong in a word.
func slips(word string) int {
	switch n := utf8.RuneCountInString(word); {
	case n < minLikeRunes || strings.ContainsFunc(word, unicode.IsDigit):
		return 0
	case n < 6:
		return 1
	}
	return 2
}

// nearest replaces the words of a query that no thread has by words nearly
// written like them, which stand in threads that the actor may read: what is
// proposed is taken from their loaded texts and never from the index alone.
func (x *Index) nearest(ctx context.Context, by community.Actor, q Query) (near Query, changed bool, err error) {
	spaces, err := x.openSpaces(ctx, by)
	if err != nil {
		return q, false, err
	}
	may := finds(by, spaces)
	left := maxDoubtful
	mend := func(text string) (string, error) {
		words := strings.Fields(text)
		for i, w := range words {
			if left == 0 || slips(w) == 0 {
				continue
			}
			left--
			better, err := x.like(ctx, by, may, strings.ToLower(w))
			if err != nil {
				return "", err
			}
			if better != "" {
				words[i], changed = better, true
			}
		}
		return strings.Join(words, " "), nil
	}
	near = q
	if near.Words, err = mapTo(q.words(), mend); err != nil {
		return q, false, err
	}
	near.Misread = nil
	near.Phrases, err = mapTo(q.Phrases, mend)
	return near, changed, err
}

func mapTo(list []string, f func(string) (string, error)) (out []string, err error) {
	for _, s := range list {
		if s, err = f(s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// like finds the word nearest to one as typed; "" when the word itself is to be
// met, or none like it.
func (x *Index) like(ctx context.Context, by community.Actor, may func(quick.Group, bool) bool, word string) (string, error) {
	terms, err := x.alike(word)
	if err != nil || len(terms) == 0 {
		return "", err
	}
	list, err := x.best(quick.Query{Terms: equal(terms), May: may, Author: by.ID, Limit: window})
	if err != nil {
		return "", err
	}
	if err := x.see(ctx, by, list); err != nil {
		return "", err
	}
	seen := map[string]int{}
	reads := 0
	for _, f := range list {
		if f.thread == nil || reads == maxLikeReads {
			continue
		}
		reads++
		if err := x.collect(ctx, f.thread, terms, seen); err != nil {
			return "", err
		}
	}
	return closest(word, seen), nil
}

// alike lists terms of the index that are written nearly like a word's. What is
// several words to search is mended as none.
func (x *Index) alike(word string) (terms []string, err error) {
	if len(x.text.tokens(word)) != 1 {
		return nil, nil
	}
	own := x.text.terms(word)
	err = x.viewing(func(g *generation) error {
		if g.quick != nil {
			terms = termsLike(g.quick, own, slips(word))
		}
		return nil
	})
	return terms, err
}

// termsLike lists the terms with the same first letter and at most so many
// slips as one of a word's, which each language has in its own way; the nearest
// first, and none that are much further. It looks at all terms there are, which
// takes milliseconds, and is asked only where nothing was found.
func termsLike(x *quick.Index, own []string, most int) []string {
	near, least := map[string]int{}, most
	terms := x.Terms(func(t string) bool {
		best := most + 1
		for _, term := range own {
			best = min(best, slipsBetween(term, t, most))
		}
		if best > most {
			return false
		}
		near[t], least = best, min(least, best)
		return true
	})
	terms = slices.DeleteFunc(terms, func(t string) bool { return near[t] > least+1 })
	slices.SortFunc(terms, func(a, b string) int { return cmp.Or(cmp.Compare(near[a], near[b]), cmp.Compare(a, b)) })
	return terms[:min(len(terms), maxLike)]
}

// maxEnding is how many bytes longer than a term of the index the term of a word
// may be because a slip hid the ending that is cut off otherwise.
const maxEnding = 5

// slipsBetween counts the slips between the term of a word and one of the index;
// more than most where they are not alike. A hidden ending counts as one.
func slipsBetween(term, t string, most int) int {
	_, first := utf8.DecodeRuneInString(term)
	room := most * utf8.UTFMax
	if !strings.HasPrefix(t, term[:first]) || len(t) > len(term)+room || len(term) > len(t)+room+maxEnding {
		return most + 1
	}
	n := most + 1
	if len(term) <= len(t)+room {
		n = distance(term, t)
	}
	if most > 1 && len(t) >= minLikeRunes && len(term) > len(t) && len(term) <= len(t)+maxEnding && utf8.RuneStart(term[len(t)]) {
		n = min(n, 1+distance(term[:len(t)], t))
	}
	return n
}

// collect counts the words of a thread, as they are written there, that the
// index knows by one of the terms.
func (x *Index) collect(ctx context.Context, t *community.Thread, terms []string, seen map[string]int) error {
	c, err := x.load(ctx, t)
	if err != nil {
		return err
	}
	title, _, texts := x.text.pieces(c)
	for _, p := range append(texts, title) {
		for _, tok := range p.tokens {
			if slices.Contains(terms, tok.term) {
				seen[strings.ToLower(p.text[tok.start:tok.end])]++
			}
		}
	}
	return nil
}

// closest chooses the word with the fewest slips, then the one met most; ""
// when the word itself was met, or all are too far.
func closest(word string, seen map[string]int) (best string) {
	if seen[word] > 0 {
		return ""
	}
	for w, n := range seen {
		if distance(word, w) > slips(word)+1 { // an ending more
			continue
		}
		if best == "" || cmp.Or(cmp.Compare(distance(word, w), distance(word, best)), cmp.Compare(seen[best], n), cmp.Compare(w, best)) < 0 {
			best = w
		}
	}
	return best
}

// distance counts the letters to change, add, drop or swap with their neighbour
// (Damerau and Levenshtein, in the form that edits no place twice).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	n := len(y) + 1
	rows := make([]int, 3*n)
	before, row, next := rows[:n], rows[n:2*n], rows[2*n:]
	for j := range next {
		next[j] = j
	}
	for i := range x {
		before, row, next = row, next, before
		next[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			next[j+1] = min(next[j]+1, row[j+1]+1, row[j]+cost)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
	}
	return next[len(y)]
}
