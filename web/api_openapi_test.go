package web_test

import (
	"encoding/json"
	"regexp"
	"sort"
	"strings"
	"testing"
)

var routeParam = regexp.MustCompile(`:(\w+)`)

// TestOpenAPIHoldsAgainstRoutes reads the document as a client would and
// compares it with what fiber really routes, both ways.
func TestOpenAPIHoldsAgainstRoutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doc := openAPI(t, w)
	described := map[string]bool{}
	for path, item := range doc["paths"].(m) {
		for method := range item.(m) {
			described[strings.ToUpper(method)+" "+path] = true
		}
	}
	routed := map[string]bool{}
	for _, r := range w.site.App().GetRoutes(true) {
		if strings.HasPrefix(r.Path, "/api/v1") && r.Method != "HEAD" {
			routed[r.Method+" "+routeParam.ReplaceAllString(r.Path, "{$1}")] = true
		}
	}
	for _, x := range difference(routed, described) {
		t.Errorf("%s is routed and not described", x)
	}
	for _, x := range difference(described, routed) {
		t.Errorf("%s is described and not routed", x)
	}
	if len(described) < 80 {
		t.Errorf("only %d operations", len(described))
	}
}

func difference(a, b map[string]bool) (list []string) {
	for x := range a {
		if !b[x] {
			list = append(list, x)
		}
	}
	sort.Strings(list)
	return list
}

func openAPI(t *testing.T, w *world) m {
	t.Helper()
	got := w.do(w.visit("guest"), sending{method: "GET", path: "/api/openapi.json"})
	var doc m
	if err := json.Unmarshal([]byte(got.body), &doc); err != nil || got.status != 200 {
		t.Fatalf("%d: %v", got.status, err)
	}
	return doc
}

// TestOpenAPIIsSound checks the structure that 3.1 asks for.
func TestOpenAPIIsSound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doc := openAPI(t, w)
	if v, _ := doc["openapi"].(string); !strings.HasPrefix(v, "3.1.") {
		t.Errorf("openapi: %v", doc["openapi"])
	}
	if info := doc["info"].(m); info["title"] == "" || info["version"] == "" {
		t.Errorf("info: %v", info)
	}
	refsResolve(t, doc, doc)
	ids := map[string]string{}
	for path, item := range doc["paths"].(m) {
		for method, op := range item.(m) {
			checkOperation(t, doc, strings.ToUpper(method)+" "+path, path, op.(m), ids)
		}
	}
}

func checkOperation(t *testing.T, doc m, name, path string, op m, ids map[string]string) {
	t.Helper()
	id, _ := op["operationId"].(string)
	if id == "" || ids[id] != "" {
		t.Errorf("%s: operationId %q is empty, or also that of %s", name, id, ids[id])
	}
	ids[id] = name
	if op["summary"] == nil || op["tags"] == nil || op["security"] == nil {
		t.Errorf("%s: no summary, tag or security", name)
	}
	for _, want := range routeNames(path) {
		if !hasParameter(op, want) {
			t.Errorf("%s: the path parameter %s is not described", name, want)
		}
	}
	success := false
	for status, r := range op["responses"].(m) {
		response := resolve(doc, r.(m))
		problem := !strings.HasPrefix(status, "2")
		success = success || !problem
		checkResponse(t, name+" "+status, response, problem, status == "204")
	}
	if !success || op["responses"].(m)["default"] == nil || op["responses"].(m)["422"] == nil {
		t.Errorf("%s: success, default and 422 are not all described", name)
	}
}

func checkResponse(t *testing.T, name string, response m, problem, empty bool) {
	t.Helper()
	if response["description"] == nil {
		t.Errorf("%s: no description", name)
	}
	content, _ := response["content"].(m)
	if empty {
		if len(content) > 0 {
			t.Errorf("%s: 204 with content", name)
		}
		return
	}
	want := "application/json"
	if problem {
		want = "application/problem+json"
	}
	media, _ := content[want].(m)
	if media == nil || media["schema"] == nil {
		t.Errorf("%s: no schema for %s: %v", name, want, content)
	}
}

var pathName = regexp.MustCompile(`\{(\w+)\}`)

func routeNames(path string) (names []string) {
	for _, x := range pathName.FindAllStringSubmatch(path, -1) {
		names = append(names, x[1])
	}
	return names
}

func hasParameter(op m, name string) bool {
	list, _ := op["parameters"].([]any)
	for _, p := range list {
		if p := p.(m); p["in"] == "path" && p["name"] == name && p["required"] == true {
			return true
		}
	}
	return false
}

func resolve(doc, x m) m {
	ref, ok := x["$ref"].(string)
	if !ok {
		return x
	}
	var at any = doc
	for _, part := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		inner, _ := at.(m)
		at = inner[part]
	}
	found, _ := at.(m)
	return found
}

// refsResolve fails for every reference that leads nowhere.
func refsResolve(t *testing.T, doc m, x any) {
	t.Helper()
	switch x := x.(type) {
	case m:
		if ref, ok := x["$ref"].(string); ok && resolve(doc, x) == nil {
			t.Errorf("%s leads nowhere", ref)
		}
		for _, inner := range x {
			refsResolve(t, doc, inner)
		}
	case []any:
		for _, inner := range x {
			refsResolve(t, doc, inner)
		}
	}
}

// TestDocsPage shows every operation to people, within the site's own policy.
func TestDocsPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.do(w.visit("guest"), sending{method: "GET", path: "/api/docs"})
	if got.status != 200 || !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") || !strings.Contains(got.header.Get("Content-Security-Policy"), "script-src 'self'") {
		t.Fatalf("%d %v", got.status, got.header)
	}
	for path, item := range openAPI(t, w)["paths"].(m) {
		for method := range item.(m) {
			if !strings.Contains(got.body, strings.ToUpper(method)+" "+path+"<") {
				t.Errorf("%s %s is not on the page", method, path)
			}
		}
	}
	for _, foreign := range []string{`src="http`, `href="http://unpkg`, "style="} {
		if strings.Contains(got.body, foreign) {
			t.Errorf("the page holds %q", foreign)
		}
	}
}
