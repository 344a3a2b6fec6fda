package synonyms

import (
	"slices"

	"selfie/search/words"
)

// Table is a book made ready for one language: its words as that language has
// them. It is never changed, and the zero value knows nothing.
type Table struct {
	entries map[string][]entry // by the first term of the run
}

// entry is a word or phrase that may be typed, and what it stands for.
type entry struct {
	run  []words.Token
	also []Phrase
}

// Phrase is a word, or several, and how a language cuts it.
type Phrase struct {
	Text string
	Run  []words.Token
}

// Match is a stretch of a text that stands for something else.
type Match struct {
	From, To int // tokens of the text, To not among them
	Also     []Phrase
}

// NewTable makes a book ready. cut is how texts of the language are cut; a
// phrase of which it leaves nothing, such as a stop word, says nothing there.
func NewTable(groups []Group, cut func(string) []words.Token) *Table {
	t := &Table{entries: map[string][]entry{}}
	for _, g := range groups {
		runs, means := cutAll(g.Words, cut), cutAll(g.Means, cut)
		if len(g.Means) == 0 {
			means = runs
		}
		for _, p := range runs {
			also := slices.DeleteFunc(slices.Clone(means), func(other Phrase) bool { return sameRun(other.Run, p.Run) })
			if first := p.Run[0].Term; len(also) > 0 {
				t.entries[first] = append(t.entries[first], entry{p.Run, also})
			}
		}
	}
	return t
}

// cutAll cuts each phrase, and keeps those that differ and say anything.
func cutAll(list []string, cut func(string) []words.Token) (cuts []Phrase) {
	for _, s := range list {
		run := cut(s)
		if len(run) > 0 && !slices.ContainsFunc(cuts, func(other Phrase) bool { return sameRun(other.Run, run) }) {
			cuts = append(cuts, Phrase{s, run})
		}
	}
	return cuts
}

// Find lists what stands for something else in a text, at most so many, each
// phrase wherever it begins. Its work is bounded by the tokens times the groups.
func (t *Table) Find(text []words.Token, most int) (found []Match) {
	if t == nil {
		return nil
	}
	for i, tok := range text {
		for _, e := range t.entries[tok.Term] {
			if i+len(e.run) > len(text) || !sameRun(text[i:i+len(e.run)], e.run) {
				continue
			}
			if found = append(found, Match{i, i + len(e.run), e.also}); len(found) == most {
				return found
			}
		}
	}
	return found
}

// sameRun reports whether two runs are the same terms at the same distances.
func sameRun(a, b []words.Token) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range b {
		if a[i].Term != b[i].Term || a[i].Position-a[0].Position != b[i].Position-b[0].Position {
			return false
		}
	}
	return true
}
