package archive_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"selfie/community"
	"selfie/community/archive"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/scene"
	"selfie/internal/store"
	"selfie/media"
	"selfie/media/disk"
)

var carriedAt = regexp.MustCompile(`"created":[0-9]+,`)

func noBlobs(t *testing.T) media.Store {
	t.Helper()
	blobs, err := disk.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { blobs.Close() })
	return blobs
}

// picture is a PNG of one colour.
func picture(t *testing.T, shade uint8) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 400, 300))
	for i := range m.Pix {
		m.Pix[i] = shade
	}
	m.Set(10, 10, color.White)
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// lived is a community in which a little of everything happened.
func lived(t *testing.T, s *scene.Scene, blobs media.Store) {
	t.Helper()
	pic, err := media.NewLibrary(blobs, media.NewPipeline(media.Limits{})).Add(t.Context(), bytes.NewReader(picture(t, 90)), "shot.png")
	s.OK(err)
	u := community.Upload{Hash: pic.Hash, Width: pic.Width, Height: pic.Height, Alt: "a red light", DHash: pic.DHash.String()}
	for _, v := range pic.Variants {
		u.Variants = append(u.Variants, community.Variant{Name: v.Name, Width: v.Width, Height: v.Height, Type: v.Type, Bytes: int64(v.Bytes), Key: v.Key})
	}
	up, err := s.Svc.AddUpload(s.Ctx, s.Actor("asker"), u)
	s.OK(err)
	_, err = s.Svc.EditSettings(s.Ctx, s.Actor("admin"), community.SettingsEdit{Name: "Lumen Help", Tagline: "Light <b>&</b> ink", SignUp: false, StaleAfter: 90})
	s.OK(err)
	_, err = s.Svc.SaveSpace(s.Ctx, community.System, community.SpaceEdit{ID: "general", Name: "Everything", Visibility: community.Public})
	s.OK(err)
	s.Space("house", community.Restricted, "staff")
	s.As("asker").Ask("Red light blinks all day", scene.Tagged("light"), scene.Showing(up.ID))
	root := s.Thread
	s.As("helper").Answer("Hold reset for ten seconds, @the-asker.").Remark("Which model?").As("asker").Vote(s.LastAnswer(), 1).Accept()
	_, err = s.Svc.EditAnswer(s.Ctx, s.Actor("helper"), s.Answer_.ID, 0, "Hold reset for twenty seconds.", "longer")
	s.OK(err)
	s.As("other").Ask("The light blinks in red").DuplicateOf(root)
	s.As("other").Ask("A private matter", scene.Privately())
	s.As("agent").Ask("In the house only", scene.In("house"))
	err = s.Svc.SaveDraft(s.Ctx, s.Actor("other"), community.Draft{Place: "ask", Title: "Half a", Body: "thought"})
	s.OK(err)
	s.Svc.CountView(root.ID)
	s.OK(s.Svc.FlushViews(s.Ctx))
	s.Settled()
	_, err = s.Svc.Rebuild(s.Ctx, nil)
	s.OK(err)
}

func carry(t *testing.T, from, to *scene.Scene, a, b media.Store) (map[string]string, *archive.Report) {
	t.Helper()
	dir := t.TempDir()
	_, err := archive.Export(t.Context(), from.Svc, a, dir, archive.ExportOptions{Passwords: true})
	from.OK(err)
	report, err := archive.Import(t.Context(), to.Svc, b, dir, archive.ImportOptions{})
	to.OK(err)
	return filesOf(t, dir), report
}

func TestACommunityMovesHouseAndBack(t *testing.T) {
	scene.OverEngines(t, func(t *testing.T, fresh func(*testing.T) store.Engine) {
		first, second, third := scene.New(t, scene.SQLite(t)), scene.New(t, fresh(t)), scene.New(t, scene.SQLite(t))
		a, b, c := noBlobs(t), noBlobs(t), noBlobs(t)
		lived(t, first, a)
		one, _ := carry(t, first, second, a, b)
		two, _ := carry(t, second, third, b, c)
		same(t, one, two)
		for _, file := range []string{"members", "spaces", "threads", "answers", "comments", "votes", "interests", "revisions", "drafts", "uploads", "views", "tags", "blobs"} {
			if one[file+".jsonl"] == "" {
				t.Errorf("the story has no %s to carry", file)
			}
		}
		three, report := carry(t, third, second, c, b)
		same(t, one, three)
		for _, tally := range report.Tallies {
			if tally.Written != 0 {
				t.Errorf("importing again wrote %d %s", tally.Written, tally.Name)
			}
		}
		quietBox(t, second)
		th := get(t, second.Svc.Records().Threads, first.Thread.ID)
		if th.Space != "house" {
			t.Errorf("the last thread stands in %q", th.Space)
		}
		member, _, err := second.Svc.SignIn(second.Ctx, "asker@example.org", "correct horse asker", community.Device{})
		if err != nil || member.Name != "The asker" {
			t.Errorf("signing in after the move: %v", err)
		}
		page, err := second.Svc.Records().Uploads.Find(second.Ctx, store.All())
		if err != nil || len(page.Items) != 1 {
			t.Fatalf("uploads: %v %v", page.Items, err)
		}
		r, _, err := media.NewLibrary(b, nil).Open(t.Context(), page.Items[0].Hash, media.Full)
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
	})
}

