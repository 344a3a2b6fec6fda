package community_test

import (
	"maps"
	"testing"
	"time"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/scene"
	"selfie/internal/store"
)

var stories = map[string]func(*testing.T, store.Engine){
	"asked, answered, voted, accepted, notified":    storySolved,
	"a repeated submit finds the first":             storyReplay,
	"an edit keeps what it replaced":                storyEdit,
	"a duplicate carries interest and gives back":   storyDuplicate,
	"cycles of duplicates come to one root":         storyCycle,
	"a restricted space is invisible outside":       storyRestricted,
	"a private thread is for asker and staff":       storyPrivate,
	"an accepted answer must be visible":            storyAcceptedRemoved,
	"states follow time and who wrote last":         storyStates,
	"a rebuild changes nothing":                     storyRebuild,
	"a picture follows its post":                    storyPicture,
	"a sweep takes the pictures that nothing shows": storySweep,
	"a sweep and a post meet":                       storySweepRace,
	"closing an account takes its unused pictures":  storyCloseUploads,
	"a picture is taken back":                       storyTakeBack,
	"a picture is taken back while it is posted":    storyTakeBackRace,
	"a private answer is for asker and staff":       storyPrivateAnswer,
	"a locked thread takes nothing":                 storyLocked,
	"an owner hears of what is done to an account":  storyAccountMail,
}

func TestStories(t *testing.T) {
	scene.OverEngines(t, func(t *testing.T, fresh func(*testing.T) store.Engine) {
		for name, story := range stories {
			t.Run(name, func(t *testing.T) { story(t, fresh(t)) })
		}
	})
}

// TestQueriesSearchAnIndex tells the stories while the database explains how
// it serves each shape of query.
func TestQueriesSearchAnIndex(t *testing.T) {
	shapes := 0
	for name, story := range stories {
		t.Run(name, func(t *testing.T) {
			e, seen := scene.Explained(t)
			story(t, e)
			shapes += seen()
		})
	}
	if shapes < 50 {
		t.Fatalf("the stories asked only %d shapes of queries", shapes)
	}
}

func storySolved(t *testing.T, e store.Engine) {
	var inbox *notify.Service
	s := scene.New(t, e, func(db *store.DB, r *outbox.Relay, svc *community.Service) {
		inbox = notify.Open(db, r, svc, notify.Options{BaseURL: "https://help.example"})
	})
	s.As("asker").Ask("Router blinks red after the update", scene.Tagged("Router", "firmware"))
	s.As("helper").Answer("Hold the reset button for ten seconds, then wait.").Settled()
	s.As("second").Vote(s.LastAnswer(), 1).Vote(s.Question(), 1).MeToo().Settled()
	s.As("asker").Accept().Settled().State(community.Solved)

	got := s.Thread.Stats
	if got.Answers != 1 || got.Score != 1 || got.MeToos != 1 || !got.Solved || got.Unanswered {
		t.Fatalf("counts are wrong: %+v", got)
	}
	a, _, err := s.Svc.Answer(s.Ctx, s.By, s.Answer_.ID)
	s.OK(err)
	if a.Stats.Score != 1 || !a.Stats.Accepted {
		t.Fatalf("the answer's counts are wrong: %+v", a.Stats)
	}
	kinds := func(name string) (kinds []string) {
		list, _, err := inbox.Notices(s.Ctx, s.Actor(name), "", 50)
		s.OK(err)
		for _, n := range list {
			kinds = append(kinds, n.Kind)
		}
		return kinds
	}
	if k := kinds("asker"); len(k) != 1 || k[0] != notify.NoticeAnswer {
		t.Fatalf("the asker was told %v", k)
	}
	if k := kinds("helper"); len(k) != 1 || k[0] != notify.NoticeAccepted {
		t.Fatalf("the helper was told %v", k)
	}
	if k := kinds("second"); len(k) != 1 || k[0] != notify.NoticeSolved {
		t.Fatalf("who said me too was told %v", k)
	}
	s.As("second").Vote(s.LastAnswer(), 0).Settled()
	if a, _, err = s.Svc.Answer(s.Ctx, s.By, s.Answer_.ID); err != nil || a.Stats.Score != 0 {
		t.Fatalf("a vote taken back still counts: %+v, %v", a.Stats, err)
	}
	_, err = s.Svc.Vote(s.Ctx, s.Actor("helper"), s.LastAnswer(), 1)
	s.Refused(err, fault.Forbidden)
}

