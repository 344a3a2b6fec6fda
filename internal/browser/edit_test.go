package browser

import "testing"

// Two people edit one question at once: the later one is shown what differs,
// loses nothing, and both versions are in the history.
func TestEditingWithConflictAndHistory(t *testing.T) {
	each(t, views, func(t *testing.T, s *Site, v View) {
		ada := s.Admin(t)
		ada.Tag("light", "dynamo")
		mia := s.Join(t, "Mia")
		thread := mia.Ask("general", "The light flickers", "It flickers on bumps.", "light")

		author := chromium.Open(t, s, v).As(mia)
		staff := chromium.Open(t, s, v).As(ada)
		author.Visit(thread).In("article.question").Follow("Edit")
		author.See("Edit the question").Sound().Shot("edit")
		staff.Visit(thread).In("article.question").Follow("Edit")
		staff.See("Edit the question").Fill("Text", "It flickers on bumps, with a worn cable.").Fill("What did you change?", "named the cable").Press("Save")
		staff.At(thread).See("with a worn cable", "edited")

		author.Allow(409).Fill("Text", "It flickers on bumps since Monday.").Fill("Tags", "light dynamo").Press("Save")
		author.See("What differs").Holds("Text", "It flickers on bumps since Monday.").Holds("Tags", "light dynamo").Sound().Shot("edit-conflict")
		author.Fill("Text", "It flickers on bumps since Monday, with a worn cable.").Press("Save")
		author.At(thread).See("since Monday, with a worn cable", "dynamo")

		author.In("article.question").Follow("edited")
		author.See("History of the question", "named the cable", "Ada Admin Staff edited it", "Mia wrote it", "tags: dynamo light").Sound().Shot("history")
		author.await("what was added", `[...document.querySelectorAll('ins')].some(e => e.textContent.includes('since Monday'))`)
	})
}
