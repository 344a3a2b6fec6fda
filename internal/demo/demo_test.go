package demo_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/demo"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/scene"
	"selfie/internal/store"
	"selfie/media"
	"selfie/media/disk"
	"selfie/moderation"
	"selfie/moderation/escalation"
	"selfie/moderation/sentiment"
	"selfie/reputation"
	"selfie/search"
	"selfie/search/deflection"
)

// town is a demonstration, built.
type town struct {
	*testing.T
	demo.Parts
	end time.Time
}

func build(t *testing.T, end time.Time) *town {
	t.Helper()
	clock := demo.NewClock(end.Add(-demo.Length))
	db := store.Open(scene.SQLite(t), clock.Now)
	t.Cleanup(func() { db.Close() })
	routes := outbox.NewRoutes()
	relay := outbox.NewRelay(db, routes, nil)
	gate := moderation.NewGate(moderation.HoldRules{Links: true})
	people := community.Open(db, relay, routes, community.Options{Screen: gate})
	gate.Bind(people)
	inbox := notify.Open(db, relay, people, notify.Options{BaseURL: "http://localhost:8080"})
	points := reputation.Open(db, relay, people, reputation.Options{})
	p := demo.Parts{Clock: clock, Relay: relay, Community: people, Points: points, Inbox: inbox,
		Judges:     moderation.Open(db, relay, routes, people, inbox, moderation.Options{}),
		Cases:      escalation.Open(db, relay, routes, people, inbox, escalation.Options{Tone: sentiment.New(), Company: "Lumen support"}),
		Deflection: deflection.Open(db, relay, routes, people, inbox, points, deflection.Options{})}
	blobs, err := disk.Open(t.TempDir(), nil)
	x := &town{T: t, Parts: p, end: end}
	x.ok(err)
	x.Media = media.NewLibrary(blobs, media.NewPipeline(media.Limits{}))
	x.ok(db.Migrate(t.Context()))
	x.ok(people.Start(t.Context()))
	x.ok(p.Cases.Start(t.Context()))
	x.ok(demo.Build(t.Context(), x.Parts, end, 1))
	return x
}

func (x *town) ok(err error) {
	x.Helper()
	if err != nil {
		x.Fatal(err)
	}
}

func (x *town) actor(key string) community.Actor {
	x.Helper()
	m, err := x.Community.MemberByEmail(x.Context(), community.System, key+"@lumen.example")
	x.ok(err)
	return m.Actor()
}

func (x *town) threads(by community.Actor, f community.Filter) (all []*community.Thread) {
	x.Helper()
	for cursor := ""; ; {
		p, err := x.Community.Threads(x.Context(), by, f, cursor, 50)
		x.ok(err)
		if all, cursor = append(all, p.Items...), p.Next; cursor == "" {
			return all
		}
	}
}

// monday is a Monday at noon.
var monday = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// TestPromises holds the demonstration to what the newcomer is told to see.
func TestPromises(t *testing.T) {
	x := build(t, monday)
	story := x.digest()
	for name, check := range map[string]func(*testing.T, *town){
		"threads": checkThreads, "pictures": checkPictures, "levels": checkLevels, "queue": checkQueue,
		"cases": checkCases, "deflection": checkDeflection, "secrecy": checkSecrecy, "logins": checkLogins,
	} {
		t.Run(name, func(t *testing.T) { check(t, x) })
	}
	t.Run("the same seed tells the same story", func(t *testing.T) {
		if again := build(t, monday).digest(); again != story { // nothing but ids may differ
			t.Errorf("two stories of one seed differ:\n%s\n%s", story, again)
		}
	})
	t.Run("rebuild changes nothing", func(t *testing.T) {
		r, err := x.Community.Rebuild(t.Context(), func(string) {})
		x.ok(err)
		p, err := x.Points.Rebuild(t.Context(), func(string) {})
		x.ok(err)
		if r.Changed+p.Changed != 0 || r.Read < 300 {
			t.Errorf("a rebuild read %d and changed %d of the community, %d of the reputation", r.Read, r.Changed, p.Changed)
		}
	})
	t.Run("suggested answers", func(t *testing.T) { checkSuggesting(t, x) }) // the last: it writes
}

// TestAnyDay builds on a weekend night: business hours fall otherwise.
func TestAnyDay(t *testing.T) {
	x := build(t, time.Date(2026, 6, 7, 3, 17, 0, 0, time.UTC))
	checkCases(t, x)
	checkQueue(t, x)
}

func (x *town) digest() string {
	var b strings.Builder
	for _, t := range x.threads(community.System, community.Filter{Sort: community.ByNewest}) {
		fmt.Fprintln(&b, t.Title, t.Stats.State, t.Stats.Score, t.Stats.MeToos, t.Stats.Answers, t.Stats.Views)
	}
	f, err := x.Deflection.Funnel(x.Context(), x.actor("ada"), x.end.Add(-60*24*time.Hour), x.end)
	x.ok(err)
	fmt.Fprintln(&b, f.All, f.Empty)
	return b.String()
}

