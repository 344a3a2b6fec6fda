package mongo

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"

	"selfie/internal/store"
	"selfie/internal/store/mongo/mongotest"
)

var shapeSchema = &store.Schema{Name: "shapes", Indexes: []store.Index{
	store.On("space", "-score", "name"),
	store.On("rank", "-score"),
	store.On("name"),
	store.OnUnique("slug"),
	store.OnUniqueSparse("mail", "rank"),
	store.OnSparse("owner.name", "-score"),
	store.OnSparse("-due"),
	store.On("tags[]", "-score"),
}}

// shape is a query, the document its cursor stands on ("" for no cursor), and
// the exact command it must become.
type shape struct {
	query store.Query
	after string
	want  string // filter, sort, hint
}

var shapes = []shape{
	{store.All(), ``, `{} {"_id":1} _id_`},
	{store.All().Reverse(), ``, `{} {"_id":-1} _id_`},
	{store.All(), `"id":"c"`, `{"_id":{"$gt":"c"}} {"_id":1} _id_`},
	{store.All().Reverse(), `"id":"c"`, `{"_id":{"$lt":"c"}} {"_id":-1} _id_`},

	{store.Where("name", "n"), ``, `{"name":"n"} {"_id":1} name`},
	{store.Where("name", nil), `"id":"c"`, `{"name":null,"_id":{"$gt":"c"}} {"_id":1} name`},
	{store.All().Order("name"), `"id":"c","name":"n"`, `{"name":{"$gte":"n"},"$or":[{"name":{"$gt":"n"}},{"name":"n","_id":{"$gt":"c"}}]} {"name":1,"_id":1} name`},
	{store.All().Order("-name"), `"id":"c","name":"n"`, `{"name":{"$not":{"$gt":"n"}},"$or":[{"name":{"$not":{"$gte":"n"}}},{"name":"n","_id":{"$lt":"c"}}]} {"name":-1,"_id":-1} name`},
	{store.All().Order("name"), `"id":"c"`, `{"$or":[{"name":{"$ne":null}},{"name":null,"_id":{"$gt":"c"}}]} {"name":1,"_id":1} name`},
	{store.All().Order("-name"), `"id":"c"`, `{"name":{"$eq":null},"$or":[{"name":null,"_id":{"$lt":"c"}}]} {"name":-1,"_id":-1} name`},

	{store.Where("space", "s").Order("-score"), ``, `{"space":"s"} {"score":-1,"name":1,"_id":1} space__score_desc__name`},
	{store.Where("space", "s"), `"id":"c","score":5,"name":"n"`, `{"space":"s","score":{"$not":{"$gt":5}},"$or":[{"score":{"$not":{"$gte":5}}},{"score":5,"name":{"$gt":"n"}},{"score":5,"name":"n","_id":{"$gt":"c"}}]} {"score":-1,"name":1,"_id":1} space__score_desc__name`},
	{store.Where("space", "s").Order("score"), `"id":"c","score":5,"name":"n"`, `{"space":"s","score":{"$gte":5},"$or":[{"score":{"$gt":5}},{"score":5,"name":{"$not":{"$gte":"n"}}},{"score":5,"name":"n","_id":{"$lt":"c"}}]} {"score":1,"name":-1,"_id":-1} space__score_desc__name`},
	{store.Where("space", "s"), `"id":"c"`, `{"space":"s","score":{"$eq":null},"$or":[{"score":null,"name":{"$ne":null}},{"score":null,"name":null,"_id":{"$gt":"c"}}]} {"score":-1,"name":1,"_id":1} space__score_desc__name`},
	{store.Where("space", "s").And("score", 5), `"id":"c","name":"n"`, `{"space":"s","score":5,"name":{"$gte":"n"},"$or":[{"name":{"$gt":"n"}},{"name":"n","_id":{"$gt":"c"}}]} {"name":1,"_id":1} space__score_desc__name`},

	{store.Where("space", "s").Between("score", 1, 9), ``, `{"space":"s","score":{"$gte":1,"$lte":9}} {"score":-1,"name":1,"_id":1} space__score_desc__name`},
	{store.Where("space", "s").Between("score", nil, nil), ``, `{"space":"s","score":{"$ne":null}} {"score":-1,"name":1,"_id":1} space__score_desc__name`},
	{store.Where("space", "s").Between("score", 1, 9), `"id":"c","score":5,"name":"n"`, `{"space":"s","score":{"$gte":1,"$lte":5},"$or":[{"score":{"$lt":5}},{"score":5,"name":{"$gt":"n"}},{"score":5,"name":"n","_id":{"$gt":"c"}}]} {"score":-1,"name":1,"_id":1} space__score_desc__name`},
	{store.Where("space", "s").Between("score", 1, 9).Reverse(), `"id":"c","score":5,"name":"n"`, `{"space":"s","score":{"$gte":5,"$lte":9},"$or":[{"score":{"$gt":5}},{"score":5,"name":{"$not":{"$gte":"n"}}},{"score":5,"name":"n","_id":{"$lt":"c"}}]} {"score":1,"name":-1,"_id":-1} space__score_desc__name`},
	{store.All().Between("rank", nil, 9), `"id":"c","rank":5,"score":1`, `{"rank":{"$gte":5,"$lte":9},"$or":[{"rank":{"$gt":5}},{"rank":5,"score":{"$not":{"$gte":1}}},{"rank":5,"score":1,"_id":{"$lt":"c"}}]} {"rank":1,"score":-1,"_id":-1} rank__score_desc`},
	{store.All().Between("rank", 7, 9), `"id":"c","rank":5,"score":1`, `{"rank":{"$gte":7,"$lte":9},"$or":[{"rank":{"$gt":5}},{"rank":5,"score":{"$not":{"$gte":1}}},{"rank":5,"score":1,"_id":{"$lt":"c"}}]} {"rank":1,"score":-1,"_id":-1} rank__score_desc`},

	{store.Where("slug", "x"), ``, `{"slug":"x"} {} slug__u`},
	{store.All().Order("slug"), ``, `{} {"slug":1} slug__u`},
	{store.All().Order("slug"), `"id":"c","slug":"x"`, `{"slug":{"$gt":"x"}} {"slug":1} slug__u`},
	{store.All().Order("-slug"), `"id":"c","slug":"x"`, `{"slug":{"$not":{"$gte":"x"}}} {"slug":-1} slug__u`},
	{store.All().Order("slug"), `"id":"c"`, `{"slug":{"$ne":null}} {"slug":1} slug__u`},
	{store.All().Order("-slug"), `"id":"c"`, `{"slug":{"$in":[]}} {"slug":-1} slug__u`},
	{store.Where("mail", "m"), `"id":"c","rank":5`, `{"mail":"m","rank":{"$gt":5}} {"rank":1} mail__rank__u__s`},
	{store.All().Order("mail"), `"id":"c","mail":"m","rank":5`, `{"mail":{"$gte":"m"},"$or":[{"mail":{"$gt":"m"}},{"mail":"m","rank":{"$gt":5}}]} {"mail":1,"rank":1} mail__rank__u__s`},
	{store.All().Order("-mail"), `"id":"c","mail":"m"`, `{"mail":{"$lte":"m"},"$or":[{"mail":{"$lt":"m"}}]} {"mail":-1,"rank":-1} mail__rank__u__s`},

	{store.All().Order("owner.name"), ``, `{"owner.name":{"$exists":true}} {"owner.name":1,"score":-1,"_id":-1} owner_name__score_desc__s`},
	{store.All().Order("owner.name"), `"id":"c","owner":{"name":"o"},"score":5`, `{"owner.name":{"$gte":"o"},"$or":[{"owner.name":{"$gt":"o"}},{"owner.name":"o","score":{"$not":{"$gte":5}}},{"owner.name":"o","score":5,"_id":{"$lt":"c"}}]} {"owner.name":1,"score":-1,"_id":-1} owner_name__score_desc__s`},
	{store.Where("owner.name", "o"), ``, `{"owner.name":"o"} {"score":-1,"_id":-1} owner_name__score_desc__s`},
	{store.All().Order("-due"), `"id":"c","due":5`, `{"due":{"$lte":5},"$or":[{"due":{"$lt":5}},{"due":5,"_id":{"$lt":"c"}}]} {"due":-1,"_id":-1} due_desc__s`},
	{store.All().Order("-due"), `"id":"c"`, `{"due":{"$exists":true,"$in":[]},"$or":[{"due":null,"_id":{"$lt":"c"}}]} {"due":-1,"_id":-1} due_desc__s`},
	{store.All().Between("due", nil, nil), ``, `{"due":{"$exists":true}} {"due":-1,"_id":-1} due_desc__s`},
	{store.All().Between("due", nil, 9).Reverse(), ``, `{"due":{"$lte":9}} {"due":1,"_id":1} due_desc__s`},

	{store.Where("tags[]", "x"), ``, `{"tags":"x"} {"score":-1,"_id":-1} tags_each__score_desc`},
	{store.Where("tags[]", "x"), `"id":"c","score":5`, `{"tags":"x","score":{"$not":{"$gt":5}},"$or":[{"score":{"$not":{"$gte":5}}},{"score":5,"_id":{"$lt":"c"}}]} {"score":-1,"_id":-1} tags_each__score_desc`},
}

