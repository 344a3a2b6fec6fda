package desktest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"selfie/internal/fault"
	"selfie/moderation/escalation/desk"
)

// PNG is a picture of one pixel.
var PNG = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\xdac\xfc\xcf\xc0P\x0f\x00\x04\x85\x01\x80\x84\xa9\x8c!\x00\x00\x00\x00IEND\xaeB`\x82")

// suite is one run of the conformance suite; tests share the desk and tell
// their tickets apart by reference.
type suite struct {
	*testing.T
	desk  desk.Desk
	agent Agent
	caps  desk.Capabilities
	n     *atomic.Int64
	run   string
}

// Run holds a desk to the contract. agent acts at the same desk as a person.
func Run(t *testing.T, d desk.Desk, agent Agent) {
	s := suite{desk: d, agent: agent, caps: d.Capabilities(), n: &atomic.Int64{}, run: fmt.Sprintf("%x", time.Now().UnixNano())}
	for _, c := range []struct {
		name string
		test func(suite)
	}{
		{"check accepts a prepared desk", suite.check},
		{"a ticket is found by its reference", suite.find},
		{"a reference finds nothing that is like it", suite.findExactly},
		{"a ticket made twice is merged into the oldest", suite.merge},
		{"a post is found by its key", suite.findPost},
		{"posts stand in their order and are told as ours", suite.order},
		{"pictures survive byte for byte", suite.pictures},
		{"notes are not public", suite.notes},
		{"an agent's reply comes with author, text and files", suite.reply},
		{"an agent's comment is never public", suite.comment},
		{"every status can be set, and set again", suite.statuses},
		{"a status the desk does not know is refused", suite.badStatus},
		{"an agent's status is told", suite.agentStatus},
		{"changes go on from any cursor and come again from an old one", suite.cursor},
		{"a cursor of another desk is refused", suite.badCursor},
		{"a ticket that is not there is said to be so", suite.absent},
		{"a deleted ticket is gone", suite.deleted},
		{"any letters survive", suite.letters},
		{"posts side by side all arrive", suite.sideBySide},
		{"a call ends with its context", suite.cancelled},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := s
			s.T = t
			c.test(s)
		})
	}
}

func (s suite) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s suite) fails(err error, kinds ...fault.Kind) {
	s.Helper()
	f, ok := fault.As(err)
	if !ok || !slices.Contains(kinds, f.Kind) || f.Public == "" {
		s.Fatalf("want a fault of %v with a sentence, got %v", kinds, err)
	}
}

func (s suite) ref() string { return fmt.Sprintf("selfie-%s-%d", s.run, s.n.Add(1)) }
func (s suite) key() string { return fmt.Sprintf("k%s-%d", s.run, s.n.Add(1)) }

func (s suite) draft(ref string) desk.NewTicket {
	return desk.NewTicket{
		Ref: ref, Title: "The router blinks red", URL: "http://help.test/threads/" + ref, Notice: "PUBLIC: customers read what you reply.",
		Opening: desk.Post{Author: desk.Person{Name: "Ann"}, At: time.Unix(1_700_000_000, 0), HTML: "<p>Since this morning.</p>"},
	}
}

func (s suite) ticket() desk.Ticket {
	s.Helper()
	t, err := s.desk.Create(s.Context(), s.draft(s.ref()))
	s.ok(err)
	return t
}

func (s suite) post(html string) desk.Post {
	return desk.Post{Key: s.key(), Author: desk.Person{Name: "Ann"}, At: time.Unix(1_700_000_060, 0), URL: "http://help.test/p", HTML: html}
}

// since opens a cursor at this moment.
func (s suite) since() string {
	s.Helper()
	page, err := s.desk.Changes(s.Context(), "", 100)
	s.ok(err)
	if len(page.Changes) > 0 || page.Next == "" {
		s.Fatalf("the cursor of this moment: %+v", page)
	}
	return page.Next
}

// changes walks from a cursor and keeps what concerns a ticket, each once.
func (s suite) changes(cursor, ticket string, limit int) []desk.Change {
	s.Helper()
	var list []desk.Change
	seen := map[string]bool{}
	for range 1000 {
		page, err := s.desk.Changes(s.Context(), cursor, limit)
		s.ok(err)
		for _, c := range page.Changes {
			if !seen[c.ID] && c.Ticket == ticket {
				list = append(list, c)
			}
			seen[c.ID] = true
		}
		if cursor = page.Next; !page.More {
			return list
		}
	}
	s.Fatal("the walk over changes does not end")
	return nil
}

func (s suite) replies(cursor, ticket string) []desk.Change {
	s.Helper()
	return slices.DeleteFunc(s.changes(cursor, ticket, 100), func(c desk.Change) bool { return c.Kind != desk.Replied })
}

func (s suite) check() {
	s.ok(s.desk.Check(s.Context()))
	if s.caps.Name == "" || len(s.caps.StatusNames) == 0 {
		s.Fatalf("capabilities lack name or statuses: %+v", s.caps)
	}
}

func (s suite) find() {
	ref := s.ref()
	before, err := s.desk.Find(s.Context(), ref)
	s.ok(err)
	if len(before) != 0 {
		s.Fatalf("found before it was made: %v", before)
	}
	made, err := s.desk.Create(s.Context(), s.draft(ref))
	s.ok(err)
	found, err := s.desk.Find(s.Context(), ref)
	s.ok(err)
	if len(found) != 1 || found[0].ID != made.ID || found[0].Ref != ref || found[0].Status != desk.Open {
		s.Fatalf("made %+v, found %+v", made, found)
	}
	read, err := s.desk.Ticket(s.Context(), made.ID)
	s.ok(err)
	if read.ID != made.ID || read.Ref != ref || read.Status != desk.Open {
		s.Fatalf("read %+v", read)
	}
	if link := s.desk.Link(made.ID); !strings.HasPrefix(link, "http") || !strings.Contains(link, made.ID) {
		s.Fatalf("link %q", link)
	}
}

func (s suite) findExactly() {
	ref := s.ref()
	_, err := s.desk.Create(s.Context(), s.draft(ref))
	s.ok(err)
	for _, other := range []string{ref + "0", ref[:len(ref)-1], "x' OR id > 0 OR Subject = 'y", `\`, "%", "*"} {
		found, err := s.desk.Find(s.Context(), other)
		if err != nil && !fault.Is(err, fault.Invalid) {
			s.Fatalf("%q: %v", other, err)
		}
		for _, t := range found {
			if t.Ref == ref {
				s.Fatalf("%q finds %q", other, ref)
			}
		}
	}
}

func (s suite) merge() {
	ref := s.ref()
	var made [3]desk.Ticket
	for i := range made {
		var err error
		made[i], err = s.desk.Create(s.Context(), s.draft(ref))
		s.ok(err)
	}
	p := s.post("<p>on the copy</p>")
	_, err := s.desk.Append(s.Context(), made[1].ID, p)
	s.ok(err)
	found, err := s.desk.Find(s.Context(), ref)
	s.ok(err)
	if len(found) != 3 || found[0].ID != made[0].ID || found[2].ID != made[2].ID {
		s.Fatalf("want the three, oldest first: %+v", found)
	}
	for range 2 { // the second time changes nothing
		s.ok(s.desk.Merge(s.Context(), made[0].ID, made[1].ID))
		s.ok(s.desk.Merge(s.Context(), made[0].ID, made[2].ID))
	}
	found, err = s.desk.Find(s.Context(), ref)
	s.ok(err)
	if len(found) != 1 || found[0].ID != made[0].ID {
		s.Fatalf("after merging: %+v", found)
	}
	if !s.caps.HasMerge {
		return
	}
	t, err := s.desk.Ticket(s.Context(), made[2].ID)
	s.ok(err)
	if t.ID != made[0].ID {
		s.Fatalf("the merged one reads as %+v", t)
	}
	_, err = s.desk.FindPost(s.Context(), made[0].ID, p.Key)
	s.ok(err)
}

func (s suite) findPost() {
	t := s.ticket()
	p := s.post("<p>more</p>")
	_, err := s.desk.FindPost(s.Context(), t.ID, p.Key)
	s.fails(err, fault.NotFound)
	id, err := s.desk.Append(s.Context(), t.ID, p)
	s.ok(err)
	found, err := s.desk.FindPost(s.Context(), t.ID, p.Key)
	s.ok(err)
	if id == "" || found != id {
		s.Fatalf("appended as %q, found as %q", id, found)
	}
	_, err = s.desk.FindPost(s.Context(), t.ID, p.Key+"x")
	s.fails(err, fault.NotFound)
}

func (s suite) order() {
	t := s.ticket()
	cursor := s.since()
	var keys []string
	for i := range 3 {
		p := s.post(fmt.Sprintf("<p>post number %d</p>", i))
		_, err := s.desk.Append(s.Context(), t.ID, p)
		s.ok(err)
		keys = append(keys, p.Key)
	}
	got := s.replies(cursor, t.ID)
	if len(got) != 3 {
		s.Fatalf("three posts show as %+v", got)
	}
	for i, c := range got {
		if !c.Own || !c.Public || (s.caps.HasKeys && c.Key != keys[i]) || (i > 0 && c.Seq <= got[i-1].Seq) {
			s.Errorf("post %d shows as %+v", i, c)
		}
		e, err := s.desk.Read(s.Context(), c)
		s.ok(err)
		if body := e.HTML + e.Text; !strings.Contains(body, fmt.Sprintf("post number %d", i)) || !strings.Contains(body, desk.Marker(keys[i])) {
			s.Errorf("post %d reads %q", i, body)
		}
	}
}

func (s suite) pictures() {
	if !s.caps.HasAttachments {
		return
	}
	t := s.ticket()
	cursor := s.since()
	p := s.post("<p>see</p>")
	p.Attachments = []desk.Attachment{{Name: "blink.png", Type: "image/png", Data: PNG}, {Name: "two_2-b.png", Type: "image/png", Data: bytes.Repeat(PNG, 300)}}
	_, err := s.desk.Append(s.Context(), t.ID, p)
	s.ok(err)
	got := s.replies(cursor, t.ID)
	if len(got) != 1 {
		s.Fatalf("one post shows as %+v", got)
	}
	e, err := s.desk.Read(s.Context(), got[0])
	s.ok(err)
	s.samePictures(e.Attachments, p.Attachments)
	n := s.draft(s.ref())
	n.Opening.Attachments = p.Attachments
	_, err = s.desk.Create(s.Context(), n)
	s.ok(err)
}

func (s suite) samePictures(got, want []desk.Attachment) {
	s.Helper()
	if len(got) != len(want) {
		s.Fatalf("%d pictures, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i].Name != want[i].Name || got[i].Type != want[i].Type || !bytes.Equal(got[i].Data, want[i].Data) {
			s.Errorf("picture %d: %q %q %d bytes, want %q %d bytes", i, got[i].Name, got[i].Type, len(got[i].Data), want[i].Name, len(want[i].Data))
		}
	}
}

func (s suite) notes() {
	if !s.caps.HasInternalNotes {
		return
	}
	t := s.ticket()
	cursor := s.since()
	p := s.post("<p>for agents</p>")
	p.Internal = true
	id, err := s.desk.Append(s.Context(), t.ID, p)
	s.ok(err)
	found, err := s.desk.FindPost(s.Context(), t.ID, p.Key)
	s.ok(err)
	got := s.replies(cursor, t.ID)
	if found != id || len(got) != 1 || got[0].Public || !got[0].Own {
		s.Fatalf("the note %s shows as %+v", id, got)
	}
}

func (s suite) reply() {
	t := s.ticket()
	cursor := s.since()
	var files []desk.Attachment
	if s.caps.HasAttachments {
		files = []desk.Attachment{{Name: "how.png", Type: "image/png", Data: PNG}}
	}
	s.ok(s.agent.Reply(t.ID, "<p>Hold <b>reset</b> für 10 s.</p>", files...))
	got := s.replies(cursor, t.ID)
	if len(got) != 1 || !got[0].Public || got[0].Own || got[0].Key != "" || got[0].ID == "" || got[0].At.IsZero() {
		s.Fatalf("the reply shows as %+v", got)
	}
	e, err := s.desk.Read(s.Context(), got[0])
	s.ok(err)
	if e.Author != (desk.Person{Name: s.agent.Name, Email: s.agent.Email}) {
		s.Errorf("author %+v", e.Author)
	}
	if body := e.HTML + e.Text; !strings.Contains(body, "reset") || !strings.Contains(body, "für 10 s") {
		s.Errorf("text %q", body)
	}
	s.samePictures(e.Attachments, files)
}

func (s suite) comment() {
	t := s.ticket()
	cursor := s.since()
	s.ok(s.agent.Comment(t.ID, "<p>he is angry</p>"))
	for _, c := range s.replies(cursor, t.ID) {
		if c.Public {
			s.Fatalf("a private comment shows as %+v", c)
		}
	}
}

func (s suite) statuses() {
	t := s.ticket()
	for _, want := range []desk.Status{desk.Waiting, desk.Solved, desk.Open, desk.Solved, desk.Waiting, desk.Open} {
		if _, can := s.caps.StatusNames[want]; !can {
			continue
		}
		for range 2 {
			s.ok(s.desk.SetStatus(s.Context(), t.ID, want))
			now, err := s.desk.Ticket(s.Context(), t.ID)
			s.ok(err)
			if now.Status != want {
				s.Fatalf("set %s, stands %+v", want, now)
			}
		}
	}
}

func (s suite) badStatus() {
	t := s.ticket()
	s.fails(s.desk.SetStatus(s.Context(), t.ID, "nonsense"), fault.Invalid)
	now, err := s.desk.Ticket(s.Context(), t.ID)
	s.ok(err)
	if now.Status != desk.Open {
		s.Fatalf("it stands %+v", now)
	}
}

func (s suite) agentStatus() {
	t := s.ticket()
	cursor := s.since()
	s.ok(s.agent.SetStatus(t.ID, desk.Solved))
	told := slices.ContainsFunc(s.changes(cursor, t.ID, 100), func(c desk.Change) bool { return c.Kind == desk.StatusChanged && !c.Own })
	now, err := s.desk.Ticket(s.Context(), t.ID)
	s.ok(err)
	if !told || now.Status != desk.Solved {
		s.Fatalf("told: %v, stands %+v", told, now)
	}
}

func (s suite) cursor() {
	t := s.ticket()
	cursor := s.since()
	for i := range 4 {
		s.ok(s.agent.Comment(t.ID, fmt.Sprintf("<p>%d</p>", i)))
	}
	all := s.replies(cursor, t.ID)
	if len(all) != 4 || !slices.IsSortedFunc(all, func(a, b desk.Change) int { return int(a.Seq - b.Seq) }) {
		s.Fatalf("four comments show as %+v", all)
	}
	again := s.changes(cursor, t.ID, 1) // page by page
	again = slices.DeleteFunc(again, func(c desk.Change) bool { return c.Kind != desk.Replied })
	if len(again) != 4 || again[0].ID != all[0].ID || again[3].ID != all[3].ID {
		s.Fatalf("page by page: %+v, at once: %+v", again, all)
	}
	later := s.since()
	s.ok(s.agent.Comment(t.ID, "<p>last</p>"))
	if got := s.replies(later, t.ID); len(got) != 1 || got[0].Seq <= all[3].Seq {
		s.Fatalf("from the moment before the last: %+v", got)
	}
}

func (s suite) badCursor() {
	for _, c := range []string{"nonsense", "-1", "5-x", "9-1"} {
		_, err := s.desk.Changes(s.Context(), c, 10)
		s.fails(err, fault.Invalid)
	}
}

func (s suite) absent() {
	const none = "99999999"
	_, err := s.desk.Ticket(s.Context(), none)
	s.fails(err, fault.NotFound, fault.Gone)
	_, err = s.desk.Append(s.Context(), none, s.post("<p>x</p>"))
	s.fails(err, fault.NotFound, fault.Gone)
	_, err = s.desk.FindPost(s.Context(), none, s.key())
	s.fails(err, fault.NotFound, fault.Gone)
	s.fails(s.desk.SetStatus(s.Context(), none, desk.Solved), fault.NotFound, fault.Gone)
	_, err = s.desk.Read(s.Context(), desk.Change{ID: none, Ticket: none, Kind: desk.Replied})
	s.fails(err, fault.NotFound, fault.Gone)
}

func (s suite) deleted() {
	if s.agent.Delete == nil {
		return
	}
	ref := s.ref()
	t, err := s.desk.Create(s.Context(), s.draft(ref))
	s.ok(err)
	s.ok(s.agent.Delete(t.ID))
	_, err = s.desk.Ticket(s.Context(), t.ID)
	s.fails(err, fault.Gone)
	_, err = s.desk.Append(s.Context(), t.ID, s.post("<p>x</p>"))
	s.fails(err, fault.Gone)
	found, err := s.desk.Find(s.Context(), ref)
	s.ok(err)
	if len(found) != 0 {
		s.Fatalf("a deleted ticket is found: %+v", found)
	}
}

func (s suite) letters() {
	const odd = `Ünï & <i>“quoted”</i> '日本語' 🙂 \ %s`
	n := s.draft(s.ref())
	n.Title = odd + "\nsecond line"
	n.Opening.Author.Name = `<script>alert("1")</script>`
	t, err := s.desk.Create(s.Context(), n)
	s.ok(err)
	cursor := s.since()
	p := s.post("<p>Ünï &amp; “quoted” 日本語 🙂 \\ %s</p>" + strings.Repeat("<p>long line</p>", 2000))
	_, err = s.desk.Append(s.Context(), t.ID, p)
	s.ok(err)
	got := s.replies(cursor, t.ID)
	if len(got) != 1 {
		s.Fatalf("one post shows as %+v", got)
	}
	e, err := s.desk.Read(s.Context(), got[0])
	s.ok(err)
	if body := e.HTML + e.Text; !strings.Contains(body, "“quoted” 日本語 🙂 \\ %s") || strings.Count(body, "long line") != 2000 {
		s.Errorf("letters came back as %.200q", body)
	}
}

func (s suite) sideBySide() {
	t := s.ticket()
	var wg sync.WaitGroup
	errs := make([]error, 4)
	posts := make([]desk.Post, 4)
	for i := range posts {
		posts[i] = s.post(fmt.Sprintf("<p>side %d</p>", i))
		wg.Go(func() { _, errs[i] = s.desk.Append(s.Context(), t.ID, posts[i]) })
	}
	wg.Wait()
	s.ok(errors.Join(errs...))
	for _, p := range posts {
		_, err := s.desk.FindPost(s.Context(), t.ID, p.Key)
		s.ok(err)
	}
}

func (s suite) cancelled() {
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	if _, err := s.desk.Find(ctx, s.ref()); err == nil {
		s.Error("Find ignores its context")
	}
	if _, err := s.desk.Create(ctx, s.draft(s.ref())); err == nil {
		s.Error("Create ignores its context")
	}
	if _, err := s.desk.Changes(ctx, s.since(), 10); err == nil {
		s.Error("Changes ignores its context")
	}
}