func checkThreads(t *testing.T, x *town) {
	spaces, err := x.Community.Spaces(t.Context(), x.actor("ada"))
	x.ok(err)
	all := x.threads(x.actor("ada"), community.Filter{Sort: community.ByNewest})
	if len(spaces) != 5 || len(all) < 75 {
		t.Fatalf("%d spaces, %d threads", len(spaces), len(all))
	}
	has := map[string]int{}
	for _, th := range all {
		has[string(th.Stats.State)]++
		if th.Lock != nil {
			has["locked"]++
		}
		if th.Created.Time().After(x.end) {
			t.Errorf("%q lies ahead", th.Title)
		}
	}
	answers, err := x.Community.Records().Answers.Count(t.Context(), store.All())
	x.ok(err)
	if has["solved"] < 40 || has["new"] < 2 || has["locked"] != 1 || answers < 120 {
		t.Errorf("states %v, %d answers", has, answers)
	}
	x.ok(x.Community.Records().Threads.Each(t.Context(), store.All(), func(th *community.Thread) error {
		if th.Private {
			has["private"]++
		}
		if th.Duplicate != nil {
			has["duplicate"]++
		}
		return nil
	}))
	if has["private"] < 2 || has["duplicate"] < 2 {
		t.Errorf("private threads and duplicates are missing: %v", has)
	}
	latest := time.Duration(0)
	for _, th := range all {
		latest = max(latest, th.Stats.Activity.Time().Sub(x.end.Add(-24*time.Hour)))
	}
	if latest < 22*time.Hour {
		t.Error("nobody wrote within the last two hours")
	}
}

func checkPictures(t *testing.T, x *town) {
	hashes := map[string]bool{}
	for _, th := range x.threads(community.Actor{}, community.Filter{Sort: community.ByNewest}) {
		for _, id := range th.Images {
			u, err := x.Community.Upload(t.Context(), community.Actor{}, id)
			x.ok(err)
			r, info, err := x.Media.Open(t.Context(), u.Hash, "320")
			x.ok(err)
			r.Close()
			if info.Size < 1000 || len(u.Alt) < 20 {
				t.Errorf("%q shows %d bytes described as %q", th.Title, info.Size, u.Alt)
			}
			hashes[u.Hash] = true
		}
	}
	if len(hashes) < 8 {
		t.Errorf("%d different pictures", len(hashes))
	}
}

func checkLevels(t *testing.T, x *town) {
	have := map[string]int{}
	for _, sought := range []string{"tomas", "ingrid", "kenji", "beatriz", "oleg", "grace", "lars", "nils", "chloe", "amir", "wei"} {
		st, err := x.Points.Standing(t.Context(), x.actor(sought).ID)
		x.ok(err)
		have[st.Level]++
		t.Logf("%s: %d points, %s, %d answers, %d %% accepted", sought, st.Points, st.Level, st.Answers, st.AcceptRate)
	}
	for _, l := range x.Points.Levels() {
		if have[l.Name] == 0 {
			t.Errorf("nobody is %s: %v", l.Name, have)
		}
	}
	for _, span := range []reputation.Span{reputation.Week, reputation.Month, reputation.Ever} {
		p, err := x.Points.Leaders(t.Context(), span, "", "", 10)
		x.ok(err)
		if len(p.Items) == 0 {
			t.Errorf("nobody leads: %s", span)
		}
	}
	badges, err := x.Points.Badges(t.Context(), x.actor("tomas").ID)
	x.ok(err)
	if len(badges) < 2 {
		t.Errorf("Tomás has %d badges", len(badges))
	}
}

func checkQueue(t *testing.T, x *town) {
	queue, err := x.Judges.Queue(t.Context(), x.actor("priya"), "", 50)
	x.ok(err)
	held := 0
	for _, i := range queue.Items {
		if i.Held != "" {
			held++
		}
	}
	if len(queue.Items) != 4 || held != 1 {
		t.Errorf("%d items wait, %d of them held", len(queue.Items), held)
	}
	done, err := x.Judges.Done(t.Context(), x.actor("priya"), "", 50)
	x.ok(err)
	actions := map[moderation.Action]bool{}
	for _, i := range done.Items {
		actions[i.Decisions[len(i.Decisions)-1].Action] = true
	}
	for _, a := range []moderation.Action{moderation.Approve, moderation.Warn, moderation.Lock, moderation.Suspend} {
		if !actions[a] {
			t.Errorf("nothing was decided by %s: %v", a, actions)
		}
	}
	if _, err := x.Judges.Undo(t.Context(), x.actor("priya"), done.Items[0].ID); err != nil {
		t.Errorf("the latest decision cannot be undone: %v", err)
	}
	x.ok(x.Relay.Drain(t.Context()))
}