func storyReplay(t *testing.T, e store.Engine) {
	s := scene.New(t, e).As("asker").Ask("The light blinks red all day", scene.Keyed("form-1"))
	first := s.Thread.ID
	if s.Ask("The light blinks red all day", scene.Keyed("form-1")); s.Thread.ID != first {
		t.Fatal("the second submit of one form made a second thread")
	}
	s.As("other").Ask("The light blinks red all day", scene.Keyed("form-1"))
	if s.Thread.ID == first {
		t.Fatal("two members' forms share one key")
	}
}

func storyEdit(t *testing.T, e store.Engine) {
	s := scene.New(t, e).As("asker").Ask("Cannot sign in to the box", scene.Tagged("sign-in"))
	d := community.ThreadDraft{Title: "Cannot sign in since 2.1", Body: "It says error 0x80070057 since 2.1.", Tags: []string{"firmware"}}
	_, err := s.Svc.EditThread(s.Ctx, s.By, s.Thread.ID, 0, d, "clearer")
	s.OK(err).Settled()
	_, err = s.Svc.EditThread(s.Ctx, s.By, s.Thread.ID, 0, d, "")
	s.Refused(err, fault.Conflict)
	h, err := s.Svc.History(s.Ctx, s.By, s.Question(), "", 10)
	s.OK(err)
	if len(h.Items) != 2 || h.Items[0].Title != d.Title || h.Items[1].Title != "Cannot sign in to the box" || h.Items[0].Note != "clearer" {
		t.Fatalf("the history is wrong: %+v", h.Items)
	}
	if tag, err := s.Svc.Tag(s.Ctx, s.By, "firmware"); err != nil || tag.Threads != 1 {
		t.Fatalf("the new tag counts %+v, %v", tag, err)
	}
	_, err = s.Svc.Tag(s.Ctx, s.By, "sign-in")
	s.Refused(err, fault.NotFound)
	_, err = s.Svc.EditThread(s.Ctx, s.Actor("other"), s.Thread.ID, 1, d, "")
	s.Refused(err, fault.Forbidden)
}

func storyDuplicate(t *testing.T, e store.Engine) {
	s := scene.New(t, e).As("first").Ask("Original question about the red light")
	original := s.Thread
	s.As("fan").MeToo()
	s.As("later").Ask("Asked again: why is it red?")
	dup := s.Thread
	s.As("fan").MeToo().As("another").MeToo().Settled()
	s.As("moderator").DuplicateOf(original).Settled()

	// fan stood on both and counts once; later and another come over.
	if s.On(original).Reload(); s.Thread.Stats.MeToos != 3 {
		t.Fatalf("the original counts %d me-toos, want 3", s.Thread.Stats.MeToos)
	}
	watching := map[string]bool{}
	s.OK(s.Svc.Watchers(s.Ctx, original.ID, func(m string) error { watching[m] = true; return nil }))
	for _, name := range []string{"first", "fan", "later", "another"} {
		if !watching[s.Actor(name).ID] {
			t.Errorf("%s does not watch the original", name)
		}
	}
	root, err := s.Svc.Root(s.Ctx, s.By, s.On(dup).Reload())
	s.OK(err)
	if root.ID != original.ID {
		t.Fatal("the duplicate does not lead to its original")
	}
	_, err = s.Svc.MarkDuplicate(s.Ctx, s.Actor("moderator"), original.ID, dup.ID)
	s.Refused(err, fault.Invalid)

	_, err = s.Svc.UndoDuplicate(s.Ctx, s.Actor("moderator"), dup.ID)
	s.OK(err).Settled()
	if s.On(original).Reload(); s.Thread.Stats.MeToos != 1 {
		t.Fatalf("after undoing, the original counts %d me-toos, want fan's own", s.Thread.Stats.MeToos)
	}
	if s.On(dup).Reload(); s.Thread.Stats.MeToos != 2 || s.Thread.Stats.Shelf != community.OnOpen {
		t.Fatalf("after undoing, the duplicate stands at %+v", s.Thread.Stats)
	}
}

