package synonyms

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"selfie/internal/fault"
)

// arrows are what may stand between the two sides of a group; the first is how
// it is printed.
var arrows = []string{"=>", "->", "→", "⇒"}

// Parse reads groups as an admin types them, one a line:
//
//	wifi, wi-fi, wlan
//	router => gateway, home hub
//
// What breaks a bound is Invalid, in a sentence that names the line.
func Parse(text string) ([]Group, error) {
	var groups []Group
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	for i, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		g, problem := readLine(line)
		if problem == "" {
			g, problem = clean(g)
		}
		if problem != "" {
			return nil, refuse("Line", i+1, problem)
		}
		groups = append(groups, g)
	}
	return bounded(groups)
}

// Clean puts groups into their usual form, and refuses those that break a bound.
func Clean(groups []Group) ([]Group, error) {
	cleaned := make([]Group, len(groups))
	for i, g := range groups {
		var problem string
		if cleaned[i], problem = clean(g); problem != "" {
			return nil, refuse("Group", i+1, problem)
		}
	}
	return bounded(cleaned)
}

func refuse(what string, n int, problem string) error {
	return fault.Field("groups", "%s", fmt.Sprintf("%s %d: %s", what, n, problem))
}

// bounded drops what is said twice and counts the rest.
func bounded(groups []Group) ([]Group, error) {
	had := map[string]bool{}
	groups = slices.DeleteFunc(groups, func(g Group) bool {
		key := strings.ToLower(g.String())
		again := had[key]
		had[key] = true
		return again
	})
	if len(groups) > MaxGroups {
		return nil, fault.Field("groups", "These are %d groups, and %d is the most. Leave out the ones that nobody searches for.", len(groups), MaxGroups)
	}
	return groups, nil
}

func readLine(line string) (g Group, problem string) {
	for _, arrow := range arrows[1:] {
		line = strings.ReplaceAll(line, arrow, arrows[0])
	}
	left, right, oneWay := strings.Cut(line, arrows[0])
	g.Words = strings.Split(left, ",")
	if !oneWay {
		return g, ""
	}
	if strings.Contains(right, arrows[0]) {
		return g, "it has two arrows. Write one line for each."
	}
	if g.Means = strings.Split(right, ","); strings.TrimSpace(left) == "" || strings.TrimSpace(right) == "" {
		return g, "an arrow needs words on both sides, like “router => gateway”."
	}
	return g, ""
}

// clean puts one group into its usual form, or says in a sentence what is wrong
// with it.
func clean(g Group) (cleaned Group, problem string) {
	if cleaned.Words, problem = cleanWords(g.Words, nil); problem != "" {
		return g, problem
	}
	if len(g.Means) == 0 {
		if len(cleaned.Words) < 2 {
			return g, "one word alone says nothing. Put a comma between words that mean the same, like “wifi, wlan”."
		}
		return cleaned, ""
	}
	if cleaned.Means, problem = cleanWords(g.Means, cleaned.Words); problem != "" {
		return g, problem
	}
	if len(cleaned.Words) == 0 || len(cleaned.Means) == 0 {
		return g, "an arrow needs words on both sides, and not the same ones."
	}
	return cleaned, ""
}

// cleanWords drops what is empty, there twice, or in without.
func cleanWords(list, without []string) (cleaned []string, problem string) {
	for _, w := range list {
		w = oneLine(w)
		is := func(other string) bool { return strings.EqualFold(other, w) }
		switch {
		case w == "" || slices.ContainsFunc(cleaned, is) || slices.ContainsFunc(without, is):
			continue
		case utf8.RuneCountInString(w) > MaxRunes:
			return nil, fmt.Sprintf("“%s…” is too long: %d characters are the most.", string([]rune(w)[:20]), MaxRunes)
		case !strings.ContainsFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }):
			return nil, fmt.Sprintf("“%s” has no letter and no digit, so nobody can search for it.", w)
		case strings.ContainsAny(w, ",") || strings.Contains(w, arrows[0]):
			return nil, fmt.Sprintf("“%s” has a comma or an arrow in it.", w)
		}
		cleaned = append(cleaned, w)
	}
	if len(cleaned) > MaxWords {
		return nil, fmt.Sprintf("it has %d words, and %d is the most.", len(cleaned), MaxWords)
	}
	return cleaned, ""
}

// oneLine makes every run of white space and control characters one space.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	for _, arrow := range arrows[1:] {
		s = strings.ReplaceAll(s, arrow, arrows[0])
	}
	return strings.Join(strings.Fields(s), " ")
}

// String writes a group as a line that Parse reads.
func (g Group) String() string {
	s := strings.Join(g.Words, ", ")
	if len(g.Means) > 0 {
		s += " " + arrows[0] + " " + strings.Join(g.Means, ", ")
	}
	return s
}

// Print writes groups as lines that Parse reads.
func Print(groups []Group) string {
	lines := make([]string, len(groups))
	for i, g := range groups {
		lines[i] = g.String()
	}
	return strings.Join(lines, "\n")
}
