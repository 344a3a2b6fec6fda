package web

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"selfie/search/deflection"
)

// TestInsight plays visits of every kind and reads the page and its tables.
func TestInsight(t *testing.T) {
	h := solvedHouse(t)
	link := func(r *reader) string {
		return attr(r.get("/search?q=router+blinks").first("h2", "class", "thread-title").FirstChild, "href")
	}
	helped := h.reader()
	helped.get(link(helped)).sendForm("/deflection/solved").want(http.StatusOK)
	read := h.reader()
	read.get(link(read)).want(http.StatusOK)
	h.reader().get("/search?q=%3Dcmd%7Ccalc").want(http.StatusOK)
	h.Wait(31 * time.Minute)
	agent := h.member("agent")
	p := agent.get("/admin/deflection").want(http.StatusOK)
	sound(t, "insight", p)
	for _, want := range []string{"50% to 100%", "Looked for help", "1 – 2", "33% – 67%"} {
		if !strings.Contains(p.text("main"), want) {
			t.Errorf("no %q in %s", want, p.text("main"))
		}
	}
	for _, svg := range p.all("svg", "role", "img") {
		if svg.FirstChild.Data != "title" || svg.FirstChild.NextSibling.Data != "desc" {
			t.Error("a drawing without title and description")
		}
	}
	for part, want := range map[string]string{"trend": "0.5000,1.0000,1.0000", "outcomes": "search,yes,1,1,0", "answers": "/threads/" + h.Thread.ID, "gaps": "'=cmd|calc,1,1,0,0,"} {
		p := agent.get("/admin/deflection.csv?part=" + part).want(http.StatusOK)
		if _, err := csv.NewReader(strings.NewReader(p.body)).ReadAll(); err != nil || !strings.Contains(p.body, want) {
			t.Errorf("%s: %v, no %q in %s", part, err, want, p.body)
		}
		if !strings.HasPrefix(p.header.Get("Content-Type"), "text/csv") || !strings.Contains(p.header.Get("Content-Disposition"), "deflection-"+part) {
			t.Errorf("%s: %v", part, p.header)
		}
	}
	agent.get("/admin/deflection.csv?part=rubbish").want(http.StatusUnprocessableEntity)
}

func TestPlainCell(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "router": "router", "=1+1": "'=1+1", "+49 30": "'+49 30", "-2": "'-2", "@SUM(A1)": "'@SUM(A1)", "  =1": "'  =1", "\t=1": "'\t=1", "＝1": "'＝1", "a=b": "a=b", "|cmd": "'|cmd",
	} {
		if got := plainCell(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestWriteThisAnswer goes from the gap to an answer that the next visitor is
// shown.
func TestWriteThisAnswer(t *testing.T) {
	h := solvedHouse(t)
	h.reader().get("/search?q=telephone+silent").want(http.StatusOK)
	h.Wait(31 * time.Minute)
	agent := h.member("agent")
	todo := agent.get("/admin/deflection").first("a", "href", "/admin/deflection/write?title=telephone%20silent")
	if todo == nil {
		t.Fatalf("nothing to write: %s", agent.get("/admin/deflection").text("section", "aria-labelledby", "d-gaps"))
	}
	form := agent.get(attr(todo, "href")).want(http.StatusOK)
	sound(t, "write", form)
	fields := []string{"title", form.value("input", "title"), "space", "general", "body", "It stays silent when someone calls.", "key", form.value("input", "key")}
	again := form.post("/admin/deflection/write", append(fields, "answer", "short")...).want(http.StatusUnprocessableEntity)
	if again.text("p", "class", "field-error") == "" || again.value("textarea", "body") != "It stays silent when someone calls." {
		t.Error("what was typed is gone, or nothing is said")
	}
	done := form.post("/admin/deflection/write", append(fields, "answer", "Turn the switch at its side up.")...).want(http.StatusSeeOther)
	if twice := form.post("/admin/deflection/write", append(fields, "answer", "Turn the switch at its side up.")...); twice.header.Get("Location") != done.header.Get("Location") {
		t.Error("it was posted twice")
	}
	h.reindexed()
	if left := agent.get("/admin/deflection").text("section", "aria-labelledby", "d-gaps"); !strings.Contains(left, "Perhaps answered since: telephone silent") {
		t.Errorf("the gap does not tell of its answer: %s", left)
	}
	h.Clock.Advance(time.Hour)
	if offer := h.reader().get("/ask?title=telephone+silent").first("li", "class", "offer"); !strings.Contains(textOf(offer), "Turn the switch") || !strings.Contains(textOf(offer), "Confirmed") {
		t.Errorf("offer: %s", textOf(offer))
	}
}

func TestDrawings(t *testing.T) {
	f := &deflection.Funnel{All: deflection.Counts{}, Empty: deflection.Counts{}, Series: make([]deflection.Bucket, 5)}
	for i := range f.Series {
		f.Series[i].Counts = deflection.Counts{}
	}
	if got := trendOf(f); !got.Empty || len(got.Bands)+len(got.Dots) != 0 {
		t.Errorf("nothing: %+v", got)
	}
	f.Series[0].Counts = deflection.Counts{deflection.Confirmed: 1, deflection.Abandoned: 1}
	f.Series[1].Counts = deflection.Counts{deflection.Confirmed: 1, deflection.Assumed: 1}
	f.Series[4].Counts = deflection.Counts{deflection.Abandoned: 2}
	got := trendOf(f)
	if got.Empty || len(got.Bands) != 1 || len(got.Dots) != 1 || len(got.Rows) != 5 || got.Rows[1].Rates.High != 1 || got.Rows[1].Rates.Low != 0.5 {
		t.Errorf("%+v", got)
	}
	f.All = deflection.Counts{deflection.Confirmed: 2, deflection.Assumed: 3, deflection.Abandoned: 4, deflection.Ongoing: 7}
	f.Empty = deflection.Counts{deflection.Abandoned: 1}
	last := stepsOf(f)[3]
	if first := stepsOf(f)[0]; first.Low != 10 || last.Low != 2 || last.High != 5 || last.Share != "20% – 50%" || last.Says != "2 – 5" {
		t.Errorf("%+v %+v", first, last)
	}
}
