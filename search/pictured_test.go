package search

import (
	"testing"

	"selfie/community"
	"selfie/internal/scene"
)

// shot gives a member an upload whose text was read, or still waits to be.
func (s *stage) shot(who, text string) string {
	s.T.Helper()
	u, err := s.Svc.AddUpload(s.Ctx, s.Actor(who), community.Upload{Hash: "of " + text, Width: 10, Height: 10, Variants: []community.Variant{{Name: "1600", Key: "k"}}})
	s.OK(err)
	if text != "" {
		s.OK(s.Svc.KeepText(s.Ctx, u.ID, text))
	}
	return u.ID
}

// TestFoundByItsPicture finds a thread whose only picture says what was looked
// for, as long as the picture is to be seen.
func TestFoundByItsPicture(t *testing.T) {
	s := newStage(t)
	const code = "Error 0x80070057"
	s.as("asker").asked("It does not update", "", scene.Showing(s.shot("asker", "Windows Update\n"+code+": The parameter is incorrect.")))
	s.as("asker").asked("It stays dark", "Nothing is shown at all.")
	later := s.shot("helper", "")
	a, err := s.Svc.PostAnswer(s.Ctx, s.Actor("helper"), community.AnswerDraft{Thread: s.Thread.ID, Body: "Look here.", Images: []string{later}})
	s.OK(err)
	s.caughtUp().as("guest").finds(code, "It does not update").finds(`"parameter is incorrect"`, "It does not update").finds("capacitor")

	s.OK(s.Svc.KeepText(s.Ctx, later, "Replace the capacitor C42")) // read long after it was posted
	s.caughtUp().as("guest").finds("capacitor", "It stays dark")
	s.OK(s.Svc.Remove(s.Ctx, s.Actor("moderator"), community.Ref{Kind: community.AnAnswer, ID: a.ID}, "wrong"))
	s.as("guest").finds("capacitor")
	s.caughtUp().as("moderator").finds("capacitor")
}

// TestMaskedTextIsNotFound looks for an address that a picture shows.
func TestMaskedTextIsNotFound(t *testing.T) {
	s := newStage(t)
	id := s.shot("asker", "")
	s.OK(s.Svc.KeepRead(s.Ctx, id, "Signed in as jane.doe@example.com at Contoso", "Signed in as j…@example.com at Contoso"))
	s.as("asker").asked("It does not let me in", "", scene.Showing(id))
	s.caughtUp().as("guest").finds("contoso", "It does not let me in").finds("doe")
}

func TestPicturesFollowTheirThread(t *testing.T) {
	s := newStage(t)
	thread := s.as("asker").asked("My licence is refused", "It says so since Monday.", scene.Showing(s.shot("asker", "Licence expired for Contoso")))
	s.caughtUp().as("guest").finds("contoso", "My licence is refused")
	_, err := s.Svc.SetPrivate(s.Ctx, s.Actor("asker"), thread.ID, true)
	s.OK(err)
	for range 2 {
		s.as("guest").finds("contoso").as("other").finds("contoso").as("asker").finds("contoso", "My licence is refused").as("agent").finds("contoso", "My licence is refused")
		s.caughtUp()
	}
}
