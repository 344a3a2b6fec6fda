package web

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"

	"selfie/internal/fault"
)

// The JSON API stands beside the pages and calls the same verbs. A request
// passes: who asks (bearer token or the browser's cookie) -> rate limit ->
// membership -> forgery check (cookies only) -> what the operation declares of
// its input -> handler. The OpenAPI document is made from the same declarations.
const (
	apiBase = "/api/v1"
	apiBody = 512 << 10 // bytes; the longest post, escaped, is below
)

// access says who may call an endpoint at all; the verbs decide the rest.
type access int

const (
	anyone access = iota
	membersOnly
	adminsOnly // others are told nothing
)

// endpoint declares one operation.
type endpoint struct {
	method, path string // path below apiBase, parameters as {name}
	id, tag      string // unique name, and the group it is listed in
	says         string // one line: what it does
	who          access
	limit        limitClass
	status       int // of success; 0 means 200, or 204 without a body
	body         *huma.RequestBody
}

// api is the JSON API being put together.
type api struct {
	s    *Server
	huma huma.API
}

// call is one request to the API.
type call struct {
	*request
	c *fiber.Ctx
}

type callKey struct{}

// nothing is the input of operations that take none.
type nothing struct{}

// reply carries a body to huma.
type reply[T any] struct{ Body T }

// mountAPI adds the API's routes and its description to the server.
func (s *Server) mountAPI() {
	s.fiber.Use("/api", s.apiEdge)
	a := &api{s: s}
	a.huma = humafiber.NewWithGroup(s.fiber, withHead{s.fiber}, a.config())
	a.huma.UseMiddleware(a.enter)
	s.apiSession(a)
	s.apiMe(a)
	s.apiMembers(a)
	s.apiSpaces(a)
	s.apiThreads(a)
	s.apiThreadActs(a)
	s.apiAnswers(a)
	s.apiComments(a)
	s.apiPosts(a)
	s.apiTags(a)
	s.apiUploads(a)
	s.apiWriting(a)
	s.apiSearch(a)
	s.apiSynonymRoutes(a)
	s.apiDeflection(a)
	s.apiNotifications(a)
	s.apiReview(a)
	s.apiPoints(a)
	s.apiCases(a)
	s.apiAdmin(a)
	s.apiHealth(a)
	s.describeAPI(a)
}

func (a *api) config() huma.Config {
	registry := huma.NewMapRegistry("#/components/schemas/", schemaName)
	json := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: readJSON}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Selfie", Version: "1",
				Description: "Questions, answers and everything around them. Times are RFC 3339 in UTC. Lists are paged: pass a page's `next` as `after`. " +
					"Errors are RFC 9457 problem documents. Send `Idempotency-Key` when posting, and a repeated post returns the first one.",
			},
			Servers:    []*huma.Server{{URL: a.s.base.String()}},
			Components: &huma.Components{Schemas: registry, Responses: map[string]*huma.Response{}, SecuritySchemes: securitySchemes()},
		},
		Formats:       map[string]huma.Format{"application/json": json, "json": json},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{translate},
	}
}

// schemaName is a view's name without the prefix it has in Go.
func schemaName(t reflect.Type, hint string) string {
	name := strings.ReplaceAll(huma.DefaultSchemaNamer(t, hint), "API", "")
	return strings.ReplaceAll(name, "Api", "")
}

func securitySchemes() map[string]*huma.SecurityScheme {
	return map[string]*huma.SecurityScheme{
		"token":  {Type: "http", Scheme: "bearer", Description: "The token that POST " + apiBase + "/session returns."},
		"cookie": {Type: "apiKey", In: "cookie", Name: sessionCookie, Description: "A browser's session. Requests that change something also carry the X-Csrf-Token of GET " + apiBase + "/session."},
	}
}

// withHead answers HEAD wherever GET is answered.
type withHead struct{ fiber.Router }

// Add implements fiber.Router.
func (r withHead) Add(method, path string, handlers ...fiber.Handler) fiber.Router {
	if method == fiber.MethodGet {
		r.Router.Add(fiber.MethodHead, path, handlers...)
	}
	return r.Router.Add(method, path, handlers...)
}

