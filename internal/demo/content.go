package demo

import (
	"embed"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

//go:embed content/*.txt
var contentFiles embed.FS

// asked is a thread as the content files tell it:
//
//	=== label | title
//	by mia | ago 58d6h | tags lumen-one led | up 14 | metoo 9 | views 1840
//	the question
//	> tomas +20m a comment on what stands above
//	--- tomas +1h10m accepted+5h verified+1d up 24
//	an answer
//
// A + is the time since the question. "in SPACE" puts it elsewhere than where
// the file's name says, "private" is for asker and staff, "official" is the
// company's. A picture is drawn at ![alt](picture:name), [text](thread:label)
// leads to another thread.
type asked struct {
	label, title, space, by string
	ago                     time.Duration
	tags                    []string
	up, meToos, views       int
	private                 bool
	text
	answers []*answered
}

type answered struct {
	by                        string
	after, accepted, verified time.Duration
	up                        int
	official, private         bool
	text
}

// text is what a post says, with the comments under it.
type text struct {
	body     string
	comments []said
}

type said struct {
	by    string
	after time.Duration
	body  string
}

// content reads all files; what does not fit is an error that names the line.
func content() ([]*asked, error) {
	files, err := contentFiles.ReadDir("content")
	if err != nil {
		return nil, err
	}
	var all []*asked
	for _, f := range files {
		raw, err := contentFiles.ReadFile("content/" + f.Name())
		if err != nil {
			return nil, err
		}
		r := &reader{space: spaceOf(f.Name())}
		for i, line := range strings.Split(string(raw), "\n") {
			if err := r.take(line); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", f.Name(), i+1, err)
			}
		}
		all = append(all, r.all...)
	}
	return all, nil
}

// reader takes one line after the other.
type reader struct {
	space string
	all   []*asked
	into  *text
	facts bool // the next line holds a thread's facts
}

var comment = regexp.MustCompile(`^> ([a-z]+) \+(\S+) (.+)$`)

func (r *reader) take(line string) error {
	head, isThread := strings.CutPrefix(line, "=== ")
	answer, isAnswer := strings.CutPrefix(line, "--- ")
	switch {
	case isThread:
		label, title, ok := strings.Cut(head, " | ")
		if !ok {
			return fmt.Errorf("want a label and a title")
		}
		t := &asked{label: label, title: title, space: r.space}
		r.all, r.into, r.facts = append(r.all, t), &t.text, true
		return nil
	case r.into == nil:
		return nil
	case r.facts:
		r.facts = false
		return r.thread().fact(line)
	case isAnswer:
		return r.answer(answer)
	}
	if m := comment.FindStringSubmatch(line); m != nil {
		after, err := span(m[2])
		if err != nil || !known(m[1]) {
			return fmt.Errorf("who said that, and when? %q", line)
		}
		r.into.comments = append(r.into.comments, said{m[1], after, m[3]})
		return nil
	}
	r.into.body += line + "\n"
	return nil
}

func (r *reader) thread() *asked { return r.all[len(r.all)-1] }

func (t *asked) fact(line string) (err error) {
	for part := range strings.SplitSeq(line, " | ") {
		word, rest, _ := strings.Cut(strings.TrimSpace(part), " ")
		switch word {
		case "by":
			t.by = rest
		case "in":
			t.space = rest
		case "ago":
			t.ago, err = span(rest)
		case "tags":
			t.tags = strings.Fields(rest)
		case "up":
			t.up, err = strconv.Atoi(rest)
		case "metoo":
			t.meToos, err = strconv.Atoi(rest)
		case "views":
			t.views, err = strconv.Atoi(rest)
		case "private":
			t.private = true
		default:
			return fmt.Errorf("what is %q?", part)
		}
		if err != nil {
			return err
		}
	}
	if !known(t.by) || t.ago == 0 {
		return fmt.Errorf("want who asked, and when")
	}
	return nil
}

func (r *reader) answer(head string) (err error) {
	words := strings.Fields(head)
	if len(words) < 2 || !known(words[0]) {
		return fmt.Errorf("want who answered, and when")
	}
	a := &answered{by: words[0]}
	if a.after, err = span(strings.TrimPrefix(words[1], "+")); err != nil {
		return err
	}
	for i, w := range words[2:] {
		name, at, _ := strings.Cut(w, "+")
		switch name {
		case "accepted":
			a.accepted, err = span(at)
		case "verified":
			a.verified, err = span(at)
		case "official":
			a.official = true
		case "private":
			a.private = true
		case "up":
			if i+3 < len(words) {
				a.up, err = strconv.Atoi(words[i+3])
			}
		default:
			_, err = strconv.Atoi(w)
		}
		if err != nil {
			return err
		}
	}
	t := r.thread()
	t.answers, r.into = append(t.answers, a), &a.text
	return nil
}

// span reads a length of time with days: "58d6h".
func span(s string) (time.Duration, error) {
	days := 0
	if d, rest, ok := strings.Cut(s, "d"); ok {
		n, err := strconv.Atoi(d)
		if err != nil {
			return 0, err
		}
		days, s = n, rest
	}
	rest := time.Duration(0)
	if s != "" {
		var err error
		if rest, err = time.ParseDuration(s); err != nil {
			return 0, err
		}
	}
	return time.Duration(days)*24*time.Hour + rest, nil
}
