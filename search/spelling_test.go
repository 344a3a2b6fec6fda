package search

import "testing"

// TestSpellingsFindEachOther: words written as one, with a hyphen and apart.
func TestSpellingsFindEachOther(t *testing.T) {
	s := newStage(t)
	s.as("agent1").asked("The hot-spot drops", "My e-mail does not arrive.")
	s.asked("Hotspot in the garden", "I write you an email from there.")
	s.asked("A hot lamp spot", "Each mail arrives.")
	s.caughtUp().as("guest")
	s.finds("hot-spot", "The hot-spot drops", "A hot lamp spot", "Hotspot in the garden")
	s.finds("hotspot", "The hot-spot drops", "Hotspot in the garden")
	s.finds("email", "The hot-spot drops", "Hotspot in the garden")
	s.shows("email -garden", "My <mark>e</mark>-<mark>mail</mark> does")
}
