// Package layers holds the code to its layers: which package may import which,
// and why not.
package layers

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rule says what the packages below a prefix may import of this module. The
// first rule that matches a package counts.
type rule struct {
	under  string
	may    []string // prefixes; a package may always import its own subtree
	reason string
}

var rules = []rule{
	{"cmd/", []string{""}, "cmd wires everything together"},
	{"internal/demo", []string{"community", "internal", "media", "moderation", "reputation", "search"}, "the demonstration plays the whole product"},
	{"internal/generate", []string{"community", "internal"}, "generated communities are made of posts"},
	{"internal/scene", []string{"community", "internal", "media", "search"}, "stories are told with the real parts"},
	{"internal/demo", []string{"community", "internal", "media", "moderation", "reputation", "search"}, "the demonstration is told with the real parts"},
	{"internal/fault", nil, "error kinds stand at the bottom"},
	{"internal/store/mongo/mongotest", []string{"internal/store"}, "a test server knows the store alone"},
	{"internal/store", []string{"internal/fault"}, "the store knows documents, not what they mean"},
	{"internal/outbox", []string{"internal/fault", "internal/store"}, "events are carried by documents"},
	{"internal/", []string{"internal", "cmd"}, "internal packages serve the product, they do not know it"},
	{"community/markup", nil, "markup is pure: text in, safe HTML out"},
	{"community/notify", []string{"community", "internal"}, "notify follows the community and nothing beside it"},
	{"community/archive", []string{"community", "internal", "media"}, "an archive holds posts and their pictures"},
	{"community", []string{"community/markup", "internal"}, "the community imports no sibling: it declares the small interface it needs"},
	{"media", []string{"internal"}, "pictures do not know whose they are"},
	{"search", []string{"community", "internal"}, "search reads the community"},
	{"reputation", []string{"community", "internal"}, "reputation reads the community"},
	{"moderation", []string{"community", "internal", "media", "reputation", "search"}, "moderation judges what the community wrote"},
	{"web", []string{"community", "internal/fault", "internal/store", "media", "moderation", "reputation", "search"}, "web calls verbs"},
}

// engines are what only wiring and tests may reach.
var engines = []string{"internal/store/sqlite", "internal/store/mongo", "media/disk", "media/s3"}

type pkg struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "selfie/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

func TestImportsKeepTheirLayers(t *testing.T) {
	list := packages(t)
	if list = slices.DeleteFunc(list, func(p pkg) bool { return strings.HasPrefix(p.ImportPath, "selfie/tmp/") }); len(list) < 15 {
		t.Fatalf("go list found only %d packages", len(list))
	}
	for _, p := range list {
		name := strings.TrimPrefix(p.ImportPath, "selfie/")
		i := slices.IndexFunc(rules, func(r rule) bool { return strings.HasPrefix(name+"/", r.under) || strings.HasPrefix(name, r.under) })
		if i < 0 {
			t.Errorf("%s is in no layer: name one in this test, or put it where it belongs", name)
			continue
		}
		for _, imp := range p.Imports {
			checkImport(t, name, imp, rules[i])
		}
	}
}

func checkImport(t *testing.T, name, imp string, r rule) {
	t.Helper()
	target, ours := strings.CutPrefix(imp, "selfie/")
	if !ours {
		if strings.HasPrefix(imp, "github.com/gofiber/") && name != "web" && !strings.HasPrefix(name, "web/") {
			t.Errorf("%s imports %s: web is the only user of fiber", name, imp)
		}
		return
	}
	if within(target, r.under) || slices.ContainsFunc(r.may, func(m string) bool { return within(target, m) }) {
		if slices.Contains(engines, target) && !strings.HasPrefix(name, "cmd/") && name != "internal/scene" && !strings.HasPrefix(name, target) {
			t.Errorf("%s imports the engine %s: only wiring chooses an engine", name, target)
		}
		return
	}
	t.Errorf("%s must not import %s: %s", name, target, r.reason)
}

func within(target, prefix string) bool {
	prefix = strings.TrimSuffix(prefix, "/")
	return prefix == "" || target == prefix || strings.HasPrefix(target, prefix+"/")
}
