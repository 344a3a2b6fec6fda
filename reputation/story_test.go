package reputation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/scene"
	"selfie/internal/store"
)

// told is a story with reputation.
type told struct {
	*scene.Scene
	rep *Service
}

func tell(t *testing.T, e store.Engine) told {
	t.Helper()
	var x told
	x.Scene = scene.New(t, e, func(db *store.DB, r *outbox.Relay, people *community.Service) { x.rep = Open(db, r, people, Options{}) })
	return x
}

// has fails the test unless the members have so many points.
func (x told) has(want map[string]int64) {
	x.T.Helper()
	for name, points := range want {
		st, err := x.rep.Standing(x.Ctx, x.Actor(name).ID)
		x.OK(err)
		if st.Points != points {
			x.T.Errorf("%s has %d points, want %d: %+v", name, st.Points, points, st)
		}
	}
}

// ledger returns a member's whole ledger, as the reader sees it.
func (x told) ledger(reader, name string) (days []*Day) {
	x.T.Helper()
	by := community.Actor{}
	if reader != "guest" {
		by = x.Actor(reader)
	}
	for cursor := ""; ; {
		p, err := x.rep.Days(x.Ctx, by, x.Actor(name).ID, cursor, 2)
		x.OK(err)
		days = append(days, p.Items...)
		if cursor = p.Next; cursor == "" {
			return days
		}
	}
}

// rebuilt fails the test unless a rebuild finds nothing to change, and a
// rebuild from nothing comes to the same.
func (x told) rebuilt() {
	x.T.Helper()
	r, err := x.rep.Rebuild(x.Ctx, nil)
	x.OK(err)
	if r.Changed != 0 || r.Read == 0 {
		x.T.Errorf("a rebuild changed %d of %d documents that were up to date", r.Changed, r.Read)
	}
	before := x.totals()
	x.wipe()
	seen := 0
	r, err = x.rep.Rebuild(x.Ctx, func(string) { seen++ })
	x.OK(err)
	if int64(seen) != r.Read {
		x.T.Errorf("progress was told of %d of %d documents", seen, r.Read)
	}
	if after := x.totals(); after != before {
		x.T.Errorf("a rebuild from nothing comes to another result:\n%s\nwas\n%s", after, before)
	}
	if again, err := x.rep.Rebuild(x.Ctx, nil); err != nil || again.Changed != 0 {
		x.T.Errorf("a rebuild after a rebuild: %+v %v", again, err)
	}
}

// totals writes down all standings, and the sums of every period.
func (x told) totals() string {
	x.T.Helper()
	var b strings.Builder
	x.OK(x.rep.standings.Each(x.Ctx, store.All(), func(s *Standing) error {
		if s.Points == x.rep.rules.Start && s.Answers == 0 {
			return nil // a newcomer, with or without a document
		}
		fmt.Fprintln(&b, s.Member, s.Points, s.Level, s.Answers, s.Accepted, s.AcceptRate, s.Verified, s.Helped, s.Tags)
		return nil
	}))
	x.OK(x.rep.scores.Each(x.Ctx, store.All().Order("span", "period", "-sums.points"), func(s *Score) error {
		if s.Sums.Gained != 0 || s.Sums.Points != 0 { // a period of struck lines only is nothing to a rebuild from nothing
			fmt.Fprintln(&b, s.Member, s.Period, s.Sums)
		}
		return nil
	}))
	return b.String()
}

// wipe deletes everything derived; credits and badges are facts.
func (x told) wipe() {
	x.T.Helper()
	x.OK(x.rep.causes.Each(x.Ctx, store.All(), func(c *Cause) error {
		if c.Kind == Helped {
			return nil
		}
		return x.rep.causes.Delete(x.Ctx, c.ID, 0)
	}))
	x.OK(x.rep.days.Each(x.Ctx, store.All(), func(d *Day) error { return x.rep.days.Delete(x.Ctx, d.ID, 0) }))
	x.OK(x.rep.scores.Each(x.Ctx, store.All(), func(s *Score) error { return x.rep.scores.Delete(x.Ctx, s.ID, 0) }))
	x.OK(x.rep.standings.Each(x.Ctx, store.All(), func(s *Standing) error { return x.rep.standings.Delete(x.Ctx, s.ID, 0) }))
}

