package browser

// NoOverflow fails the test if the page is wider than the window.
func (b *Tab) NoOverflow() *Tab {
	b.t.Helper()
	wide := value[[]string](b, `(() => {
		const w = document.documentElement.clientWidth
		if (document.documentElement.scrollWidth <= w) return []
		return [...document.querySelectorAll('body *')].filter(e => {
			const r = e.getBoundingClientRect()
			return r.width && r.right > w + 0.5 && !e.closest('[hidden], .sr') && ![...e.children].some(c => c.getBoundingClientRect().right > w + 0.5)
		}).slice(0, 5).map(e => e.outerHTML.slice(0, 160)).concat('the page is ' + document.documentElement.scrollWidth + ' wide, the window ' + w)
	})()`)
	for _, w := range wide {
		b.t.Errorf("%s: %s is too wide: %s", b.view.Name, b.URL(), w)
	}
	return b
}

// mostShift is what counts as a good cumulative layout shift (web.dev/cls).
const mostShift = 0.1

// NoLayoutShift fails the test if what was shown moved by itself since the page
// was loaded. News that came in live is no such shift: what moved is loaded
// once more, and must then stand still.
func (b *Tab) NoLayoutShift() *Tab {
	b.t.Helper()
	shift := b.shift()
	if shift >= mostShift {
		shift = b.Reload().shift()
	}
	if shift >= mostShift {
		b.t.Errorf("%s: %s moved by itself: layout shift %.3f", b.view.Name, b.URL(), shift)
	}
	return b
}

// shift is the layout shift of the page as it stands.
func (b *Tab) shift() float64 {
	b.t.Helper()
	defer b.script()()
	return value[float64](b, `new Promise(done => {
		let sum = 0
		new PerformanceObserver(list => { for (const e of list.getEntries()) if (!e.hadRecentInput) sum += e.value }).observe({type: 'layout-shift', buffered: true})
		requestAnimationFrame(() => requestAnimationFrame(() => done(sum)))
	})`)
}

// Sound fails the test if the page breaks a rule that every page keeps: no
// overflow, no shift, no violation that axe finds.
func (b *Tab) Sound() *Tab {
	b.t.Helper()
	b.await("passing notes to be gone", `!document.querySelector('.toast')`) // they cover what is below them
	return b.NoOverflow().NoLayoutShift().Axe()
}
