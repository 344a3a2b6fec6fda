package archive_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"

	"selfie/community"
	"selfie/community/archive"
	"selfie/internal/fault"
	"selfie/internal/scene"
	"selfie/internal/store"
	"selfie/media"
)

// album is a Fetcher over a map of pictures.
type album struct {
	mu       sync.Mutex
	pictures map[string][]byte
	asked    map[string]int
}

func (a *album) Fetch(_ context.Context, address string) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked[address]++
	if b, ok := a.pictures[address]; ok {
		return b, nil
	}
	return nil, fault.New(fault.NotFound, "Its host answers 404.")
}

const ledPicture = "https://i.lumen-pictures.example/AbCdEm.jpg"

func TestPicturesComeAlongWhenAskedFor(t *testing.T) {
	s := scene.New(t, scene.SQLite(t))
	blobs := noBlobs(t)
	a := &album{asked: map[string]int{}, pictures: map[string][]byte{ledPicture: picture(t, 200), "https://router.meta.stackexchange.com/x": []byte("no picture")}}
	o := archive.StackExchange{Dir: folder, Pictures: a, Library: media.NewLibrary(blobs, media.NewPipeline(media.Limits{}))}
	report, err := archive.ImportStackExchange(t.Context(), s.Svc, o)
	s.OK(err)
	check(t, report, map[string]counts{"pictures": {4, 1, 0}})
	led := get(t, s.Svc.Records().Threads, id("question", 1))
	up := store.DeriveID("se", site, "picture", led.ID, ledPicture)
	if !strings.Contains(led.HTML, `src="/images/`+up+`/1600"`) || !strings.Contains(led.HTML, `alt="the light, red"`) || len(led.Images) != 1 {
		t.Errorf("question 1 shows %v: %s", led.Images, led.HTML)
	}
	u, err := s.Svc.Upload(s.Ctx, community.Actor{}, up)
	s.OK(err)
	if u.Owner != led.Author || u.Thread != led.ID || u.Width != 400 || u.Alt != "the light, red" || len(u.Variants) != 2 {
		t.Errorf("the upload: %+v", u)
	}
	isolation := get(t, s.Svc.Records().Answers, id("answer", 14))
	if !strings.Contains(isolation.HTML, `<a href="https://i.lumen-pictures.example/isolation.png"`) || strings.Contains(isolation.HTML, "<img") {
		t.Errorf("a picture that is gone: %s", isolation.HTML)
	}
	_, err = archive.ImportStackExchange(t.Context(), s.Svc, o)
	s.OK(err)
	for address, n := range a.asked {
		if n != 1 {
			t.Errorf("%s was fetched %d times", address, n)
		}
	}
	quiet(t, s)
}

func TestAPostShowsAtMostItsBoundOfPictures(t *testing.T) {
	a := &album{asked: map[string]int{}, pictures: map[string][]byte{}}
	var body strings.Builder
	for i := range community.MaxImages + 3 {
		address := fmt.Sprintf("https://lumen.example/%d.png", i)
		a.pictures[address] = picture(t, uint8(i))
		fmt.Fprintf(&body, "&lt;p&gt;&lt;img src='%s' alt='n'&gt;&lt;/p&gt;", address)
	}
	dir := t.TempDir()
	write(t, dir, "Users.xml", "<users/>")
	write(t, dir, "Posts.xml", `<posts><row Id="1" PostTypeId="1" CreationDate="2020-01-01T00:00:00" Title="Many pictures" Body="`+body.String()+`"/></posts>`)
	s := scene.New(t, scene.SQLite(t))
	report, err := archive.ImportStackExchange(t.Context(), s.Svc, archive.StackExchange{
		Dir: dir, Site: site, Pictures: a, Library: media.NewLibrary(noBlobs(t), media.NewPipeline(media.Limits{})), Space: "pics", SpaceName: "Pictures only", Hosts: []string{"lumen.example"}})
	s.OK(err)
	check(t, report, map[string]counts{"pictures": {13, 10, 0}})
	th := get(t, s.Svc.Records().Threads, id("question", 1))
	if th.Space != "pics" || len(th.Images) != community.MaxImages || strings.Count(th.HTML, "<img") != community.MaxImages {
		t.Errorf("in %s: %d pictures", th.Space, len(th.Images))
	}
	if sp := get(t, s.Svc.Records().Spaces, "pics"); sp.Name != "Pictures only" {
		t.Errorf("the space is called %q", sp.Name)
	}
}

// TestNothingOfAPostIsLost asserts, on the parsed tree, what the bodies of the
// small dump hold.
func TestNothingOfAPostIsLost(t *testing.T) {
	s := scene.New(t, scene.SQLite(t))
	bring(t, s)
	to := s.Svc.Records()
	for where, want := range map[string]struct {
		html  string
		count map[string]int
	}{
		"question 1":  {get(t, to.Threads, id("question", 1)).HTML, map[string]int{"blockquote": 1, "ol": 1, "ul": 1, "li": 4, "strong": 1, "em": 1, "a": 2}},
		"question 4":  {get(t, to.Threads, id("question", 4)).HTML, map[string]int{"table": 1, "th": 2, "td": 4, "code": 1, "h4": 1, "hr": 1, "br": 1, "ol": 0}},
		"question 12": {get(t, to.Threads, id("question", 12)).HTML, map[string]int{"img": 0, "b": 0, "p": 1}},
		"question 27": {get(t, to.Threads, id("question", 27)).HTML, map[string]int{"li": 2, "pre": 1, "code": 1}},
		"answer 3":    {get(t, to.Answers, id("answer", 3)).HTML, map[string]int{"pre": 1, "code": 2, "a": 2}},
		"answer 13":   {get(t, to.Answers, id("answer", 13)).HTML, map[string]int{"pre": 1}},
		"answer 14":   {get(t, to.Answers, id("answer", 14)).HTML, map[string]int{"del": 1, "a": 1}},
		"answer 29":   {get(t, to.Answers, id("answer", 29)).HTML, map[string]int{"blockquote": 2}},
		"comment 5":   {get(t, to.Comments, id("comment", 5)).HTML, map[string]int{"p": 2, "br": 2, "ol": 0, "ul": 0, "h3": 0, "blockquote": 0}},
	} {
		have := elements(t, want.html)
		for name, n := range want.count {
			if have[name] != n {
				t.Errorf("%s: %d %s, want %d\n%s", where, have[name], name, n, want.html)
			}
		}
	}
}

func elements(t *testing.T, text string) map[string]int {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			count[n.Data]++
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || strings.Contains(strings.ToLower(a.Val), "javascript:") {
					t.Errorf("%s=%q in %s", a.Key, a.Val, text)
				}
			}
		}
	}
	return count
}

func TestNothingHostileComesIn(t *testing.T) {
	s := scene.New(t, scene.SQLite(t))
	bring(t, s)
	dir := t.TempDir()
	_, err := archive.Export(t.Context(), s.Svc, noBlobs(t), dir, archive.ExportOptions{})
	s.OK(err)
	for _, name := range []string{"threads", "answers", "comments", "members"} {
		b, err := os.ReadFile(filepath.Join(dir, name+".jsonl"))
		s.OK(err)
		for line := range strings.Lines(string(b)) {
			doc := struct {
				HTML  string `json:"html"`
				About string `json:"about_html"`
			}{}
			decode(t, line, &doc)
			if have := elements(t, doc.HTML+doc.About); have["script"]+have["style"]+have["iframe"]+have["img"] > 0 {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
}
