package markup

import (
	"fmt"
	"strings"
	"testing"
)

// show writes a diff as people do, with changed words in braces.
func show(lines []DiffLine) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteByte(" -+"[l.Op])
		for _, s := range l.Spans {
			if s.Changed {
				fmt.Fprintf(&b, "{%s}", s.Text)
			} else {
				b.WriteString(s.Text)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestDiff(t *testing.T) {
	for _, tt := range []struct{ name, old, new, want string }{
		{"nothing", "", "", ""},
		{"equal", "a\nb", "a\nb", " a\n b\n"},
		{"first text", "", "a\n", "+{a}\n+\n"},
		{"emptied", "a", "", "-{a}\n"},
		{"word", "x\nthe red lamp blinks\ny", "x\nthe green lamp blinks\ny",
			" x\n-the {red} lamp blinks\n+the {green} lamp blinks\n y\n"},
		{"unrelated lines", "one two three", "alpha beta gamma", "-{one two three}\n+{alpha beta gamma}\n"},
		{"insert between", "a\nc", "a\nb\nc", " a\n+{b}\n c\n"},
		{"more lines than before", "restart the box", "restart the router\nand wait",
			"-restart the {box}\n+restart the {router}\n+{and wait}\n"},
		{"line end at the end", "a", "a\n", " a\n+\n"},
		{"move", "a\nb\nc\nd", "b\nc\na\nd", "-{a}\n b\n c\n+{a}\n d\n"},
		{"punctuation", "Is it on.", "Is it on?", "-Is it on{.}\n+Is it on{?}\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := show(Diff(tt.old, tt.new)); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

// rebuilt gives back what Diff was given.
func rebuilt(lines []DiffLine) (old, new string) {
	var a, b []string
	for _, l := range lines {
		if l.Op != Added {
			a = append(a, l.Text())
		}
		if l.Op != Removed {
			b = append(b, l.Text())
		}
	}
	return strings.Join(a, "\n"), strings.Join(b, "\n")
}

func TestDiffOfLargeTextsIsBounded(t *testing.T) {
	var a, b strings.Builder
	for i := range 15000 {
		fmt.Fprintf(&a, "%d\n", i%7)
		fmt.Fprintf(&b, "%d\n", i%11)
	}
	lines := Diff("same\n"+a.String()+"end", "same\n"+b.String()+"end")
	if lines[0].Op != Same || lines[len(lines)-1].Op != Same {
		t.Error("the common head and tail are not kept")
	}
	turns := 0
	for i := 1; i < len(lines); i++ {
		if lines[i].Op != lines[i-1].Op {
			turns++
		}
	}
	if turns != 3 {
		t.Errorf("the kind of line changes %d times, want the middle replaced whole", turns)
	}
	if old, new := rebuilt(lines); !strings.HasSuffix(old, a.String()+"end") || !strings.HasSuffix(new, b.String()+"end") {
		t.Error("the sides are not rebuilt")
	}
}

func TestDiffIsShortest(t *testing.T) {
	lines := Diff("a\nb\nc\na\nb\nb\na", "c\nb\na\nb\na\nc")
	changed := 0
	for _, l := range lines {
		if l.Op != Same {
			changed++
		}
	}
	if changed != 5 {
		t.Errorf("%d changed lines, Myers' own example has 5:\n%s", changed, show(lines))
	}
}

func FuzzDiff(f *testing.F) {
	f.Add("a\nb\nc", "a\nc\nd")
	f.Add("", "\n")
	f.Add("\xff a\r\nb", "\xff\xfe a\nb\n\n")
	f.Add("one three", "one two three")
	f.Add("one two three\nfour", "one 2 three\nfive\nfour")
	f.Fuzz(func(t *testing.T, old, new string) {
		lines := Diff(old, new)
		if a, b := rebuilt(lines); a != old || b != new {
			t.Errorf("rebuilt %q and %q from %q and %q", a, b, old, new)
		}
		for _, l := range lines {
			for i, s := range l.Spans {
				if s.Text == "" || i > 0 && l.Spans[i-1].Changed == s.Changed || l.Op == Same && s.Changed {
					t.Errorf("line %v has a span it should not", l)
				}
			}
		}
	})
}