func storyCycle(t *testing.T, e store.Engine) {
	s := scene.New(t, e).As("asker")
	threads := make([]*community.Thread, 3)
	for i := range threads {
		threads[i] = s.Ask("The same question, asked once more").Thread
	}
	for i, th := range threads { // as rivals could leave it
		of := threads[(i+1)%3].ID
		_, err := s.Svc.Records().Threads.Update(s.Ctx, th.ID, func(t *community.Thread) error {
			t.Duplicate = &community.Duplicate{Of: of}
			return nil
		})
		s.OK(err)
	}
	for _, th := range threads {
		root, err := s.Svc.Root(s.Ctx, s.By, s.On(th).Reload())
		s.OK(err)
		if want := min(threads[0].ID, threads[1].ID, threads[2].ID); root.ID != want {
			t.Fatalf("the root of %s is %s, want %s", th.ID, root.ID, want)
		}
	}
}

func storyRestricted(t *testing.T, e store.Engine) {
	s := scene.New(t, e).Space("beta", community.Restricted, "testers")
	s.As("insider")
	s.OK(s.Svc.SetGroups(s.Ctx, community.System, s.By.ID, []string{"testers"}))
	s.As("insider").Ask("Beta firmware reboots at night", scene.In("beta"), scene.Tagged("secret")).Sees(true)
	s.Answer("It is the scheduler, known since build 7.").Settled()
	for _, name := range []string{"guest", "outsider"} {
		s.As(name).Sees(false)
		_, _, err := s.Svc.Answer(s.Ctx, s.By, s.Answer_.ID)
		s.Refused(err, fault.NotFound)
		list, err := s.Svc.Threads(s.Ctx, s.By, community.Filter{}, "", 50)
		s.OK(err)
		byAuthor, err := s.Svc.ThreadsBy(s.Ctx, s.By, s.Actor("insider").ID, "", 50)
		s.OK(err)
		answers, err := s.Svc.AnswersBy(s.Ctx, s.By, s.Actor("insider").ID, "", 50)
		s.OK(err)
		if len(list.Items)+len(byAuthor.Items)+len(answers.Items) != 0 {
			t.Fatalf("%s finds the restricted thread in a list", name)
		}
		_, err = s.Svc.Threads(s.Ctx, s.By, community.Filter{Space: "beta"}, "", 50)
		s.Refused(err, fault.NotFound)
		_, err = s.Svc.Tag(s.Ctx, s.By, "secret")
		s.Refused(err, fault.NotFound)
	}
	_, err := s.Svc.PostAnswer(s.Ctx, s.Actor("outsider"), community.AnswerDraft{Thread: s.Thread.ID, Body: "Let me in, please."})
	s.Refused(err, fault.NotFound)
	s.As("agent").Sees(true)
}

func storyPrivate(t *testing.T, e store.Engine) {
	s := scene.New(t, e).As("asker").Ask("My invoice shows a wrong address", scene.Privately()).Sees(true)
	s.As("other").Sees(false).As("guest").Sees(false).As("agent").Sees(true)
	list, err := s.Svc.Threads(s.Ctx, s.By, community.Filter{}, "", 50)
	s.OK(err)
	if len(list.Items) != 1 {
		t.Fatal("staff do not find the private thread in the list")
	}
	list, err = s.Svc.Threads(s.Ctx, s.Actor("other"), community.Filter{}, "", 50)
	s.OK(err)
	if len(list.Items) != 0 {
		t.Fatal("a customer finds another's private thread in the list")
	}
	_, err = s.Svc.SetPrivate(s.Ctx, s.Actor("asker"), s.Thread.ID, false)
	s.OK(err)
	s.As("other").Sees(true)
}

