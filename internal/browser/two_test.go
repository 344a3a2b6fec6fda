package browser

import "testing"

// Two servers over one database and one bucket: what is posted on one appears
// live on the other and is found there.
func TestTwoServersOneCommunity(t *testing.T) {
	if err := chromium.start(); err != nil {
		missing(t, err)
	}
	shared := servers(t)
	one := selfie.Serve(t, shared...)
	ada := one.Admin(t)
	ada.Tag("bell")
	two := selfie.Serve(t, shared...)
	mia := one.Join(t, "Mia")
	thread := mia.Ask("general", "Bell does not ring in the cold", "Below zero it only clicks.", "bell")

	asker := chromium.Open(t, one, Desktop).As(mia)
	asker.Visit(thread).See("No answer yet").Mark()
	reader := chromium.Open(t, two, Phone)
	reader.Visit(thread).See("No answer yet").Mark()

	ben := chromium.Open(t, two, Desktop).As(ada.At(two))
	ben.Visit(thread).Fill("Your answer", "Grease it with silicone.").Press("Post answer")
	ben.See("Your answer is posted")
	asker.See("Grease it with silicone.").Unmoved()
	reader.See("Grease it with silicone.").Unmoved()
	asker.In("article.answer").Press("This solved it")
	reader.In("#thread-facts").See("Solved")
	reader.Unmoved()
	retry(t, reader, "/search?q=silicone", "Bell does not ring")
	retry(t, asker, "/search?q=silicone", "Bell does not ring")
}
