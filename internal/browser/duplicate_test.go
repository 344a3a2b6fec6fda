package browser

import "testing"

// A question that was asked before is led to its original, and back when that
// was a mistake.
func TestDuplicateIsMarkedAndUndone(t *testing.T) {
	each(t, views, func(t *testing.T, s *Site, v View) {
		ada, mia := s.Admin(t), s.Join(t, "Mia")
		ada.Tag("chain")
		first := mia.Ask("general", "Chain falls off when shifting", "It falls off to the inside.", "chain")
		again := s.Join(t, "Noah").Ask("general", "My chain falls off all the time", "What can I do so that it stays where it is?", "chain")

		staff := chromium.Open(t, s, v).As(ada)
		staff.Visit(again).Press("Manage this question").Shot("thread-tools")
		staff.Follow("It was asked before…").See("Was it asked before?").Sound().Shot("duplicate")
		staff.Allow(422)
		staff.Fill("Address of the original", "something else").Press("Mark as a duplicate")
		staff.See("Give the address").Holds("Address of the original", "something else").Sound()
		staff.Fill("Address of the original", s.URL+first).Press("Mark as a duplicate")
		staff.At(first).See("Marked as a duplicate", "This question was asked again", "My chain falls off all the time").Sound().Shot("thread-original")

		reader := chromium.Open(t, s, v)
		reader.Visit(again).At(first).See("Chain falls off when shifting", "My chain falls off all the time")
		asker := chromium.Open(t, s, v)
		asker.Visit(again + "?stay=1").See("This was asked before").Sound().Shot("thread-duplicate")

		staff.Follow("My chain falls off all the time").At(again).See("This was asked before")
		staff.Press("Manage this question").Press("It is a question of its own")
		staff.At(again).SeeNot("This was asked before")
		reader.Visit(again).At(again).SeeNot("This was asked before")
	})
}