func checkCases(t *testing.T, x *town) {
	all, err := x.Cases.Queue(t.Context(), x.actor("jonas"), "", false, "", 100)
	x.ok(err)
	open, closed := map[escalation.Trigger]int{}, map[escalation.State]int{}
	for _, c := range all.Items {
		th, err := x.Community.Thread(t.Context(), community.System, c.Thread)
		x.ok(err)
		if c.Open != "" {
			open[c.Cause.Trigger]++
			t.Logf("open: %s (%s) %q %.2f %v", c.State, c.Cause.Trigger, th.Title, c.Cause.Score, c.Cause.Words)
		} else {
			closed[c.State]++
		}
	}
	if !maps.Equal(open, map[escalation.Trigger]int{escalation.Unanswered: 1, escalation.Negative: 1}) {
		t.Errorf("open cases: %v", open)
	}
	if closed[escalation.Solved] != 4 || closed[escalation.Returned] != 1 {
		t.Errorf("closed cases: %v", closed)
	}
	for _, c := range all.Items {
		p, err := x.Cases.Timeline(t.Context(), x.actor("jonas"), c.ID, "", 20)
		x.ok(err)
		if c.State == escalation.Solved && len(p.Items) < 3 {
			t.Errorf("a solved case tells %d things", len(p.Items))
		}
	}
}

func checkDeflection(t *testing.T, x *town) {
	f, err := x.Deflection.Funnel(t.Context(), x.actor("ada"), x.end.Add(-30*24*time.Hour), x.end)
	x.ok(err)
	for _, o := range deflection.Outcomes {
		if f.All[o] == 0 && o != deflection.Ongoing {
			t.Errorf("no attempt was %s: %v", o, f.All)
		}
	}
	if len(f.Top) < 5 || len(f.Gaps) < 5 || f.Empty.Total() == 0 {
		t.Errorf("%d answers helped, %d gaps", len(f.Top), len(f.Gaps))
	}
	st, err := x.Points.Standing(t.Context(), x.actor("tomas").ID)
	x.ok(err)
	if st.Helped == 0 {
		t.Error("nobody was helped by Tomás without asking")
	}
}

// checkSuggesting: what visitors said proves that suggested answers fit, so that a
// question that was solved before is answered by quoting at once.
func checkSuggesting(t *testing.T, x *town) {
	index, err := search.Open(x.Community, search.Options{})
	x.ok(err)
	t.Cleanup(func() { x.ok(index.Close()) })
	x.ok(index.Rebuild(t.Context(), nil))
	x.Deflection.Suggest(index)
	x.ok(x.Relay.Sweep(t.Context()))
	trust, err := x.Deflection.Trust(t.Context(), x.actor("ada"))
	x.ok(err)
	if !trust.On() {
		t.Errorf("%+v", trust.Calibration)
	}
	asked, err := x.Community.Ask(t.Context(), x.actor("mia"), community.ThreadDraft{Space: "wifi", Title: "Doorbell camera works only while the door is open", Body: "The camera at our door is offline, until I open the door."})
	x.ok(err)
	x.ok(x.Relay.Drain(t.Context()))
	q, err := x.Deflection.Quoted(t.Context(), community.Actor{}, asked)
	x.ok(err)
	if q == nil || !strings.HasPrefix(q.From.Title, "Doorbell camera") {
		t.Errorf("nothing fitting is quoted: %+v", q)
	}
}

func checkSecrecy(t *testing.T, x *town) {
	outsider, tester := x.actor("mia"), x.actor("kenji")
	if _, err := x.Community.Space(t.Context(), outsider, "beta"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an outsider sees the beta space: %v", err)
	}
	sees := func(by community.Actor) bool {
		return slices.ContainsFunc(x.threads(by, community.Filter{Sort: community.ByNewest}), func(th *community.Thread) bool { return th.Space == "beta" })
	}
	if sees(outsider) || sees(community.Actor{}) || !sees(tester) {
		t.Error("beta threads are listed for outsiders, or not for testers")
	}
}

func checkLogins(t *testing.T, x *town) {
	var roles []community.Role
	for _, l := range demo.Logins() {
		m, _, err := x.Community.SignIn(t.Context(), l.Email, l.Password, community.Device{})
		x.ok(err)
		if m.Name != l.Name {
			t.Errorf("%s signs in as %s", l.Name, m.Name)
		}
		roles = append(roles, m.Role)
	}
	want := []community.Role{community.Customer, community.Customer, community.Moderator, community.Agent, community.Admin}
	if !slices.Equal(roles, want) {
		t.Errorf("roles %v, want %v", roles, want)
	}
}
