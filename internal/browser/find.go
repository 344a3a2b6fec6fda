package browser

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// What can be pressed, followed and filled, by the roles that the browser tells
// assistive technology.
var (
	pressable = []string{"button", "ToggleButton", "PopUpButton", "DisclosureTriangle", "DisclosureTriangleGrouped", "checkbox", "radio", "switch", "tab"}
	fillable  = []string{"textbox", "searchbox", "combobox", "spinbutton", "listbox"}
)

// In looks only at the part of the page that the selector names, for one chain
// of calls: b.In("article.answer").Press("This helps").
func (b *Tab) In(selector string) *Tab {
	part := *b
	part.in = selector
	return &part
}

// control is a thing of the page that has a name.
type control struct {
	role, name string
	node       cdp.BackendNodeID
}

// controls lists what of the given roles is in sight of assistive technology.
func (b *Tab) controls(roles []string) ([]control, error) {
	root, err := chromedp.Call(b.ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: b.part()})
	if err != nil {
		return nil, err
	}
	if root.Result == nil || root.Result.ObjectID == "" {
		return nil, fmt.Errorf("there is no %s", b.in)
	}
	res, err := chromedp.Call(b.ctx, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{ObjectID: root.Result.ObjectID})
	if err != nil {
		return nil, err
	}
	var list []control
	for _, n := range res.Nodes {
		if role := text(n.Role); !n.Ignored && slices.Contains(roles, role) {
			list = append(list, control{role, flat(text(n.Name)), n.BackendDOMNodeID})
		}
	}
	return list, nil
}

// part is the expression of what is looked at.
func (b *Tab) part() string {
	if b.in == "" {
		return `document`
	}
	return `document.querySelector(` + quote(b.in) + `)`
}

func text(v *accessibility.Value) string {
	var s string
	if v != nil {
		_ = json.Unmarshal(v.Value, &s) // other types have no text
	}
	return s
}

func flat(s string) string { return strings.Join(strings.Fields(s), " ") }

// find looks for a control by its whole name, else by the beginning of it
// (“Tags optional” is found as “Tags”).
func (b *Tab) find(name string, roles []string) control {
	b.t.Helper()
	var found control
	err := b.until(func() (err error) {
		found, err = b.look(name, roles)
		return err
	})
	if err != nil {
		b.fatalf("looking for %q: %v", name, err)
	}
	return found
}

func (b *Tab) look(name string, roles []string) (control, error) {
	list, err := b.controls(roles)
	if err != nil {
		return control{}, err
	}
	for _, fits := range []func(string) bool{
		func(n string) bool { return n == name },
		func(n string) bool { return strings.HasPrefix(n, name) },
	} {
		if i := slices.IndexFunc(list, func(c control) bool { return fits(c.name) }); i >= 0 {
			return list[i], nil
		}
	}
	var names []string
	for _, c := range list {
		names = append(names, fmt.Sprintf("%s %q", c.role, c.name))
	}
	return control{}, fmt.Errorf("there are only %s", strings.Join(names, ", "))
}

// has reports whether there is such a control just now.
func (b *Tab) has(name string, roles []string) bool {
	_, err := b.look(name, roles)
	return err == nil
}

// on runs a function of the page on the element; its first argument is arg.
func on[T any](b *Tab, c control, function string, arg any) (T, error) {
	var out T
	node, err := chromedp.Call(b.ctx, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: c.node})
	if err != nil {
		return out, err
	}
	encoded, err := json.Marshal(arg)
	if err != nil {
		return out, err
	}
	yes := true
	res, err := chromedp.Call(b.ctx, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
		FunctionDeclaration: function, ObjectID: node.Object.ObjectID, ReturnByValue: &yes, AwaitPromise: &yes, UserGesture: &yes,
		Arguments: []*runtime.CallArgument{{Value: encoded}},
	})
	if err != nil {
		return out, err
	}
	if res.ExceptionDetails != nil {
		return out, errors.New(exception(res.ExceptionDetails))
	}
	if res.Result == nil || len(res.Result.Value) == 0 {
		return out, nil
	}
	return out, json.Unmarshal(res.Result.Value, &out)
}

// quote writes a text as an expression of JavaScript.
func quote(s string) string {
	b, _ := json.Marshal(s) // a string always has a JSON form
	return string(b)
}