func storyAcceptedRemoved(t *testing.T, e store.Engine) {
	s := scene.New(t, e).As("asker").Ask("The box is warm, is that normal?")
	s.As("helper").Answer("Yes, up to forty degrees.").As("asker").Accept().Settled().State(community.Solved)
	s.OK(s.Svc.Remove(s.Ctx, s.Actor("moderator"), s.LastAnswer(), "not true")).Settled()
	if s.State(community.New); s.Thread.Stats.Solved || !s.Thread.Stats.Unanswered {
		t.Fatalf("solved by an answer nobody sees: %+v", s.Thread.Stats)
	}
	s.Refused(s.Svc.Restore(s.Ctx, s.Actor("helper"), s.LastAnswer()), fault.Forbidden)
	s.OK(s.Svc.Restore(s.Ctx, s.Actor("moderator"), s.LastAnswer())).Settled().State(community.Solved)
	_, err := s.Svc.Unaccept(s.Ctx, s.Actor("asker"), s.Thread.ID)
	s.OK(err).Settled().State(community.Answered)
}

func storyStates(t *testing.T, e store.Engine) {
	s := scene.New(t, e).As("asker").Ask("No internet since Monday").Settled().State(community.New)
	s.As("helper").Remark("Which model is it?").Settled().State(community.Waiting)
	s.As("asker").Remark("The white one, model 3.").Settled().State(community.New)
	s.Wait(25 * time.Hour).State(community.NeedsAnswer)
	s.As("helper").Answer("Pull the plug for a minute.").Settled().State(community.Answered)
	s.As("asker").Remark("That did not help at all.").Settled().State(community.NeedsAnswer)
	s.Wait(181 * 24 * time.Hour).State(community.Stale)
	s.As("helper").Remark("Any news?").Settled().State(community.Answered)
}

func storyRebuild(t *testing.T, e store.Engine) {
	s := scene.New(t, e).As("asker").Ask("Wifi is slow upstairs", scene.Tagged("wifi"))
	s.As("helper").Answer("Move it to the middle of the flat.").As("asker").Vote(s.LastAnswer(), 1).Accept().Remark("Thank you, that helped.")
	s.As("second").MeToo().Settled()
	r, err := s.Svc.Rebuild(s.Ctx, nil)
	s.OK(err)
	if r.Changed != 0 || r.Read < 5 {
		t.Fatalf("a rebuild read %d and changed %d", r.Read, r.Changed)
	}
	_, err = s.Svc.Records().Threads.Update(s.Ctx, s.Thread.ID, func(t *community.Thread) error {
		t.Stats.Score, t.Stats.Up = 99, 99
		return nil
	})
	s.OK(err)
	if r, err = s.Svc.Rebuild(s.Ctx, nil); err != nil || r.Changed != 1 {
		t.Fatalf("a rebuild of one wrong count changed %d, %v", r.Changed, err)
	}
}

func storyPicture(t *testing.T, e store.Engine) {
	s := scene.New(t, e).Space("beta", community.Restricted, "testers").As("agent")
	u, err := s.Svc.AddUpload(s.Ctx, s.By, community.Upload{Hash: "abc", Width: 10, Height: 10, Variants: []community.Variant{{Name: "1600", Key: "k"}}})
	s.OK(err)
	see := func(name string) error { _, err := s.Svc.Upload(s.Ctx, s.Actor(name), u.ID); return err }
	s.OK(see("agent")).Refused(see("other"), fault.NotFound).Refused(see("guest"), fault.NotFound)
	s.As("agent").Ask("A picture in the beta space", scene.In("beta"), scene.Showing(u.ID)).Settled()
	s.Refused(see("other"), fault.NotFound)
	_, err = s.Svc.Move(s.Ctx, s.By, s.Thread.ID, "general")
	s.OK(err).OK(see("other")).OK(see("guest"))
	s.OK(s.Svc.Remove(s.Ctx, s.By, s.Question(), "wrong")).Refused(see("other"), fault.NotFound)
	_, err = s.Svc.Ask(s.Ctx, s.By, community.ThreadDraft{Space: "general", Title: "The same upload again", Body: "look at this one", Images: []string{u.ID}})
	s.Refused(err, fault.Invalid)
}

func storyLocked(t *testing.T, e store.Engine) {
	s := scene.New(t, e).As("asker").Ask("A question that gets out of hand")
	_, err := s.Svc.SetLock(s.Ctx, s.Actor("asker"), s.Thread.ID, "because")
	s.Refused(err, fault.Forbidden)
	_, err = s.Svc.SetLock(s.Ctx, s.Actor("moderator"), s.Thread.ID, "too heated")
	s.OK(err)
	_, err = s.Svc.PostAnswer(s.Ctx, s.Actor("helper"), community.AnswerDraft{Thread: s.Thread.ID, Body: "One more thing to say."})
	s.Refused(err, fault.Conflict)
	_, err = s.Svc.Vote(s.Ctx, s.Actor("helper"), s.Question(), 1)
	s.Refused(err, fault.Conflict)
	_, err = s.Svc.Unlock(s.Ctx, s.Actor("moderator"), s.Thread.ID)
	s.OK(err)
	s.As("helper").Answer("Now it takes answers again.")
}

