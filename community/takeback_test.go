package community_test

import (
	"testing"
	"time"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/scene"
	"selfie/internal/store"
)

// storyTakeBack: a picture that no post shows is its owner's to take back, from
// drafts and from what was read in it, and is swept with its time.
func storyTakeBack(t *testing.T, e store.Engine) {
	s := scene.New(t, e).As("asker")
	mine, posted := uploaded(s, 1), uploaded(s, 2)
	s.OK(s.Svc.KeepText(s.Ctx, mine.ID, "my secret"))
	other := s.Actor("other")
	s.Refused(s.Svc.TakeBack(s.Ctx, other, mine.ID), fault.NotFound)
	s.Refused(s.Svc.TakeBack(s.Ctx, community.Actor{}, mine.ID), fault.Unauthorized)
	s.OK(s.Svc.TakeBack(s.Ctx, s.By, "nothing"))

	s.As("asker").OK(s.Svc.SaveDraft(s.Ctx, s.By, community.Draft{Place: "ask", Title: "Kept", Body: "Before.\n\n![x](/images/" + mine.ID + ")\n\nAfter ![y](/images/" + mine.ID + "/320)."}))
	for range 2 {
		s.OK(s.Svc.TakeBack(s.Ctx, s.By, mine.ID))
	}
	d, err := s.Svc.Draft(s.Ctx, s.By, "ask")
	if s.OK(err); d.Body != "Before.\n\nAfter ." || d.Title != "Kept" {
		t.Errorf("the draft is %+v", d)
	}
	_, err = s.Svc.Upload(s.Ctx, s.By, mine.ID)
	s.Refused(err, fault.NotFound)
	_, err = s.Svc.SetAlt(s.Ctx, s.By, mine.ID, "again")
	s.Refused(err, fault.NotFound)
	_, err = s.Svc.Upload(s.Ctx, s.Actor("admin"), mine.ID)
	s.As("asker").Refused(err, fault.NotFound)
	s.OK(s.Svc.KeepText(s.Ctx, mine.ID, "read by one who was late"))
	if u := upload(s, mine.ID); u.Reading != nil || u.Name != "" || u.Aside == 0 {
		t.Errorf("it is not forgotten: %+v", u)
	}
	_, err = s.Svc.Ask(s.Ctx, s.By, community.ThreadDraft{Space: "general", Title: "With what was taken back", Body: "See the picture.", Images: []string{mine.ID}})
	s.Refused(err, fault.Invalid)

	s.Ask("Router blinks red after the update", scene.Showing(posted.ID))
	for range 2 { // before the post has made it its own, and after
		s.Refused(s.Svc.TakeBack(s.Ctx, s.By, posted.ID), fault.Conflict)
		s.Settled()
	}

	// A page that was open all the time saves its draft once more.
	s.OK(s.Svc.SaveDraft(s.Ctx, s.By, community.Draft{Place: "ask", Body: "![x](/images/" + mine.ID + ")"}))
	s.Clock.Advance(community.UnusedFor + time.Minute)
	if n := swept(s, false); n.Removed != 1 || upload(s, mine.ID) != nil || upload(s, posted.ID) == nil {
		t.Errorf("swept: %+v", n)
	}
}

// storyTakeBackRace: a post that was composed just before a picture was taken back
// is written just after. It keeps its picture.
func storyTakeBackRace(t *testing.T, e store.Engine) {
	s := scene.New(t, e).As("asker")
	for _, swept := range []bool{false, true} {
		late := shot(s, "asker", "a", "f0f0aa5533cc0f0f", "")
		s.OK(s.Svc.TakeBack(s.Ctx, s.By, late.ID))
		s.Ask("Router blinks red after the update " + late.ID)
		_, err := s.Svc.Records().Threads.Update(s.Ctx, s.Thread.ID, func(t *community.Thread) error { t.Images = []string{late.ID}; return nil })
		s.OK(err)
		if swept {
			s.Clock.Advance(community.UnusedFor + time.Hour)
			_, err := s.Svc.SweepUploads(s.Ctx, false)
			s.OK(err)
		} else {
			s.Settled()
		}
		if u := upload(s, late.ID); u == nil || u.Taken != 0 || u.Aside != 0 || u.Post == nil || u.Unread == 0 {
			t.Errorf("swept %t: the post's picture is %+v", swept, u)
		}
	}
}