func (sh shape) plan(t *testing.T) store.Plan {
	t.Helper()
	q := sh.query.Limit(20)
	p, err := q.Plan(shapeSchema)
	if err == nil && sh.after != "" {
		var cursor string
		if cursor, err = p.CursorOf(shapeSchema, store.Raw{JSON: []byte("{" + sh.after + "}")}); err == nil {
			p, err = q.After(cursor).Plan(shapeSchema)
		}
	}
	if err != nil {
		t.Fatalf("%+v: %v", sh.query, err)
	}
	return p
}

// listener collects the commands that an engine sends.
type listener struct {
	mu   sync.Mutex
	sent []bson.Raw
}

func (l *listener) monitor() *event.CommandMonitor {
	return &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.sent = append(l.sent, slices.Clone(e.Command))
	}}
}

// take returns what was sent since the last take under one of the names.
func (l *listener) take(names ...string) (sent []bson.Raw) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, command := range l.sent {
		if elements, _ := command.Elements(); len(elements) > 0 && slices.Contains(names, elements[0].Key()) {
			sent = append(sent, command)
		}
	}
	l.sent = nil
	return sent
}

func plain(t *testing.T, v bson.RawValue) string {
	t.Helper()
	text, err := bson.MarshalExtJSON(bson.D{{Key: "v", Value: v}}, false, false)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(strings.TrimPrefix(string(text), `{"v":`), "}")
}