func storyPrivateAnswer(t *testing.T, e store.Engine) {
	s := scene.New(t, e).As("asker").Ask("My serial number is not accepted")
	_, err := s.Svc.PostAnswer(s.Ctx, s.Actor("helper"), community.AnswerDraft{Thread: s.Thread.ID, Body: "Only for your eyes.", Private: true})
	s.Refused(err, fault.Forbidden)
	a, err := s.Svc.PostAnswer(s.Ctx, s.Actor("agent"), community.AnswerDraft{Thread: s.Thread.ID, Body: "Your new serial is 4711.", Private: true})
	s.OK(err).Settled()
	for name, sees := range map[string]bool{"asker": true, "agent": true, "moderator": true, "helper": false, "guest": false} {
		_, _, err := s.Svc.Answer(s.Ctx, s.Actor(name), a.ID)
		list, listErr := s.Svc.Answers(s.Ctx, s.Actor(name), s.Thread, "", 10)
		s.OK(listErr)
		if (err == nil) != sees || (len(list.Items) == 1) != sees {
			t.Errorf("%s: sees the private answer alone: %v, in the list: %d", name, err == nil, len(list.Items))
		}
	}
	if s.Reload().Stats.Answers != 0 {
		t.Error("a private answer is counted in public")
	}
	_, err = s.Svc.Accept(s.Ctx, s.Actor("asker"), s.Thread.ID, a.ID)
	s.Refused(err, fault.Conflict)
}

// storyAccountMail: one letter for each thing that was done, and the former
// address hears that it is one no more.
func storyAccountMail(t *testing.T, e store.Engine) {
	var inbox *notify.Service
	s := scene.New(t, e, func(db *store.DB, r *outbox.Relay, svc *community.Service) {
		inbox = notify.Open(db, r, svc, notify.Options{BaseURL: "https://help.example"})
	})
	mia, token, err := s.Svc.SignUp(s.Ctx, community.SignUp{Name: "Mia", Email: "mia@example.org", Password: "three blind mice"}, community.Device{})
	s.OK(err).Settled()
	by, err := s.Svc.ActorOf(s.Ctx, token)
	s.OK(err)
	s.Wait(time.Minute)
	// A link to an address that nobody confirmed may be a stranger's: it hears nothing.
	s.OK(s.Svc.ChangeEmail(s.Ctx, by, "three blind mice", "mia@work.example")).Settled().Wait(time.Minute)
	link, err := s.Svc.Link(s.Ctx, community.LinkConfirm, fresh(s, mia.ID), time.Hour)
	s.OK(err)
	_, err = s.Svc.Confirm(s.Ctx, link)
	s.OK(err)
	s.OK(s.Svc.ChangeEmail(s.Ctx, by, "three blind mice", "mia@home.example")).Settled().Wait(time.Minute)
	_, err = s.Svc.ChangePassword(s.Ctx, by, "three blind mice", "four blind mice", community.Device{})
	s.OK(err).Settled()

	list, _, err := inbox.KeptMail(s.Ctx, s.Actor("admin"), "", 30)
	s.OK(err)
	got := map[string]int{}
	for _, m := range list {
		to := m.To
		if m.Address == "" {
			to = "the present one"
		}
		got[m.Subject+" > "+to]++
	}
	want := map[string]int{
		"Please confirm your e-mail address > the present one": 3,
		"Your e-mail address was changed > mia@work.example":   1,
		"Your password was changed > the present one":          1,
	}
	if !maps.Equal(got, want) {
		t.Errorf("mails: %v, want %v", got, want)
	}
}

func fresh(s *scene.Scene, id string) *community.Member {
	m, err := s.Svc.Member(s.Ctx, id)
	s.OK(err)
	return m
}
