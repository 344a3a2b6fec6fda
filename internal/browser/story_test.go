package browser

import (
	"errors"
	"image/color"
	"strings"
	"testing"

	"selfie/internal/store/mongo/mongotest"
	"selfie/media/s3test"
)

// The story of the product: someone signs up and asks with a screenshot,
// another answers, it is voted on, shared as a problem and accepted; everyone
// concerned is told, and whoever searches later finds it.
func TestAskingAnsweringSolving(t *testing.T) {
	each(t, views, solve)
}

// The same over a database and a bucket.
func TestAskingAnsweringSolvingOnServers(t *testing.T) {
	if err := chromium.start(); err != nil {
		missing(t, err)
	}
	solve(t, selfie.Serve(t, servers(t)...), Phone)
}

// servers are the settings of a database and a bucket of the test's own.
func servers(t *testing.T) []string {
	t.Helper()
	uri := mongotest.Start(t)
	s3 := s3test.Start(t)
	return []string{"SELFIE_MONGO=" + uri, "SELFIE_MONGO_DATABASE=" + mongotest.Database(t, uri),
		"SELFIE_S3_ENDPOINT=" + s3.Endpoint, "SELFIE_S3_BUCKET=" + s3.Bucket, "SELFIE_S3_REGION=" + s3.Region,
		"SELFIE_S3_ACCESS_KEY=" + s3.AccessKey, "SELFIE_S3_SECRET_KEY=" + s3.SecretKey, "SELFIE_S3_PLAIN=1"}
}

func solve(t *testing.T, s *Site, v View) {
	ada := s.Admin(t)
	ada.Space("brakes", "Brakes", "public", "")
	ada.Tag("brakes", "noise")

	asker := chromium.Open(t, s, v)
	asker.Visit("/").Follow("Ask").At("/ask").See("Your question in one line").Sound().Shot("ask-guest")
	asker.Visit("/sign-up?next=/ask").Sound().Shot("sign-up")
	asker.Fill("Name", "Mia").Fill("E-mail", "mia@example.org").Fill("Password", Password).Press("Make my account")
	asker.At("/ask").See("confirm your e-mail address").Sound().Shot("ask")
	title := "Front brake squeals after rain"
	asker.Fill("Your question in one line", title)
	asker.Fill("What is it about?", "Brakes")
	asker.Fill("What happens?", "Since the weekend it squeals.\n\nI cleaned the **disc** already.")
	attach(t, asker, v)
	asker.Fill("Tags", "brakes noise")
	asker.Press("Post question").See("Your question is posted").SeePicture("red warning").Sound().Shot("thread-new")
	thread := asker.Path()

	helper := chromium.Open(t, s, v).As(s.Join(t, "Ben Helper"))
	helper.Visit("/").See(title, "New").Sound().Shot("home")
	helper.Follow(title).At(thread).See("No answer yet").SeePicture("red warning")
	if v.Script {
		asker.Mark()
	}
	helper.In("#thread-facts").Press("Same problem here")
	helper.In("#thread-facts").See("Same problem here 1")
	helper.Fill("Your answer", "Bed the pads in again: twenty firm stops.\n\n1. Clean\n2. Stop hard\n3. Let it cool")
	helper.Press("Post answer").See("Thank you! Your answer is posted.", "1 answer").Sound().Shot("thread-answered")
	helper.In("article.question").Press("This helps")
	helper.In("article.question .votes").See("1")

	if v.Script { // without loading the page again
		asker.See("Bed the pads in again", "1 answer").Unmoved().Sound()
	} else {
		asker.Visit(thread).See("Bed the pads in again", "1 answer")
	}
	answer := asker.In("article.answer")
	answer.Press("This helps")
	asker.In("article.answer .votes").See("1")
	answer.Press("Ask back or comment")
	answer.Fill("Your comment", "Twenty stops from which speed?").Press("Post comment")
	answer.See("from which speed?", "asked this")
	answer.Press("This solved it")
	asker.See("Marked as solved")
	asker.In("article.answer").See("Solved it").SeeButton("Not solved after all")
	asker.In("#thread-facts").See("Solved")
	asker.Sound().Shot("thread-solved")

	told(t, helper, "/notifications", title, "accepted your answer", "notifications")
	told(t, asker, "/notifications", title, "answered", "notifications-asker")

	finder := chromium.Open(t, s, v)
	seek(t, finder, "squealing brake", title)
	finder.Sound().Shot("search")
	finder.Follow(title).At(thread).See("Solved").Sound().Shot("thread-guest")
	finder.Visit("/tags/noise").See(title).Sound().Shot("tag")
	finder.Visit("/tags").See("noise").Sound().Shot("tags")
	finder.Visit("/spaces/brakes").See(title).Sound().Shot("space")
	finder.Visit("/?show=solved").See(title).Visit("/?show=unanswered").SeeNot(title).Sound().Shot("home-nothing")
	finder.Visit(thread).In("article.answer").Follow("Ben Helper")
	finder.See("Solved for others")
	finder.Sound().Shot("member")
	finder.Follow("Answers").See("Bed the pads in again").Sound().Shot("member-answers")
	asker.Visit("/").See(title).Sound().Shot("home-member")
	answer.Visit(thread).Press("Not solved after all")
	if v.Script {
		asker.In("dialog").Shot("dialog").Press("Not solved after all")
	}
	asker.In("#thread-facts").SeeNot("Solved")
}

// attach adds screenshots in every way that the view has: picked always; pasted
// and dropped with JavaScript.
func attach(t *testing.T, b *Tab, v View) {
	t.Helper()
	red := screenshot(t, color.RGBA{200, 30, 30, 255})
	if !v.Script {
		b.Upload("Add screenshots", file(t, "warning.png", red))
		b.Press("Preview").See("Your pictures").Sound().Shot("ask-preview-noscript")
		b.Fill("What does it show?", "red warning").Holds("Tags", "")
		return
	}
	b.Upload("Screenshot", file(t, "warning.png", red))
	b.Fill("What does it show?", "red warning")
	b.Paste("What happens?", screenshot(t, color.RGBA{30, 30, 200, 255}))
	b.await("the pasted picture", `document.querySelectorAll('.upload input').length === 2`)
	b.Drop("What happens?", screenshot(t, color.RGBA{30, 160, 30, 255}))
	b.await("the dropped picture", `document.querySelectorAll('.upload input').length === 3`)
	b.Shot("ask-pictures")
	b.Press("Preview").SeePicture("red warning").Shot("ask-preview")
	b.Press("Preview")
}

// told waits until a member's notifications say so.
func told(t *testing.T, b *Tab, path, title, what, shot string) {
	t.Helper()
	retry(t, b, path, what)
	b.See(title).Sound().Shot(shot)
	b.Press("Mark all as read").SeeNoButton("Mark all as read")
}

// seek searches until the index, which follows the store, has it.
func seek(t *testing.T, b *Tab, query, title string) {
	t.Helper()
	b.Visit("/search").Sound().Shot("search-empty")
	b.In("main").Fill("Search", query)
	b.In("main").Press("Search")
	if err := b.until(func() error {
		if !strings.Contains(b.URL(), "q=") {
			return errors.New("the search has not begun")
		}
		return nil
	}); err != nil {
		b.fatalf("%v", err)
	}
	retry(t, b, b.URL(), title)
}

// retry loads a page until it shows a text.
func retry(t *testing.T, b *Tab, path, text string) {
	t.Helper()
	err := b.until(func() error {
		b.Visit(path)
		return b.shows(text)
	})
	if err != nil {
		b.fatalf("%s never showed %q", path, text)
	}
}
