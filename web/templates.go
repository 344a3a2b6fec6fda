package web

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"selfie/internal/store"
	"selfie/moderation"
)

//go:embed templates
var templateFiles embed.FS

// templates are the pages: each is base.html and the partials with one file of
// its own, which defines "main".
type templates struct {
	pages    map[string]*template.Template
	partials *template.Template
}

// newTemplates reads all pages. Pickers offer files of the types.
func newTemplates(a *assets, types []string) *templates {
	shared := template.New("").Funcs(funcs(a, types))
	shared = template.Must(shared.ParseFS(templateFiles, "templates/base.html", "templates/parts/*.html"))
	t := &templates{pages: map[string]*template.Template{}, partials: shared}
	files, err := fs.Glob(templateFiles, "templates/pages/*.html")
	if err != nil || len(files) == 0 {
		panic("web: no templates compiled in")
	}
	for _, file := range files {
		page := template.Must(template.Must(shared.Clone()).ParseFS(templateFiles, file))
		t.pages[strings.TrimSuffix(path.Base(file), ".html")] = page
	}
	// The partials on their own are executed too (live updates), and a template
	// that was executed cannot be cloned any more.
	t.partials = template.Must(shared.Clone())
	return t
}

// render writes a page: "base" is all of it, "main" its main part. A page with an
// error in it is never sent in part.
func (t *templates) render(b *bytes.Buffer, page, part string, v *view) error {
	tpl := t.pages[page]
	if tpl == nil {
		return fmt.Errorf("web: no template for page %q", page)
	}
	if err := tpl.ExecuteTemplate(b, part, v); err != nil {
		return fmt.Errorf("web: page %s: %w", page, err)
	}
	return nil
}

// part renders one partial.
func (t *templates) part(name string, data any) ([]byte, error) {
	var b bytes.Buffer
	if err := t.partials.ExecuteTemplate(&b, name, data); err != nil {
		return nil, fmt.Errorf("web: part %s: %w", name, err)
	}
	return b.Bytes(), nil
}

func funcs(a *assets, types []string) template.FuncMap {
	offered := strings.Join(types, ",")
	if slices.Contains(types, "image/heic") {
		offered += ",.heic,.heif" // systems that do not know the type
	}
	return template.FuncMap{
		"types":   func() string { return offered },
		"asset":   a.url,
		"modules": a.modules,
		"editors": a.editorModules,
		"icon":    drawn(),
		"dict":    dict,
		"plural":  plural,
		"count":   count,
		"percent": percent,
		"per1000": func(n int64) string { return fmt.Sprintf("%.2f", float64(n)/1000) },
		"iso":     func(m store.Millis) string { return m.Time().Format(time.RFC3339) },
		"moment":  func(m store.Millis) string { return m.Time().Format("2 January 2006, 15:04 UTC") },
		"day":     func(m store.Millis) string { return m.Time().Format("2 January 2006") },
		"query":   url.QueryEscape,
		"join":    strings.Join,
		"lower":   strings.ToLower,
		"hue":     hue,
		"linked":  linked,
		"deed":    func(a moderation.Action) string { return deeds[a] },
	}
}

// deeds say what a moderator did.
var deeds = map[moderation.Action]string{
	moderation.Approve: "Approved", moderation.Hide: "Hidden", moderation.Delete: "Deleted",
	moderation.Lock: "Thread locked", moderation.Warn: "Author warned", moderation.Suspend: "Author suspended",
}

// dict makes a map for a partial that takes several values.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, errors.New("dict: a key without a value")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		key, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: key %v is no string", pairs[i])
		}
		m[key] = pairs[i+1]
	}
	return m, nil
}

var linkInText = regexp.MustCompile(`https?://[^\s<>"]+`)

// linked is plain text with its addresses as links.
func linked(text string) template.HTML {
	safe := linkInText.ReplaceAllStringFunc(template.HTMLEscapeString(text), func(url string) string {
		return `<a href="` + url + `" rel="noreferrer">` + url + `</a>`
	})
	return template.HTML(safe)
}

// plural is "1 answer", "2 answers", "12,345 answers".
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

func grouped(n int64) string {
	s := fmt.Sprint(n)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count is a number short enough for a badge: 999, 1.2k, 45k, 1.3M.
func count(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprint(n)
	case n < 10_000:
		return strings.Replace(fmt.Sprintf("%.1fk", float64(n/100)/10), ".0k", "k", 1)
	case n < 1_000_000:
		return fmt.Sprintf("%dk", n/1000)
	}
	return strings.Replace(fmt.Sprintf("%.1fM", float64(n/100_000)/10), ".0M", "M", 1)
}

// ago says how long since t, as people do; older than a week it is a date.
func ago(now time.Time, m store.Millis) string {
	t := m.Time()
	d := now.Sub(t)
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return plural(int64(d/time.Minute), "minute", "minutes") + " ago"
	case d < 24*time.Hour:
		return plural(int64(d/time.Hour), "hour", "hours") + " ago"
	case d < 48*time.Hour:
		return "yesterday"
	case d < 7*24*time.Hour:
		return plural(int64(d/(24*time.Hour)), "day", "days") + " ago"
	case t.Year() == now.UTC().Year():
		return t.Format("2 Jan")
	}
	return t.Format("2 Jan 2006")
}
