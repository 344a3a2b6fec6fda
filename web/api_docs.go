package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sort"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
)

// describeAPI finishes the OpenAPI document and serves it: as JSON for
// programs, and as a page for people.
func (s *Server) describeAPI(a *api) {
	doc := a.huma.OpenAPI()
	schemas := doc.Components.Schemas
	doc.Components.Responses["Problem"] = &huma.Response{
		Description: "The request was not carried out.",
		Content:     map[string]*huma.MediaType{problemType: {Schema: schemas.Schema(reflect.TypeFor[apiProblem](), true, "Problem")}},
	}
	for _, unused := range []string{"ErrorModel", "ErrorDetail"} { // huma's own problems never leave
		delete(schemas.Map(), unused)
	}
	body, err := json.Marshal(doc)
	if err != nil {
		panic("web: OpenAPI document: " + err.Error())
	}
	page := docsPage(doc)
	spec := &rendered{etag: etagOf(body), plain: body}
	s.getPage("/api/openapi.json", unlimited, func(c *fiber.Ctx, _ *request) error {
		c.Set(fiber.HeaderContentType, "application/openapi+json")
		c.Set(fiber.HeaderCacheControl, "public, no-cache")
		return s.deliver(c, &rendered{etag: spec.etag, plain: spec.plain})
	})
	s.getPage("/api/docs", unlimited, func(c *fiber.Ctx, rq *request) error {
		return s.show(c, rq, "api", "API", page, func(v *view) { v.Canonical = "/api/docs" })
	})
}

// docsData is the page that lists the operations.
type docsData struct {
	About  string
	Groups []docsGroup
}

type docsGroup struct {
	Name string
	List []docsOperation
}

type docsOperation struct {
	ID, Method, Path, Says, Who string
	Inputs                      []docsField
	Success                     []docsField
	Status                      int
}

// docsField is one line of a description: "body.title", "string, required".
type docsField struct{ Name, Type, Says string }

func docsPage(doc *huma.OpenAPI) *docsData {
	d := &docsData{About: doc.Info.Description}
	groups := map[string]int{}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		for _, o := range operationsOf(doc.Paths[path]) {
			name := o.Tags[0]
			if _, ok := groups[name]; !ok {
				groups[name] = len(d.Groups)
				d.Groups = append(d.Groups, docsGroup{Name: name})
			}
			g := &d.Groups[groups[name]]
			g.List = append(g.List, docsOf(doc, o))
		}
	}
	sort.SliceStable(d.Groups, func(i, j int) bool { return d.Groups[i].Name < d.Groups[j].Name })
	return d
}

func operationsOf(p *huma.PathItem) []*huma.Operation {
	var list []*huma.Operation
	for _, o := range []*huma.Operation{p.Get, p.Post, p.Put, p.Patch, p.Delete} {
		if o != nil {
			list = append(list, o)
		}
	}
	return list
}

func docsOf(doc *huma.OpenAPI, o *huma.Operation) docsOperation {
	e := o.Metadata[metaEndpoint].(endpoint)
	d := docsOperation{ID: o.OperationID, Method: o.Method, Path: o.Path, Says: o.Summary, Status: o.DefaultStatus, Who: [...]string{"everyone", "members", "admins"}[e.who]}
	for _, p := range o.Parameters {
		d.Inputs = append(d.Inputs, docsField{p.Name, p.In + ", " + typeName(p.Schema, p.Required), p.Description})
	}
	if o.RequestBody != nil {
		for _, m := range o.RequestBody.Content {
			d.Inputs = append(d.Inputs, docsFields(doc, m.Schema)...)
		}
	}
	if r := o.Responses[fmt.Sprint(o.DefaultStatus)]; r != nil && r.Content["application/json"] != nil {
		d.Success = docsFields(doc, r.Content["application/json"].Schema)
	}
	return d
}

func docsFields(doc *huma.OpenAPI, s *huma.Schema) []docsField {
	if s.Ref != "" {
		s = doc.Components.Schemas.SchemaFromRef(s.Ref)
	}
	var list []docsField
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if p := s.Properties[name]; name != "$schema" {
			list = append(list, docsField{name, typeName(p, slices.Contains(s.Required, name)), p.Description})
		}
	}
	return list
}

func typeName(s *huma.Schema, required bool) string {
	name := s.Type
	switch {
	case s.Ref != "":
		name = s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
	case s.Type == "array" && s.Items != nil:
		name = "list of " + typeName(s.Items, true)
	case len(s.Enum) > 0:
		var words []string
		for _, w := range s.Enum {
			words = append(words, fmt.Sprintf("%q", w))
		}
		name = "one of " + strings.Join(words, " ")
	case s.Format == "date-time":
		name = "time"
	}
	if !required {
		name += ", optional"
	}
	return name
}
