package search

import (
	"slices"

	"selfie/search/words"
)

// piece is one text of a thread, analysed.
type piece struct {
	answer   string // id of the answer whose text it is; "" is the question
	accepted bool
	text     string
	tokens   []token
}

// pieces analyses a thread's text: title, body, answers, pictures, tags.
func (r reader) pieces(c content) (title, tags piece, texts []piece) {
	title = piece{text: c.Title, tokens: r.tokensIn(c.Tongue, c.Title)}
	for _, t := range c.Tags {
		tags.tokens = append(tags.tokens, r.tokensIn(c.Tongue, t)...)
	}
	texts = append(texts, r.piece(c.Tongue, "", false, c.Body))
	for _, a := range c.Answers {
		texts = append(texts, r.piece(c.Tongue, a.ID, a.Accepted, a.Text))
	}
	if c.Pictured != "" {
		texts = append(texts, r.piece(c.Tongue, "", false, c.Pictured))
	}
	return title, tags, texts
}

func (r reader) piece(in words.Language, answer string, accepted bool, text string) piece {
	return piece{answer, accepted, text, r.tokensIn(in, text)}
}

// matches reports whether the text that the actor may read fits the query: the
// index may lag behind it.
func (p plan) matches(all []piece) bool {
	if len(p.terms) > 0 && !slices.ContainsFunc(all, func(t piece) bool { return t.hasAny(p.terms) || t.hasAlso(p.also) }) {
		return false
	}
	for _, run := range p.phrases {
		if !slices.ContainsFunc(all, func(t piece) bool { return len(t.runs(run)) > 0 }) {
			return false
		}
	}
	for _, t := range all {
		if t.hasAny(p.not) || slices.ContainsFunc(p.notRuns, func(run []token) bool { return len(t.runs(run)) > 0 }) {
			return false
		}
	}
	return true
}

func (t piece) hasAny(terms []string) bool {
	return len(terms) > 0 && slices.ContainsFunc(t.tokens, func(tok token) bool { return slices.Contains(terms, tok.term) })
}

func (t piece) hasAlso(list []also) bool {
	return slices.ContainsFunc(list, func(a also) bool { return len(t.runs(a.run)) > 0 })
}

// runs lists where a phrase stands, as indexes of its first tokens: the same
// terms at the same distances, so that stop words between them may differ.
func (t piece) runs(run []token) (starts []int) {
	for i := range t.tokens {
		if i+len(run) <= len(t.tokens) && sameRun(t.tokens[i:i+len(run)], run) {
			starts = append(starts, i)
		}
	}
	return starts
}

func sameRun(a, b []token) bool {
	for i := range b {
		if a[i].term != b[i].term || a[i].position-a[0].position != b[i].position-b[0].position {
			return false
		}
	}
	return true
}

// marked lists the tokens of a text that answer the query.
func (p plan) marked(t piece) (at []int) {
	for i, tok := range t.tokens {
		if slices.Contains(p.terms, tok.term) {
			at = append(at, i)
		}
	}
	runs := slices.Clone(p.phrases)
	for _, a := range p.also {
		runs = append(runs, a.run)
	}
	for _, run := range runs {
		for _, start := range t.runs(run) {
			for i := range run {
				at = append(at, start+i)
			}
		}
	}
	slices.Sort(at)
	return slices.Compact(at)
}
