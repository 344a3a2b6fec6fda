package store

import "testing"

func TestIndexName(t *testing.T) {
	for _, c := range []struct {
		ix   Index
		want string
	}{
		{On("space", "-score"), "space__score_desc"},
		{OnUnique("space", "slug"), "space__slug__u"},
		{OnSparse("stats.due"), "stats_due__s"},
		{OnUniqueSparse("mail"), "mail__u__s"},
		{On("tags[]", "-stats.activity"), "tags_each__stats_activity_desc"},
	} {
		if got := c.ix.Name(); got != c.want {
			t.Errorf("named %q, want %q", got, c.want)
		}
	}
	if !On("a", "-b").IDDesc() || On("-a", "b").IDDesc() || (Index{}).IDDesc() {
		t.Error("the id does not follow the last field's direction")
	}
}

func TestSchemaValidate(t *testing.T) {
	for name, c := range map[string]struct {
		s  Schema
		ok bool
	}{
		"plain":                   {Schema{"posts", []Index{On("a"), On("-a"), OnSparse("a"), On("a", "b.c_d"), On("l[]", "a")}}, true},
		"no indexes":              {Schema{"more_posts", nil}, true},
		"no name":                 {Schema{"", nil}, false},
		"a name to be quoted":     {Schema{"Posts", nil}, false},
		"an injected name":        {Schema{"posts; drop", nil}, false},
		"one index twice":         {Schema{"posts", []Index{On("a"), On("a")}}, false},
		"two that share a name":   {Schema{"posts", []Index{On("a.b"), On("a_b")}}, false},
		"no fields":               {Schema{"posts", []Index{{}}}, false},
		"an empty path":           {Schema{"posts", []Index{On("")}}, false},
		"a path with a quote":     {Schema{"posts", []Index{On("a'b")}}, false},
		"a path with a gap":       {Schema{"posts", []Index{On("a..b")}}, false},
		"an operator":             {Schema{"posts", []Index{On("$where")}}, false},
		"the id":                  {Schema{"posts", []Index{On("a", "id")}}, false},
		"one field twice":         {Schema{"posts", []Index{On("a", "-a")}}, false},
		"a unique list":           {Schema{"posts", []Index{OnUnique("l[]")}}, false},
		"a descending list":       {Schema{"posts", []Index{On("-l[]")}}, false},
		"a list behind the first": {Schema{"posts", []Index{{Fields: []Field{{Path: "a"}, {Path: "l", List: true}}}}}, false},
	} {
		if err := c.s.validate(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type note struct{ Meta }

func TestDeclarePanics(t *testing.T) {
	db := Open(nil, nil)
	Declare[note](db, "notes")
	for name, f := range map[string]func(){
		"twice":             func() { Declare[note](db, "notes") },
		"badly":             func() { Declare[note](db, "Bad") },
		"with a list later": func() { Declare[note](db, "more", On("a", "l[]")) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("was let in")
				}
			}()
			f()
		})
	}
	if got := db.Schemas(); len(got) != 1 || got[0].Name != "notes" {
		t.Errorf("declared %+v", got)
	}
}
