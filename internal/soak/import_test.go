package soak

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"selfie/community"
	"selfie/internal/store"
)

// dumpFolder names, in the environment, the unpacked dump of a whole site to
// import; without it the tests write a small one.
const dumpFolder = "SELFIE_SE_DUMP"

// A whole site is imported: twice with one result, killed half-way and run
// again with the same result, in agreement with its facts, and every thread of
// it can be read and found.
func TestSoakImport(t *testing.T) {
	beside(t)
	dump := os.Getenv(dumpFolder)
	if dump == "" {
		dump = writeDump(t, pick(300, 3000))
	}
	whole := t.TempDir()
	program(t) // is built outside of what is measured
	began := time.Now()
	t.Log(must(t, append(in(whole), "import", "stackexchange", dump)...))
	took := time.Since(began)
	t.Logf("imported in %.1f s", took.Seconds())
	once := derived(t, whole)
	must(t, append(in(whole), "import", "stackexchange", dump)...)
	same(t, "a second import", once, derived(t, whole))
	broken := killedImport(t, dump, took, once)
	must(t, append(in(broken), "import", "stackexchange", dump)...)
	same(t, "an import that was killed and run again", once, derived(t, broken))
	rebuilt(t, broken)
	must(t, append(in(broken), "check")...)
	walkSite(t, broken)
}

// killedImport starts imports and kills them, until one has left its directory
// with something, and not with everything. took is how long a whole one took.
func killedImport(t *testing.T, dump string, took time.Duration, whole map[string]string) (dir string) {
	t.Helper()
	early, late := time.Duration(0), took
	for try := range 16 {
		dir = t.TempDir()
		after := (early + late) / 2
		if killImport(t, dir, dump, after) {
			late = after
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, "selfie.db")); err != nil {
			early = after
			continue
		}
		switch have := derived(t, dir); {
		case len(have) == 0:
			early = after
		case maps.Equal(have, whole), len(have) == len(whole) && try < 8: // rather in the middle of writing than of counting
			late = after
		default:
			t.Logf("killed with %d of %d documents there", len(have), len(whole))
			return dir
		}
		if late-early < took/100 { // this time it takes another time
			early, late = 0, 2*took
		}
	}
	t.Fatal("no import could be killed half-way")
	return ""
}

// killImport starts an import and kills it after a while, unless it ended before.
func killImport(t *testing.T, dir, dump string, after time.Duration) (ended bool) {
	cmd := exec.Command(program(t), append(in(dir), "import", "stackexchange", dump)...)
	cmd.Env = cleanEnv()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	return cmd.Wait() == nil
}

func same(t *testing.T, what string, want, have map[string]string) {
	t.Helper()
	if maps.Equal(want, have) {
		return
	}
	shown := 0
	for name := range want {
		if want[name] != have[name] && shown < 5 {
			shown++
			t.Errorf("%s gives another %s:\nhave %s\nwant %s", what, name, have[name], want[name])
		}
	}
	t.Errorf("%s gives %d documents, want %d", what, len(have), len(want))
}

// walkSite reads every thread of a community and searches for some.
func walkSite(t *testing.T, dir string) {
	var titles, ids []string
	site := open(t, openDir(t, dir))
	err := site.svc.Records().Threads.Each(t.Context(), store.All(), func(th *community.Thread) error {
		if th.Removed == nil && !th.Private {
			ids, titles = append(ids, th.ID), append(titles, th.Title)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	site.close(t)
	n := start(t, in(dir)...)
	v := newVisitor(n.url)
	v.sees(t, "/")
	for _, id := range ids {
		p, err := v.get(t.Context(), "/threads/"+id)
		for hops := 0; err == nil && p.status/100 == 3 && hops < 3; hops++ {
			p, err = v.get(t.Context(), strings.TrimPrefix(p.location, n.url())) // a duplicate leads to its original
		}
		if err != nil || p.status != 200 {
			t.Errorf("thread %s: status %d, %v", id, p.status, err)
		}
	}
	for i := 0; i < len(ids); i += 1 + len(ids)/20 {
		words := strings.Join(wordsOf.FindAllString(titles[i], 8), "+")
		eventually(t, patience, "a search finds "+titles[i], func() bool {
			return strings.Contains(v.sees(t, "/search?q="+words), "/threads/")
		})
	}
	t.Logf("%d threads read", len(ids))
	n.stop()
	quiet(t, n)
}

var wordsOf = regexp.MustCompile(`[A-Za-z0-9]{2,}`)