var stories = map[string]func(*testing.T, store.Engine){
	"solved: everyone gets what is due":        storySolved,
	"a reversal refolds the original day":      storyReversal,
	"a removed post takes its points along":    storyRemoved,
	"nobody accepts or verifies themselves":    storyOwn,
	"a visitor was helped, and came back":      storyHelped,
	"badges are won by the ledger":             storyBadges,
	"privileges are enforced by the verbs":     storyPrivileges,
	"what is closed stays closed":              storySecrets,
	"leaders are customers":                    storyLeaders,
	"an archive's votes count by rebuilding":   storyImported,
	"a new tag moves the points for it":        storyTags,
	"any order and any repetition is the same": storyShaken,
}

func TestStories(t *testing.T) {
	scene.OverEngines(t, func(t *testing.T, fresh func(*testing.T) store.Engine) {
		for name, story := range stories {
			t.Run(name, func(t *testing.T) { story(t, fresh(t)) })
		}
	})
}

func TestQueriesSearchAnIndex(t *testing.T) {
	for name, story := range stories {
		t.Run(name, func(t *testing.T) {
			e, _ := scene.Explained(t)
			story(t, e)
		})
	}
}

func storySolved(t *testing.T, e store.Engine) {
	x := tell(t, e)
	x.As("asker").Ask("Router blinks red after the update", scene.Tagged("firmware", "router"))
	x.As("helper").Answer("Hold the reset button for ten seconds, then wait.")
	x.As("second").Vote(x.LastAnswer(), 1).Vote(x.Question(), 1)
	x.As("asker").Accept()
	_, err := x.Svc.Verify(x.Ctx, x.Actor("agent"), x.Answer_.ID)
	x.OK(err).Settled()
	x.has(map[string]int64{"asker": 1 + 10 + 2, "helper": 1 + 10 + 15 + 15, "second": 1, "agent": 1})

	st, err := x.rep.Standing(x.Ctx, x.Actor("helper").ID)
	x.OK(err)
	if st.Answers != 1 || st.Accepted != 1 || st.AcceptRate != 100 || st.Verified != 1 || len(st.Tags) != 2 || st.Tags[0] != (TagScore{"firmware", 40}) {
		t.Errorf("the helper's standing: %+v", st)
	}
	days := x.ledger("guest", "helper")
	if len(days) != 1 || len(days[0].Lines) != 3 || days[0].Day != "2026-03-02" || days[0].Sums.Points != 40 {
		t.Fatalf("the helper's ledger: %+v", days)
	}
	for _, l := range days[0].Lines {
		if l.Title != x.Thread.Title || l.Counted != l.Points || l.Struck != "" || l.Cause != "" || (l.Kind == AnswerUp) != (l.By == "") {
			t.Errorf("a line of the ledger: %+v", l)
		}
	}
	x.rebuilt()
}

func storyReversal(t *testing.T, e store.Engine) {
	x := tell(t, e)
	x.As("asker").Ask("The printer is offline every morning")
	x.As("helper").Answer("Give it a fixed address in the router.")
	x.As("second").Vote(x.LastAnswer(), 1)
	x.As("asker").Accept().Settled()
	x.has(map[string]int64{"asker": 3, "helper": 26})

	x.Wait(26 * time.Hour)
	x.As("second").Vote(x.LastAnswer(), -1).Settled()
	x.has(map[string]int64{"asker": 3, "helper": 1 + 15 - 2, "second": 1}) // never below 1
	_, err := x.Svc.Unaccept(x.Ctx, x.Actor("asker"), x.Thread.ID)
	x.OK(err).Settled()
	x.has(map[string]int64{"asker": 1, "helper": 1})

	days := x.ledger("helper", "helper")
	if len(days) != 1 || days[0].Day != "2026-03-02" || len(days[0].Lines) != 3 || days[0].Sums.Points != -2 {
		t.Fatalf("a reversal belongs to the day of its cause: %+v", days)
	}
	why := map[Kind]Struck{AnswerUp: TakenBack, AnswerDown: "", Accepted: Undone}
	for _, l := range days[0].Lines {
		if l.Struck != why[l.Kind] || (l.Struck != "" && l.Counted != 0) {
			t.Errorf("a struck line: %+v", l)
		}
	}
	x.As("asker").Accept()
	x.As("second").Vote(x.LastAnswer(), 0).Settled()
	x.has(map[string]int64{"asker": 3, "helper": 16, "second": 1})
	if days := x.ledger("helper", "helper"); len(days) != 2 || days[0].Day != "2026-03-03" || days[1].Sums.Points != 0 {
		t.Fatalf("accepting again is a new line of its own day: %+v", days)
	}
	x.rebuilt()
}