// serve registers an endpoint that answers with a T.
func serve[I, T any](a *api, e endpoint, h func(*call, *I) (T, error)) {
	huma.Register(a.huma, a.operation(e), func(ctx context.Context, in *I) (*reply[T], error) {
		k := ctx.Value(callKey{}).(*call)
		out, err := h(k, in)
		if err != nil {
			return nil, a.s.apiFault(k.c, k.request, err)
		}
		return &reply[T]{out}, nil
	})
}

// act registers an endpoint that answers with no content.
func act[I any](a *api, e endpoint, h func(*call, *I) error) {
	huma.Register(a.huma, a.operation(e), func(ctx context.Context, in *I) (*struct{}, error) {
		k := ctx.Value(callKey{}).(*call)
		if err := h(k, in); err != nil {
			return nil, a.s.apiFault(k.c, k.request, err)
		}
		return nil, nil
	})
}

const metaEndpoint = "endpoint"

func (a *api) operation(e endpoint) huma.Operation {
	o := huma.Operation{
		Method: e.method, Path: apiBase + e.path, OperationID: e.id, Summary: e.says, Tags: []string{e.tag},
		DefaultStatus: e.status, MaxBodyBytes: apiBody, BodyReadTimeout: readTimeout, RequestBody: e.body,
		Responses: map[string]*huma.Response{}, Metadata: map[string]any{metaEndpoint: e},
		Security: []map[string][]string{{"token": {}}, {"cookie": {}}},
	}
	if e.who == anyone {
		o.Security = append(o.Security, map[string][]string{}) // also without
	}
	for _, status := range e.refusals() {
		o.Responses[strconv.Itoa(status)] = &huma.Response{Ref: "#/components/responses/Problem"}
	}
	o.Responses["default"] = &huma.Response{Ref: "#/components/responses/Problem"}
	return o
}

// refusals are the statuses with which an endpoint may refuse; any other
// problem is the default response.
func (e endpoint) refusals() []int {
	list := []int{http.StatusUnprocessableEntity}
	if e.who > anyone {
		list = append(list, http.StatusUnauthorized)
	}
	if strings.Contains(e.path, "{") || e.who == adminsOnly {
		list = append(list, http.StatusNotFound)
	}
	if e.method != http.MethodGet {
		list = append(list, http.StatusForbidden, http.StatusConflict)
	}
	if e.limit != unlimited {
		list = append(list, http.StatusTooManyRequests)
	}
	return list
}

// enter admits a request before huma reads its input.
func (a *api) enter(ctx huma.Context, next func(huma.Context)) {
	c := humafiber.Unwrap(ctx)
	rq := a.s.of(c)
	op := ctx.Operation()
	if err := a.admit(c, rq, op); err != nil {
		_ = a.s.sendAPIProblem(c, rq, err) // marshalling our own struct
		return
	}
	next(huma.WithValue(ctx, callKey{}, &call{rq, c}))
}

func (a *api) admit(c *fiber.Ctx, rq *request, op *huma.Operation) error {
	e := op.Metadata[metaEndpoint].(endpoint)
	if err := a.s.limits.admit(e.limit, rq); err != nil {
		return err
	}
	if e.who > anyone && rq.actor.Guest() {
		return errSignIn
	}
	if e.who == adminsOnly && !rq.actor.IsAdmin() {
		return errNoPage
	}
	if err := a.s.checkAPIForgery(c, rq); err != nil {
		return err
	}
	return checkQuery(c, op)
}

// checkQuery refuses parameters that the operation does not know: a typing
// error in a filter must not return everything.
func checkQuery(c *fiber.Ctx, op *huma.Operation) error {
	for name := range c.Context().QueryArgs().All() {
		known := false
		for _, p := range op.Parameters {
			known = known || (p.In == "query" && p.Name == string(name))
		}
		if !known {
			return fault.Field(cut(string(name), 60), "There is no parameter of this name here. Look it up under /api/docs.")
		}
	}
	return nil
}

// statusError is what huma wants of an error.
var _ huma.StatusError = (*apiProblem)(nil)

func methodNotAllowed(err error) bool {
	var fe *fiber.Error
	return errors.As(err, &fe) && fe.Code == http.StatusMethodNotAllowed
}