func watched(t *testing.T, server mongotest.Server) (*Engine, *listener) {
	t.Helper()
	heard := &listener{}
	e, err := open(t.Context(), server.URI, mongotest.Database(t, server.URI), heard.monitor())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	if err := e.Migrate(t.Context(), []*store.Schema{shapeSchema}); err != nil {
		t.Fatal(err)
	}
	heard.take()
	return e, heard
}

// TestQueryShapes holds the exact command that each shape of query becomes.
func TestQueryShapes(t *testing.T) {
	e, heard := watched(t, mongotest.Server{URI: mongotest.Start(t)})
	for _, sh := range shapes {
		p := sh.plan(t)
		if _, err := e.Find(t.Context(), shapeSchema, p); err != nil {
			t.Errorf("%s: %v", sh.want, err)
		}
		sent := heard.take("find")
		if len(sent) != 1 {
			t.Fatalf("%s: %d commands", sh.want, len(sent))
		}
		got := fmt.Sprintf("%s %s %s", plain(t, sent[0].Lookup("filter")), sortSent(t, sent[0]), sent[0].Lookup("hint").StringValue())
		if got != sh.want || sent[0].Lookup("limit").AsInt64() != 20 {
			t.Errorf("\n got %s\nwant %s", got, sh.want)
		}
		count(t, e, heard, sh, p)
	}
}

func sortSent(t *testing.T, find bson.Raw) string {
	if v := find.Lookup("sort"); !v.IsZero() {
		return plain(t, v)
	}
	return "{}"
}

// count holds that a count has the filter and hint of the first page.
func count(t *testing.T, e *Engine, heard *listener, sh shape, p store.Plan) {
	t.Helper()
	if _, err := e.Count(t.Context(), shapeSchema, p); err != nil {
		t.Errorf("%s: count: %v", sh.want, err)
	}
	sent := heard.take("aggregate")
	if len(sent) != 1 {
		t.Fatalf("%s: %d counts", sh.want, len(sent))
	}
	p.After = nil
	want, err := bson.MarshalExtJSON(filterOf(p), false, false)
	if err != nil {
		t.Fatal(err)
	}
	got := plain(t, sent[0].Lookup("pipeline", "0", "$match"))
	if got != string(want) || sent[0].Lookup("hint").StringValue() != hintOf(p) {
		t.Errorf("count:\n got %s %s\nwant %s %s", got, sent[0].Lookup("hint"), want, hintOf(p))
	}
}

// TestPlansOfServer asks a real server how it would run each shape: by an
// index, never by a scan of the collection nor by sorting in memory.
func TestPlansOfServer(t *testing.T) {
	uri := os.Getenv(mongotest.RealServer)
	if uri == "" {
		t.Logf("NOT RUN: query plans of a real MongoDB; set %s=mongodb://…", mongotest.RealServer)
		return
	}
	e, heard := watched(t, mongotest.Server{URI: uri})
	for _, sh := range shapes {
		if _, err := e.Find(t.Context(), shapeSchema, sh.plan(t)); err != nil {
			t.Errorf("%s: %v", sh.want, err)
			continue
		}
		find := heard.take("find")[0]
		var asked bson.D
		for _, key := range []string{"find", "filter", "sort", "hint", "limit"} {
			if v := find.Lookup(key); !v.IsZero() {
				asked = append(asked, bson.E{Key: key, Value: v})
			}
		}
		plan, err := e.db.RunCommand(t.Context(), bson.D{{Key: "explain", Value: asked}, {Key: "verbosity", Value: "queryPlanner"}}).Raw()
		if err != nil {
			t.Errorf("%s: %v", sh.want, err)
			continue
		}
		stages := stagesOf(t, plan.Lookup("queryPlanner", "winningPlan"))
		if slices.Contains(stages, "COLLSCAN") || slices.Contains(stages, "SORT") {
			t.Errorf("%s: runs as %v", sh.want, stages)
		}
		heard.take()
	}
}

// stagesOf lists the stages anywhere in a plan.
func stagesOf(t *testing.T, plan bson.RawValue) (stages []string) {
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if stage, ok := v["stage"].(string); ok {
				stages = append(stages, stage)
			}
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	var tree any
	if err := json.Unmarshal([]byte(plain(t, plan)), &tree); err != nil {
		t.Fatal(err)
	}
	walk(tree)
	return stages
}
