package soak

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// dumpSite is the Stack Exchange site whose dump the tests write themselves.
const dumpSite = "routers.meta"

// writeDump writes the dump of a small site: n questions, each with an answer
// and a comment, some accepted, some duplicates.
func writeDump(tb testing.TB, n int) (dir string) {
	tb.Helper()
	dir = filepath.Join(tb.TempDir(), dumpSite)
	if err := os.Mkdir(dir, 0o700); err != nil {
		tb.Fatal(err)
	}
	d := dump{rows: map[string][]string{}, people: n / 5}
	for i := range d.people {
		d.add("Users", "Id", i+1, "Reputation", 1, "CreationDate", d.at(0), "DisplayName", fmt.Sprintf("Person %d", i+1), "LastAccessDate", d.at(n), "Views", 0, "UpVotes", 0, "DownVotes", 0, "AccountId", 1000+i)
	}
	d.add("Tags", "Id", 1, "TagName", "signal", "Count", n)
	d.add("Tags", "Id", 2, "TagName", "power", "Count", n)
	for i := range n {
		d.question(i)
	}
	for _, name := range []string{"Users", "Tags", "Posts", "Comments", "Votes", "PostLinks", "Badges"} {
		d.write(tb, dir, name)
	}
	return dir
}

type dump struct {
	rows   map[string][]string // by file
	people int
}

// question adds question 2i+1 with its answer 2i+2.
func (d *dump) question(i int) {
	q, a := 2*i+1, 2*i+2
	var rest []any
	if i%2 == 0 {
		rest = append(rest, "AcceptedAnswerId", a)
		d.add("Votes", "Id", 10*i+1, "PostId", a, "VoteTypeId", 1, "CreationDate", d.at(i))
	}
	if i > 0 && i%7 == 0 {
		rest = append(rest, "ClosedDate", d.at(i+3))
		d.add("PostLinks", "Id", i, "CreationDate", d.at(i), "PostId", q, "RelatedPostId", q-2, "LinkTypeId", 3)
	}
	body := fmt.Sprintf("<p>The light of unit %d blinks <strong>red</strong>, see <a href=\"https://example.org/%d\">here</a>.</p>\n<ul><li>restarted</li><li>waited</li></ul>", i, i)
	d.add("Posts", append([]any{"Id", q, "PostTypeId", 1, "CreationDate", d.at(i), "Score", 1, "ViewCount", 10 + i, "Body", body, "OwnerUserId", i%d.people + 1,
		"Title", fmt.Sprintf("What does the red light of unit %d mean?", i), "Tags", "|signal|power|", "AnswerCount", 1, "CommentCount", 0, "LastActivityDate", d.at(i)}, rest...)...)
	d.add("Posts", "Id", a, "PostTypeId", 2, "ParentId", q, "CreationDate", d.at(i+1), "Score", 1, "Body", fmt.Sprintf("<p>No line. Check the cable of <code>unit %d</code>.</p>", i), "OwnerUserId", (i+1)%d.people+1, "CommentCount", 1, "LastActivityDate", d.at(i+1))
	d.add("Comments", "Id", i+1, "PostId", a, "Score", 0, "Text", fmt.Sprintf("That was it for %d, thank you!", i), "CreationDate", d.at(i+2), "UserId", i%d.people+1)
	d.add("Votes", "Id", 10*i+2, "PostId", q, "VoteTypeId", 2, "CreationDate", d.at(i))
	d.add("Votes", "Id", 10*i+3, "PostId", a, "VoteTypeId", 2, "CreationDate", d.at(i))
}

func (d *dump) at(hours int) string {
	return time.Date(2019, 3, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(hours) * time.Hour).Format("2006-01-02T15:04:05.000")
}

// add adds a row of names and values by turns.
func (d *dump) add(file string, pairs ...any) {
	var b strings.Builder
	b.WriteString("  <row")
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&b, " %s=\"%s\"", pairs[i], html.EscapeString(fmt.Sprint(pairs[i+1])))
	}
	d.rows[file] = append(d.rows[file], b.String()+" />\n")
}

func (d *dump) write(tb testing.TB, dir, file string) {
	root := strings.ToLower(file)
	text := "\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<" + root + ">\n" + strings.Join(d.rows[file], "") + "</" + root + ">\n"
	if err := os.WriteFile(filepath.Join(dir, file+".xml"), []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}
