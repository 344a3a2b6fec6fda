package main

import (
	"slices"
	"testing"
)

// own are the collections that the archive writes by itself.
var own = []string{"settings", "spaces", "members", "tags", "uploads", "threads", "answers", "comments", "votes", "interests", "revisions", "drafts", "views"}

// stays are the collections that no export carries, and why.
var stays = map[string]string{
	"saved_news":      "questions of the last minute, to be held against saved searches",
	"leases":          "who works, just now",
	"sweeps":          "how far the sweep of this deployment's pictures has come",
	"readers":         "when a node of this deployment last looked for pictures to read",
	"moves":           "what a move of this deployment's pictures was doing",
	"parked":          "events of this deployment that failed",
	"sessions":        "who is signed in here",
	"mails":           "what this deployment sends",
	"clocks":          "wound anew by what happens in a thread",
	"desk_deliveries": "what this deployment sends to a desk",
	"desk_health":     "how its desk does",
	"search_notes":    "learned anew from duplicates and visits",
	"rep_days":        "computed from the causes",
	"rep_scores":      "computed from the days",
	"rep_standings":   "computed from the months",
}

// TestEveryCollectionIsExportedOrStaysForAReason: whoever adds a collection
// decides what becomes of it when the community moves.
func TestEveryCollectionIsExportedOrStaysForAReason(t *testing.T) {
	a, err := open(t.Context(), &Config{Data: t.TempDir(), BaseURL: "http://localhost", RTURL: "http://127.0.0.1:1", RTToken: "token", RTQueue: "q"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	declared := map[string]bool{}
	for _, s := range a.db.Schemas() {
		declared[s.Name] = true
		if !slices.Contains(own, s.Name) && !slices.Contains(facts, s.Name) && stays[s.Name] == "" {
			t.Errorf("what becomes of %q in an export?", s.Name)
		}
	}
	for _, name := range slices.Concat(own, facts) {
		if !declared[name] {
			t.Errorf("%q is not declared", name)
		}
	}
}