func storyRemoved(t *testing.T, e store.Engine) {
	x := tell(t, e)
	x.As("asker").Ask("No picture on the second screen")
	x.As("helper").Answer("Use the other socket of the graphics card.")
	x.As("second").Vote(x.LastAnswer(), 1).Vote(x.Question(), 1)
	x.As("third").Vote(x.LastAnswer(), -1)
	x.As("asker").Accept().Settled()
	all := map[string]int64{"asker": 13, "helper": 1 + 10 - 2 + 15, "third": 1}
	x.has(all)
	mod := x.Actor("moderator")
	x.OK(x.Svc.Remove(x.Ctx, mod, x.LastAnswer(), "spam")).Settled()
	x.has(map[string]int64{"asker": 11, "helper": 1, "third": 1})
	x.OK(x.Svc.Restore(x.Ctx, mod, x.LastAnswer())).Settled()
	x.has(all)
	x.As("fourth").Vote(x.LastAnswer(), 1) // heard of only after the removal
	x.OK(x.Svc.Remove(x.Ctx, mod, x.LastAnswer(), "spam")).Settled()
	x.has(map[string]int64{"helper": 1})
	x.OK(x.Svc.Restore(x.Ctx, mod, x.LastAnswer())).Settled()
	all["helper"] += 10
	x.has(all)
	x.OK(x.Svc.Remove(x.Ctx, mod, x.Question(), "spam")).Settled()
	x.has(map[string]int64{"asker": 1, "helper": 1, "third": 1})
	for _, l := range x.ledger("moderator", "helper")[0].Lines {
		if l.Struck != Removed {
			t.Errorf("a line of a removed thread: %+v", l)
		}
	}
	x.OK(x.Svc.Restore(x.Ctx, mod, x.Question())).Settled()
	x.has(all)
	x.rebuilt()
}

func storyOwn(t *testing.T, e store.Engine) {
	x := tell(t, e)
	x.As("asker").Ask("How do I read the serial number?").Answer("It stands under the cover: found it.").Accept().Settled()
	x.has(map[string]int64{"asker": 1})
	x.As("agent").Answer("The sticker shows it as well.").Accept()
	_, err := x.Svc.Verify(x.Ctx, x.By, x.Answer_.ID)
	x.OK(err).Settled()
	x.has(map[string]int64{"asker": 1, "agent": 1})
	x.As("helper").Answer("Or open the status page.")
	x.As("moderator").Accept().Settled()
	x.has(map[string]int64{"asker": 1, "helper": 16, "moderator": 1})
	x.rebuilt()
}

func storyHelped(t *testing.T, e store.Engine) {
	x := tell(t, e)
	x.As("asker").Ask("Where is the log file of the app?")
	x.As("helper").Answer("In the settings, tap the version seven times.").Settled()
	at := store.At(x.Clock.Now())
	credit := func(cause string, standing bool) {
		t.Helper()
		x.OK(x.rep.Credit(x.Ctx, cause, x.Actor("helper").ID, x.Thread.ID, x.Answer_.ID, at, standing))
	}
	credit("visit 1", true)
	credit("visit 1", true)
	credit("visit 2", true)
	credit("visit 3", false)
	x.has(map[string]int64{"helper": 5})
	credit("visit 2", false)
	x.has(map[string]int64{"helper": 3})
	x.Refused(x.rep.Credit(x.Ctx, "", "", "", "", 0, true), fault.Invalid)
	st, err := x.rep.Standing(x.Ctx, x.Actor("helper").ID)
	x.OK(err)
	if lines := x.ledger("guest", "helper")[0].Lines; st.Helped != 1 || len(lines) != 2 || lines[0].Title == "" {
		t.Errorf("helped %d: %+v", st.Helped, lines)
	}
	x.rep.rules.DailyCap = 7
	for i := range 5 {
		credit(fmt.Sprint("many ", i), true)
	}
	x.has(map[string]int64{"helper": 8})
	x.rebuilt()
}

