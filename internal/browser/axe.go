package browser

import (
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// violation is one broken rule of axe, with the elements that break it.
type violation struct {
	ID, Help string
	Nodes    []struct {
		Target         string
		FailureSummary string
	}
}

// rules are the levels of WCAG 2.2 that the pages keep.
const rules = `['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa']`

// Axe fails the test for each rule of WCAG 2.2 AA that the page breaks. It looks
// at the page as it is now; where JavaScript is off, that is on for axe alone.
func (b *Tab) Axe() *Tab {
	b.t.Helper()
	defer b.script()()
	// From the top: what happens to lie under the fixed head is not hidden for good.
	value[bool](b, `(scrollTo({top: 0, behavior: 'instant'}), true)`)
	if !value[bool](b, `!!window.axe`) {
		_, err := chromedp.Run(b.ctx, chromedp.Evaluate[chromedp.Void](b.axe+`;undefined`))
		b.must(err, "loading axe")
	}
	found := value[[]violation](b, `axe.run(document, {runOnly: {type: 'tag', values: `+rules+`}, resultTypes: ['violations']}).then(r =>
		r.violations.map(v => ({ID: v.id, Help: v.help, Nodes: v.nodes.map(n => ({Target: n.target.join(' '), FailureSummary: n.failureSummary}))})))`)
	for _, v := range found {
		var where []string
		for _, n := range v.Nodes {
			where = append(where, fmt.Sprintf("  %s: %s", n.Target, flat(n.FailureSummary)))
		}
		b.t.Errorf("%s: %s breaks %s: %s\n%s", b.view.Name, b.URL(), v.ID, v.Help, strings.Join(where, "\n"))
	}
	return b
}

// script lets scripts run until the returned function is called.
func (b *Tab) script() (end func()) {
	b.t.Helper()
	if b.view.Script {
		return func() {}
	}
	must(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: false})
	return func() {
		must(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	}
}
