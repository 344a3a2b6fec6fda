package outbox

import (
	"encoding/json"
	"slices"
	"strconv"
	"testing"

	"selfie/internal/store"
)

func TestEmit(t *testing.T) {
	r := NewRoutes()
	r.Add("mail", "Posted", "Edited")
	r.Add("count", "Posted")
	r.Add("count", "Posted") // twice is once
	var b Box
	b.Emit(r, "p", Event{Kind: "Ignored", At: 5})
	b.Emit(r, "p", Event{Kind: "Posted", At: 7})
	b.Emit(r, "p", Event{Kind: "Edited", At: 9})
	want := `{"outbox":[` +
		`{"id":"p.2","kind":"Posted","at":7,"owes":[{"f":"mail"},{"f":"count"}]},` +
		`{"id":"p.3","kind":"Edited","at":9,"owes":[{"f":"mail"}]}],"events":3,"pending":7}`
	if got := asJSON(b); got != want {
		t.Errorf("box is\n%s, want\n%s", got, want)
	}
}

func TestEmitIntoFullBox(t *testing.T) {
	r := NewRoutes()
	r.Add("mail", "Posted")
	var b Box
	for range MaxPending {
		if !b.Emit(r, "p", Event{Kind: "Posted"}) {
			t.Fatal("refused before the bound")
		}
	}
	if b.Emit(r, "p", Event{Kind: "Posted"}) || b.Events != MaxPending {
		t.Errorf("took an event beyond the bound, numbered %d", b.Events)
	}
}

func TestStrike(t *testing.T) {
	debts := func(spec string) Box {
		var b Box
		if err := json.Unmarshal([]byte(spec), &b); err != nil {
			t.Fatal(err)
		}
		return b
	}
	const two = `{"outbox":[
		{"id":"p.1","at":5,"owes":[{"f":"a"},{"f":"b"}]},
		{"id":"p.2","at":6,"owes":[{"f":"a"}]}],"events":2,"pending":5}`
	for _, c := range []struct {
		name, box string
		outcomes  []outcome
		want      string
		changed   bool
	}{
		{"nothing", two, nil,
			`{"outbox":[{"id":"p.1","kind":"","at":5,"owes":[{"f":"a"},{"f":"b"}]},{"id":"p.2","kind":"","at":6,"owes":[{"f":"a"}]}],"events":2,"pending":5}`, false},
		{"one follower", two, []outcome{{"p.1", "a", true, Debt{}}},
			`{"outbox":[{"id":"p.1","kind":"","at":5,"owes":[{"f":"b"}]},{"id":"p.2","kind":"","at":6,"owes":[{"f":"a"}]}],"events":2,"pending":5}`, true},
		{"all of an event", two, []outcome{{"p.1", "a", true, Debt{}}, {"p.1", "b", true, Debt{}}},
			`{"outbox":[{"id":"p.2","kind":"","at":6,"owes":[{"f":"a"}]}],"events":2,"pending":6}`, true},
		{"everything", two, []outcome{{"p.1", "a", true, Debt{}}, {"p.1", "b", true, Debt{}}, {"p.2", "a", true, Debt{}}},
			`{"events":2}`, true},
		{"put off, and what is behind it waits too", two,
			[]outcome{{"p.1", "a", false, Debt{"a", 1, 900, "no"}}, {"p.1", "b", true, Debt{}}},
			`{"outbox":[{"id":"p.1","kind":"","at":5,"owes":[{"f":"a","n":1,"next":900,"err":"no"}]},{"id":"p.2","kind":"","at":6,"owes":[{"f":"a"}]}],"events":2,"pending":900}`, true},
		{"struck before", two, []outcome{{"p.0", "a", true, Debt{}}},
			`{"outbox":[{"id":"p.1","kind":"","at":5,"owes":[{"f":"a"},{"f":"b"}]},{"id":"p.2","kind":"","at":6,"owes":[{"f":"a"}]}],"events":2,"pending":5}`, false},
		{"a wrong pending is put right", `{"events":2,"pending":5}`, nil, `{"events":2}`, true},
		{"an event that owes nothing goes", `{"outbox":[{"id":"p.1","at":5,"owes":[]}],"events":1}`, nil, `{"events":1}`, true},
	} {
		b := debts(c.box)
		if got := b.strike(c.outcomes); got != c.changed {
			t.Errorf("%s: changed is %v", c.name, got)
		}
		if got := asJSON(b); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
		if b.strike(c.outcomes) && !slices.ContainsFunc(c.outcomes, func(o outcome) bool { return !o.struck }) {
			t.Errorf("%s: striking again changed something", c.name)
		}
	}
}

func TestBackoff(t *testing.T) {
	for tries, want := range map[int]int{1: 1, 2: 3, 3: 9, 4: 27, 5: 81, 6: 243, 7: 600, 8: 600, 50: 600} {
		least := seconds(want)
		for i := range 200 {
			event := "p." + strconv.Itoa(i)
			got := backoff(event, "mail", tries)
			if got < least || got >= least+least/4 {
				t.Fatalf("after %d tries wait %v, want %v and up to a quarter more", tries, got, least)
			}
			if got != backoff(event, "mail", tries) {
				t.Fatal("the jitter of one failure differs between two looks")
			}
		}
	}
	if backoff("p.1", "mail", 7) == backoff("p.2", "mail", 7) {
		t.Error("no jitter between events")
	}
}

func TestMustDeclare(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a carrier without the pending index was taken")
		}
	}()
	mustDeclare(&store.Schema{Name: "posts", Indexes: []store.Index{ChangedIndex()}}, PendingIndex())
}