func storyBadges(t *testing.T, e store.Engine) {
	x := tell(t, e)
	x.As("asker").Ask("The light stays off at night")
	x.As("helper").Answer("Switch the night mode off in the app.")
	x.As("asker").Accept().Settled()
	for i := range 7 {
		x.OK(x.rep.Credit(x.Ctx, fmt.Sprint(i), x.Actor("helper").ID, x.Thread.ID, x.Answer_.ID, store.At(x.Clock.Now()), true))
		x.Clock.Advance(24 * time.Hour)
	}
	want := []string{"first-solution 2026-03-02", "seven-days 2026-03-08"}
	badges := func() (got []string) {
		list, err := x.rep.Badges(x.Ctx, x.Actor("helper").ID)
		x.OK(err)
		for _, b := range list {
			got = append(got, b.Name+" "+b.Day)
		}
		return got
	}
	if got := badges(); strings.Join(got, ",") != strings.Join(want, ",") {
		t.Errorf("badges: %v", got)
	}
	_, err := x.Svc.Unaccept(x.Ctx, x.Actor("asker"), x.Thread.ID)
	x.OK(err).Settled()
	if got := badges(); len(got) != 2 {
		t.Errorf("a badge once won was lost: %v", got)
	}
	x.rebuilt()
}

func storyPrivileges(t *testing.T, e store.Engine) {
	x := tell(t, e)
	x.Svc.SetPrivileges(x.rep)
	x.As("asker").Ask("Is there a manual in French?")
	x.As("helper").Answer("It is on the second page of the booklet.").Remark("And in the app.")
	_, err := x.Svc.Vote(x.Ctx, x.Actor("asker"), x.LastAnswer(), 1)
	x.Refused(err, fault.Forbidden)
	if f, _ := fault.As(err); f.Public != "Voting up unlocks at 8 points; you have 1." {
		t.Errorf("the refusal does not say what is missing: %q", f.Public)
	}
	x.As("asker").Accept().Settled()
	x.As("helper").Vote(x.Question(), 1).Settled() // 16 points by now
	_, err = x.Svc.Vote(x.Ctx, x.By, x.Question(), -1)
	x.Refused(err, fault.Forbidden)
	x.As("moderator").Vote(x.LastAnswer(), -1) // staff need no points
	_, err = x.Svc.Ask(x.Ctx, x.Actor("asker"), community.ThreadDraft{Space: "general", Title: "And one in Welsh?", Body: "I would like to read it in Welsh.", Tags: []string{"welsh"}})
	x.Refused(err, fault.Forbidden)
	_, err = x.Svc.EditAnswer(x.Ctx, x.Actor("asker"), x.Answer_.ID, 0, "It is on the third page of the booklet.", "")
	x.Refused(err, fault.Forbidden)
	x.Refused(x.rep.May(x.Ctx, community.Actor{}, community.DoVoteUp, nil), fault.Unauthorized)
	x.Settled()
	x.OK(x.rep.May(x.Ctx, x.Actor("moderator"), community.DoEditOthers, nil))
}

func storySecrets(t *testing.T, e store.Engine) {
	x := tell(t, e)
	x.Space("beta", community.Restricted, "testers").As("agent").Ask("The prototype overheats", scene.In("beta"), scene.Tagged("prototype"))
	x.Answer("It is known and will be fixed.")
	author := x.Actor("agent")
	x.As("moderator").Vote(x.LastAnswer(), 1).Vote(x.Question(), -1).Settled()
	x.As("asker").Ask("The box is too small", scene.Tagged("box"))
	x.As("helper").Answer("Mine is big enough, so yours must be too.")
	x.As("second").Vote(x.LastAnswer(), -1).Settled()

	st, err := x.rep.Standing(x.Ctx, author.ID)
	x.OK(err)
	if st.Points != 9 || len(st.Tags) != 0 {
		t.Errorf("the points count and the tag is not told: %+v", st)
	}
	for _, l := range x.ledger("guest", "agent")[0].Lines {
		if l.Title != "" || l.Thread != "" || l.Post != "" || l.Counted == 0 {
			t.Errorf("a line tells of a restricted thread: %+v", l)
		}
	}
	for _, l := range x.ledger("moderator", "agent")[0].Lines {
		if l.Title == "" || l.Thread == "" {
			t.Errorf("a line is closed to one who reads the thread: %+v", l)
		}
	}
	own, others := x.ledger("second", "second")[0].Lines, x.ledger("helper", "second")[0].Lines
	if len(own) != 1 || own[0].Title == "" || len(others) != 1 || others[0].Points != -1 || others[0].Thread != "" || others[0].At != startOf("2026-03-02") {
		t.Errorf("voting down is told to: oneself %+v, others %+v", own, others)
	}
	_, err = x.rep.Days(x.Ctx, x.By, author.ID, "nonsense", 10)
	x.Refused(err, fault.Invalid)
	x.rebuilt()
}