// told is a fact of a package that the archive does not know.
type told struct {
	store.Meta
	outbox.Box
	Thread string  `json:"thread"`
	Weight float64 `json:"weight"`
	Big    int64   `json:"big"`
}

func TestFactsOfOthersMoveToo(t *testing.T) {
	scene.OverEngines(t, func(t *testing.T, fresh func(*testing.T) store.Engine) {
		var facts *store.Collection[told]
		begin := func(e store.Engine) (*scene.Scene, archive.Others) {
			var others archive.Others
			s := scene.With(t, e, community.Options{}, func(db *store.DB, _ *outbox.Relay, _ *outbox.Routes, _ *community.Service) {
				facts = store.Declare[told](db, "told", store.On("thread"))
				others = archive.Others{DB: db, Names: []string{"told"}}
			})
			return s, others
		}
		from, theirs := begin(scene.SQLite(t))
		lived(t, from, noBlobs(t))
		for i := range 3 {
			from.OK(facts.Insert(from.Ctx, &told{Meta: store.Meta{ID: fmt.Sprint("fact", i)}, Box: outbox.Box{Events: 4, Pending: 1}, Thread: from.Thread.ID, Weight: 0.5, Big: 1<<62 + 1}))
		}
		dir := t.TempDir()
		_, err := archive.Export(t.Context(), from.Svc, noBlobs(t), dir, archive.ExportOptions{Others: theirs})
		from.OK(err)
		to, ours := begin(fresh(t))
		for range 2 { // again changes nothing
			_, err = archive.Import(t.Context(), to.Svc, noBlobs(t), dir, archive.ImportOptions{Others: ours})
			to.OK(err)
			for i := range 3 {
				f := get(t, facts, fmt.Sprint("fact", i))
				if f.Thread != from.Thread.ID || f.Weight != 0.5 || f.Big != 1<<62+1 || f.Rev != 1 || f.Changed == 0 || f.Pending != 0 || f.Events != 0 {
					t.Errorf("came as %+v", f)
				}
			}
		}
		if _, err := archive.Import(t.Context(), scene.New(t, scene.SQLite(t)).Svc, noBlobs(t), dir, archive.ImportOptions{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("an export with more than is known is taken: %v", err)
		}
	})
}

func quietBox(t *testing.T, s *scene.Scene) {
	t.Helper()
	if due, _, err := s.Relay.Backlog(s.Ctx); err != nil || due != 0 {
		t.Errorf("%d documents owe events: %v", due, err)
	}
}

func TestSecretsStayInTheHouse(t *testing.T) {
	s := scene.New(t, scene.SQLite(t))
	lived(t, s, noBlobs(t))
	conf, err := s.Svc.Settings(s.Ctx)
	s.OK(err)
	asker := get(t, s.Svc.Records().Members, s.Actor("asker").ID)
	_, _, err = s.Svc.SignIn(s.Ctx, "asker@example.org", "correct horse asker", community.Device{})
	s.OK(err)
	dir := t.TempDir()
	_, err = archive.Export(t.Context(), s.Svc, noBlobs(t), dir, archive.ExportOptions{})
	s.OK(err)
	for name, text := range filesOf(t, dir) {
		for _, secret := range []string{conf.Secret, conf.Epoch, asker.Password, `"outbox"`, `"rev"`, `"changed"`, `"pending"`, "argon2"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds %q", name, secret)
			}
		}
	}
}

func TestImportNeverOverwritesAndNeverDoubles(t *testing.T) {
	from, to := scene.New(t, scene.SQLite(t)), scene.New(t, scene.SQLite(t))
	a, b := noBlobs(t), noBlobs(t)
	lived(t, from, a)
	here := to.Actor("asker") // another member of this name and address
	_, err := to.Svc.EditSettings(to.Ctx, to.Actor("admin"), community.SettingsEdit{Name: "Ours", Tagline: "stays", SignUp: true, StaleAfter: 10})
	to.OK(err)
	_, report := carry(t, from, to, a, b)
	conf, err := to.Svc.Settings(to.Ctx)
	to.OK(err)
	if conf.Name != "Ours" || conf.StaleAfter != 10 {
		t.Errorf("the settings here were overwritten: %+v", conf)
	}
	if m := get(t, to.Svc.Records().Members, here.ID); m.Email != "asker@example.org" || m.Handle != "the-asker" {
		t.Errorf("the member here: %+v", m)
	}
	came := get(t, to.Svc.Records().Members, from.Actor("asker").ID)
	if came.Email != "" || came.Password != "" || came.Handle == "the-asker" || came.Handle == "" || came.Name != "The asker" {
		t.Errorf("the member who came: %+v", came)
	}
	if r := report.Of("members' e-mail addresses"); r.Read == 0 {
		t.Error("the report does not tell of the addresses that were taken")
	}
}

