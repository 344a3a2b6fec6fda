package web

import "html/template"

// iconPaths are drawn on a grid of 24 with round strokes of 1.75.
var iconPaths = map[string]string{
	"home":    `<path d="M4 11 12 4l8 7v8a1 1 0 0 1-1 1h-4v-6H9v6H5a1 1 0 0 1-1-1z"/>`,
	"search":  `<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>`,
	"plus":    `<path d="M12 5v14M5 12h14"/>`,
	"bell":    `<path d="M6 16v-5a6 6 0 1 1 12 0v5l1.5 2h-15zM10 20.5h4"/>`,
	"user":    `<circle cx="12" cy="8" r="4"/><path d="M4.5 20c1-4 4-5.5 7.500-5.500s6.500 1.500 7.500 5.500"/>`,
	"up":      `<path d="m6 14 6-6 6 6"/>`,
	"down":    `<path d="m6 10 6 6 6-6"/>`,
	"check":   `<path d="m5 12.500 4.500 4.500L19 7.500"/>`,
	"shield":  `<path d="M12 3.500 19 6v5.500c0 4.500-3 7.500-7 9-4-1.500-7-4.500-7-9V6z"/><path d="m9 12 2.200 2.200L15.200 10"/>`,
	"raise":   `<path d="M7 12.500V7a1.500 1.500 0 0 1 3 0V5a1.500 1.500 0 0 1 3 0v1a1.500 1.500 0 0 1 3 0v2a1.500 1.500 0 0 1 3 0v6.500a6 6 0 0 1-6 6h-1.500c-2.500 0-4-1.200-5-3L4 13.200a1.400 1.400 0 0 1 2.300-1.500z"/>`,
	"eye":     `<path d="M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12z"/><circle cx="12" cy="12" r="3"/>`,
	"share":   `<path d="M12 15V4m0 0L8 8m4-4 4 4M5 13v5.500A1.500 1.500 0 0 0 6.500 20h11a1.500 1.500 0 0 0 1.500-1.500V13"/>`,
	"edit":    `<path d="M4 20h4L19 9a2.100 2.100 0 0 0-3-3L5 17z"/><path d="m14.500 7.500 2.500 2.500"/>`,
	"clock":   `<circle cx="12" cy="12" r="8.500"/><path d="M12 7.500V12l3 2"/>`,
	"lock":    `<rect x="5" y="11" width="14" height="9" rx="2"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>`,
	"more":    `<circle cx="5.500" cy="12" r="1"/><circle cx="12" cy="12" r="1"/><circle cx="18.500" cy="12" r="1"/>`,
	"image":   `<rect x="3.500" y="4.500" width="17" height="15" rx="2"/><circle cx="9" cy="10" r="1.500"/><path d="m4 17 5-4.500 3.500 3L16 12l4.500 4"/>`,
	"camera":  `<path d="M4 8.500A1.500 1.500 0 0 1 5.500 7H8l1.500-2.500h5L16 7h2.500A1.500 1.500 0 0 1 20 8.500v9a1.500 1.500 0 0 1-1.500 1.500h-13A1.500 1.500 0 0 1 4 17.500z"/><circle cx="12" cy="13" r="3.500"/>`,
	"tag":     `<path d="M4 4h7l9 9-7 7-9-9z"/><circle cx="8.500" cy="8.500" r="1"/>`,
	"reply":   `<path d="M20 15.500a2 2 0 0 1-2 2H9l-5 3.500V6.500a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2z"/>`,
	"trash":   `<path d="M5 7h14M10 7V4.500h4V7m3.500 0-.7 12a1.500 1.500 0 0 1-1.500 1.500H8.700A1.500 1.500 0 0 1 7.200 19L6.500 7"/>`,
	"link":    `<path d="M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.700-5.700L12 7"/><path d="M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.700 5.700L12 17"/>`,
	"spaces":  `<rect x="4" y="4" width="6.500" height="6.500" rx="1.500"/><rect x="13.500" y="4" width="6.500" height="6.500" rx="1.500"/><rect x="4" y="13.500" width="6.500" height="6.500" rx="1.500"/><rect x="13.500" y="13.500" width="6.500" height="6.500" rx="1.500"/>`,
	"gear":    `<circle cx="12" cy="12" r="3"/><path d="M12 3.500v3M12 17.500v3M3.500 12h3M17.500 12h3M6 6l2.100 2.100M15.900 15.900 18 18M18 6l-2.100 2.100M8.100 15.900 6 18"/>`,
	"out":     `<path d="M14 5H6.500A1.500 1.500 0 0 0 5 6.500v11A1.500 1.500 0 0 0 6.500 19H14M10.500 12H20m0 0-3.500-3.500M20 12l-3.500 3.500"/>`,
	"moon":    `<path d="M20 14.500A8 8 0 1 1 9.500 4 6.500 6.500 0 0 0 20 14.500z"/>`,
	"sun":     `<circle cx="12" cy="12" r="4"/><path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.600 5.600 7 7M17 17l1.400 1.400M18.400 5.600 17 7M7 17l-1.400 1.400"/>`,
	"warn":    `<path d="M12 4 2.800 19.500h18.400z"/><path d="M12 10v4.500M12 17.200v.1"/>`,
	"info":    `<circle cx="12" cy="12" r="8.500"/><path d="M12 11v5M12 8v.1"/>`,
	"bold":    `<path d="M7 4.500h5.500a3.700 3.700 0 0 1 0 7.500H7zM7 12h6.500a3.800 3.800 0 0 1 0 7.500H7z"/>`,
	"italic":  `<path d="M10 4.500h7M7 19.500h7M14 4.500l-4 15"/>`,
	"code":    `<path d="m8.500 7-5 5 5 5M15.500 7l5 5-5 5"/>`,
	"filter":  `<path d="M4 7h16M7 12h10M10 17h4"/>`,
	"list":    `<path d="M9 6.500h11M9 12h11M9 17.500h11M4.500 6.500v.1M4.500 12v.1M4.500 17.500v.1"/>`,
	"quote":   `<path d="M5 6v12M9.500 8H19M9.500 12H19M9.500 16H15"/>`,
	"history": `<path d="M4 12a8 8 0 1 0 2.500-5.800L4 8.500M4 4v4.500h4.500"/><path d="M12 8v4.500l3 1.500"/>`,
	"copy":    `<rect x="8.500" y="8.500" width="11" height="11" rx="2"/><path d="M15.500 8.500V6.500a2 2 0 0 0-2-2h-7a2 2 0 0 0-2 2v7a2 2 0 0 0 2 2h2"/>`,
	"feed":    `<path d="M5 12a7 7 0 0 1 7 7M5 5a14 14 0 0 1 14 14M6 18v.1"/>`,
	"close":   `<path d="m6 6 12 12M18 6 6 18"/>`,
	"people":  `<circle cx="9" cy="9" r="3.500"/><path d="M2.500 19.500c.8-3.500 3.200-5 6.500-5s5.700 1.500 6.500 5M16 5.800a3.500 3.500 0 0 1 0 6.400M18 15c2 .7 3.100 2.200 3.500 4.500"/>`,
	"flag":    `<path d="M6 21V4.500M6 5c4-2 7 2 12 0v8.500c-5 2-8-2-12 0"/>`,
	"undo":    `<path d="M8.500 5 4 9.500 8.500 14M4 9.500h10a5.500 5.500 0 0 1 0 11h-3"/>`,
	"spark":   `<path d="M12 3.500c.6 4.600 3.400 7.400 8 8-4.600.6-7.400 3.400-8 8-.6-4.600-3.400-7.400-8-8 4.600-.6 7.400-3.400 8-8z"/>`,
	"next":    `<path d="m9 6 6 6-6 6"/>`,
	"mail":    `<rect x="3.500" y="5.500" width="17" height="13" rx="2"/><path d="m4 7.500 8 6 8-6"/>`,
	"heart":   `<path d="M12 19.500S4 15 4 9.300A4.300 4.300 0 0 1 12 7.200a4.300 4.300 0 0 1 8 2.100C20 15 12 19.500 12 19.500z"/>`,
}

// drawn finds icons by name. An icon is an inline picture without a name of its
// own: the text beside it, or the label of its button, says what it means.
func drawn() func(name string) template.HTML {
	icons := make(map[string]template.HTML, len(iconPaths))
	for name, path := range iconPaths {
		icons[name] = template.HTML(`<svg class="i" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">` + path + `</svg>`)
	}
	return func(name string) template.HTML {
		icon, ok := icons[name]
		if !ok {
			panic("web: no icon " + name)
		}
		return icon
	}
}