func storyLeaders(t *testing.T, e store.Engine) {
	x := tell(t, e)
	board := func(span Span, period string) (got string) {
		t.Helper()
		for cursor := ""; ; {
			p, err := x.rep.Leaders(x.Ctx, span, period, cursor, 1)
			x.OK(err)
			for _, l := range p.Items {
				got += fmt.Sprint(l.Member.Name, " ", l.Points, ", ")
			}
			if cursor = p.Next; cursor == "" {
				return got
			}
		}
	}
	x.As("asker").Ask("How long does the battery last?")
	x.As("agent").Answer("About ten hours with the light on.")
	x.As("asker").Vote(x.LastAnswer(), 1)
	x.As("second").Vote(x.LastAnswer(), 1)
	x.As("helper").Answer("In the cold it is rather five.")
	x.As("asker").Accept().Settled()
	x.Wait(7 * 24 * time.Hour)
	x.As("second").Vote(x.Question(), 1).Settled()
	for _, b := range []struct {
		span         Span
		period, want string
	}{
		{Week, "2026-W10", "The helper 15, The asker 2, "},
		{Week, "", "The asker 10, "},
		{Month, "2026-03", "The helper 15, The asker 12, "},
		{Month, "2026-02", ""},
		{Ever, "", "The helper 16, The asker 13, "},
	} {
		if got := board(b.span, b.period); got != b.want {
			t.Errorf("%s %s: %q, want %q", b.span, b.period, got, b.want)
		}
	}
	for _, bad := range [][2]string{{"day", ""}, {"week", "2026-03"}, {"all", "2026"}} {
		_, err := x.rep.Leaders(x.Ctx, Span(bad[0]), bad[1], "", 5)
		x.Refused(err, fault.Invalid)
	}
	x.rebuilt()
}

func storyImported(t *testing.T, e store.Engine) {
	x := tell(t, e)
	x.As("asker").Ask("A question from the old forum")
	x.As("helper").Answer("And an answer from the old forum.").Settled()
	old := store.At(time.Date(2019, 7, 4, 12, 0, 0, 0, time.UTC))
	for i := range 25 {
		v := &community.Vote{Post: x.Answer_.ID, Kind: community.AnAnswer, Thread: x.Thread.ID, Author: x.Actor("helper").ID, Value: 1, Created: old}
		v.ID = fmt.Sprint("old", i)
		_, _, err := x.Svc.Records().Votes.Put(x.Ctx, v)
		x.OK(err)
	}
	x.has(map[string]int64{"helper": 1})
	r, err := x.rep.Rebuild(x.Ctx, nil)
	x.OK(err)
	if r.Changed == 0 {
		t.Error("a rebuild after an import changed nothing")
	}
	x.has(map[string]int64{"helper": 201})
	days := x.ledger("guest", "helper")
	if len(days) != 1 || days[0].Day != "2019-07-04" || days[0].Lines[24].Limit != DailyLimit {
		t.Errorf("imported votes lie on their own day under its cap: %+v", days[0].Sums)
	}
	x.rebuilt()
}

func storyTags(t *testing.T, e store.Engine) {
	x := tell(t, e)
	x.As("asker").Ask("The app crashes at the start", scene.Tagged("app"))
	x.As("helper").Answer("Delete its cache and start it again.")
	x.As("second").Vote(x.LastAnswer(), 1).Settled()
	_, err := x.Svc.EditThread(x.Ctx, x.Actor("asker"), x.Thread.ID, 0,
		community.ThreadDraft{Title: x.Thread.Title, Body: x.Thread.Body, Tags: []string{"android"}}, "")
	x.OK(err).Settled()
	st, err := x.rep.Standing(x.Ctx, x.Actor("helper").ID)
	x.OK(err)
	if len(st.Tags) != 1 || st.Tags[0] != (TagScore{"android", 10}) {
		t.Errorf("tags: %v", st.Tags)
	}
	x.rebuilt()
}

// storyShaken tells one story under untidy deliveries, in the middle and at the
// end of it, and compares with plain counting.
func storyShaken(t *testing.T, e store.Engine) { shaken(t, e, 7) }