func TestAKilledMoveIsCompletedByTheNext(t *testing.T) {
	from := scene.New(t, scene.SQLite(t))
	blobs, dir := noBlobs(t), t.TempDir()
	lived(t, from, blobs)
	_, err := archive.Export(t.Context(), from.Svc, blobs, dir, archive.ExportOptions{Passwords: true})
	from.OK(err)
	for _, writes := range []int64{1, 4, 9, 15, 20} {
		engine, to := scene.SQLite(t), noBlobs(t)
		m := &mortal{Engine: engine}
		m.left.Store(1 << 40)
		first := scene.New(t, m)
		m.left.Store(writes)
		if _, err := archive.Import(t.Context(), first.Svc, to, dir, archive.ImportOptions{Workers: 2}); !errors.Is(err, errDead) {
			t.Fatalf("the engine died after %d writes, and the import says: %v", writes, err)
		}
		second := scene.New(t, engine)
		_, err := archive.Import(t.Context(), second.Svc, to, dir, archive.ImportOptions{})
		second.OK(err)
		same(t, filesOf(t, dir), exportedWith(t, second, to))
	}
}

func TestAnExportTellsOfLostPictures(t *testing.T) {
	from, to := scene.New(t, scene.SQLite(t)), scene.New(t, scene.SQLite(t))
	lived(t, from, noBlobs(t))
	dir := t.TempDir()
	report, err := archive.Export(t.Context(), from.Svc, noBlobs(t), dir, archive.ExportOptions{})
	from.OK(err)
	if lost := report.Of("picture files"); lost.Read != 2 || lost.Skipped["it is not in the blob store any more"] != 2 {
		t.Errorf("the report: %+v", lost)
	}
	_, err = archive.Import(t.Context(), to.Svc, noBlobs(t), dir, archive.ImportOptions{})
	to.OK(err)
}

func TestDamagedExportsAreRefused(t *testing.T) {
	from := scene.New(t, scene.SQLite(t))
	blobs := noBlobs(t)
	lived(t, from, blobs)
	dir := t.TempDir()
	_, err := archive.Export(t.Context(), from.Svc, blobs, dir, archive.ExportOptions{})
	from.OK(err)
	for name, harm := range map[string]func(t *testing.T, dir string){
		"no manifest": func(t *testing.T, dir string) { remove(t, dir, "manifest.json") },
		"not JSON":    func(t *testing.T, dir string) { write(t, dir, "manifest.json", "{") },
		"newer": func(t *testing.T, dir string) {
			manifest(t, dir, func(m *archive.Manifest) { m.Format = 2 })
		},
		"a file short": func(t *testing.T, dir string) {
			manifest(t, dir, func(m *archive.Manifest) { m.Files = m.Files[1:] })
		},
		"a strange file": func(t *testing.T, dir string) {
			manifest(t, dir, func(m *archive.Manifest) { m.Files[0].Name = "../settings.jsonl" })
		},
		"lost":     func(t *testing.T, dir string) { remove(t, dir, "votes.jsonl") },
		"cut":      func(t *testing.T, dir string) { write(t, dir, "threads.jsonl", "") },
		"changed":  func(t *testing.T, dir string) { write(t, dir, "comments.jsonl", "{}\n") },
		"no blobs": func(t *testing.T, dir string) { remove(t, dir, "blobs") },
	} {
		t.Run(name, func(t *testing.T) {
			hurt := t.TempDir()
			if err := os.CopyFS(hurt, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			harm(t, hurt)
			s := scene.New(t, scene.SQLite(t))
			_, err := archive.Import(t.Context(), s.Svc, noBlobs(t), hurt, archive.ImportOptions{})
			s.Refused(err, fault.Invalid)
			if n, _ := s.Svc.Records().Threads.Count(s.Ctx, store.All()); n != 0 {
				t.Errorf("%d threads were written", n)
			}
		})
	}
}

func decode(t *testing.T, line string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(line), v); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func manifest(t *testing.T, dir string, change func(*archive.Manifest)) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m archive.Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	change(&m)
	if b, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "manifest.json", string(b))
}