func TestShaken(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { shaken(t, scene.SQLite(t), seed) })
	}
}

func shaken(t *testing.T, e store.Engine, seed uint64) {
	x := tell(t, e)
	x.Relay.Shake(seed)
	x.As("asker").Ask("Everything at once", scene.Tagged("all"))
	for i := range 4 {
		x.As(fmt.Sprint("helper", i)).Answer(fmt.Sprint("This is the way number ", i))
		for j := range 4 {
			if x.As(fmt.Sprint("helper", j)); j != i {
				x.Vote(x.LastAnswer(), 1)
			}
		}
		if i%2 == 0 {
			x.As("helper3").Vote(x.LastAnswer(), 0) // before anybody heard of the vote
			x.Settled()
		}
		x.As("asker").Accept()
		if i == 2 {
			x.OK(x.Svc.Remove(x.Ctx, x.Actor("moderator"), x.LastAnswer(), ""))
		}
	}
	x.Settled()
	// 0: two of three votes stand. 1: three votes. 2: removed. 3: three votes, accepted.
	x.has(map[string]int64{"helper0": 21, "helper1": 31, "helper2": 1, "helper3": 46, "asker": 3})
	x.rebuilt()
}

func TestPresets(t *testing.T) {
	for _, x := range []struct {
		preset Preset
		do     community.Action
		want   int64
	}{
		{Team, community.DoVoteUp, 1}, {Growing, community.DoVoteUp, 8}, {Mature, community.DoVoteUp, 15},
		{"", community.DoVoteUp, 8}, {"other", community.DoCreateTag, 750}, {Team, community.DoVoteDown, 125}, {Growing, community.DoAsk, 1},
	} {
		if _, got, earned := x.preset.needs(x.do); got != x.want || !earned {
			t.Errorf("%q %s: %d", x.preset, x.do, got)
		}
	}
	if _, _, earned := Growing.needs(community.DoVerify); earned {
		t.Error("no points make a customer the company")
	}
}

func TestPrivilegesOf(t *testing.T) {
	x := tell(t, scene.SQLite(t))
	list := x.rep.PrivilegesOf(x.Ctx, 40)
	var last int64
	for _, p := range list {
		if p.Points < last || p.Unlocked != (p.Points <= 40) || p.Missing != max(p.Points-40, 0) || p.Title == "" {
			t.Errorf("%+v", p)
		}
		last = p.Points
	}
	if len(list) != len(privileges) || last != 1000 {
		t.Errorf("%d privileges up to %d", len(list), last)
	}
}

// TestKilledBetweenTwoSteps ends the settling of a vote after each of its
// writes, as a crash would, and lets it be delivered again.
func TestKilledBetweenTwoSteps(t *testing.T) {
	errKilled := errors.New("killed")
	for writes := 0; ; writes++ {
		e := &dying{Engine: scene.SQLite(t), err: errKilled, left: -1}
		x := tell(t, e)
		x.As("asker").Ask("Does it survive a power cut?")
		x.As("helper").Answer("It does, and so should the ledger.")
		x.As("asker").Accept()
		e.left = writes
		err := x.rep.onFact(x.Ctx, outbox.Delivery{Event: outbox.Event{Kind: community.AnswerAccepted, Thread: x.Thread.ID, Post: x.Answer_.ID}})
		survived := err == nil
		if err != nil && !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		e.left = -1
		x.Settled()
		x.has(map[string]int64{"asker": 3, "helper": 16})
		x.rebuilt()
		if survived {
			if writes < 8 {
				t.Errorf("settling took only %d writes", writes)
			}
			return
		}
	}
}

// dying is an engine whose writes fail after so many; -1 never.
type dying struct {
	store.Engine
	err  error
	left int
}

func (e *dying) die() error {
	if e.left == 0 {
		return e.err
	}
	if e.left > 0 {
		e.left--
	}
	return nil
}

func (e *dying) Insert(ctx context.Context, s *store.Schema, doc store.Raw) error {
	if err := e.die(); err != nil {
		return err
	}
	return e.Engine.Insert(ctx, s, doc)
}

func (e *dying) Update(ctx context.Context, s *store.Schema, id string, apply func(store.Raw) (store.Raw, error)) error {
	if err := e.die(); err != nil {
		return err
	}
	return e.Engine.Update(ctx, s, id, apply)
}
