package web

import (
	"github.com/gofiber/fiber/v2"

	"selfie/community"
)

// routes is the whole map of the site. Reading is not limited; what writes,
// searches or costs is, by class.
func (s *Server) routes() {
	s.readingRoutes()
	s.writingRoutes()
	s.threadRoutes()
	s.accountRoutes()
	s.adminRoutes()
	s.reviewRoutes()
	s.caseRoutes()
	s.pointRoutes()
	s.deskRoutes()
	s.widgetRoutes()
	s.suggestedRoutes()
	s.savedRoutes()
	s.synonymRoutes()
}

func (s *Server) getPage(path string, class limitClass, h handler) {
	s.fiber.Get(path, s.html(class, h))
}
func (s *Server) postForm(path string, class limitClass, h handler) {
	s.fiber.Post(path, s.html(class, h))
}

func (s *Server) readingRoutes() {
	s.fiber.Get("/static/:hash/*", s.staticFile)
	s.fiber.Get("/favicon.ico", s.favicon)
	s.fiber.Get("/healthz", s.json(unlimited, s.health))
	s.getPage("/robots.txt", unlimited, s.robots)
	s.getPage("/manifest.webmanifest", unlimited, s.manifest)
	s.getPage("/opensearch.xml", unlimited, s.openSearch)
	s.getPage("/sitemap.xml", unlimited, s.cached(s.stamp, s.sitemap))
	s.getPage("/sitemap/:space", unlimited, s.sitemapPart)
	s.getPage("/feed.atom", unlimited, s.cached(s.stamp, s.feedHome))
	s.getPage("/spaces/:id/feed.atom", unlimited, s.cached(s.stamp, s.feedSpace))
	s.getPage("/tags/:name/feed.atom", unlimited, s.cached(s.stamp, s.feedTag))

	s.getPage("/", unlimited, s.cached(s.stamp, s.home))
	s.getPage("/spaces", unlimited, s.cached(s.stamp, s.spaces))
	s.getPage("/spaces/:id", unlimited, s.cached(s.stamp, s.space))
	s.getPage("/tags", unlimited, s.cached(s.stamp, s.tags))
	s.getPage("/tags/:name", unlimited, s.cached(s.stamp, s.tag))
	s.getPage("/search", limitSearch, s.find)
	s.getPage("/members/:id", unlimited, s.member)
	s.getPage("/@:handle", unlimited, s.handle)
	s.getPage("/images/:id", unlimited, s.image)
	s.getPage("/images/:id/:size", unlimited, s.image)
	s.getPage("/threads/:id", unlimited, s.counted(unlessLed(s.cached(s.stampThread, s.thread), s.thread)))
	s.fiber.Get("/threads/:id/live", s.json(unlimited, s.liveThread))
	s.getPage("/posts/:kind/:id/comments", unlimited, s.comments)
	s.getPage("/posts/:kind/:id/history", unlimited, s.history)
}

// counted counts a reader of a thread, kept page or not.
func (s *Server) counted(h handler) handler {
	return func(c *fiber.Ctx, rq *request) error {
		err := h(c, rq)
		if err == nil && c.Response().StatusCode() < 400 {
			s.community.CountView(c.Params("id"))
		}
		return err
	}
}

func (s *Server) writingRoutes() {
	s.getPage("/ask", unlimited, s.ask)
	s.postForm("/ask", limitPost, s.postAsk)
	s.getPage("/privacy", unlimited, s.privacy)
	s.postForm("/join", limitPreview, s.signUpToAsk)
	s.postForm("/deflection/solved", limitVote, s.solved)
	s.postForm("/deflection/not-yet", limitVote, s.notYet)
	s.postForm("/threads/:id/answers", limitPost, member(s.postAnswer))
	s.postForm("/posts/:kind/:id/comments", limitPost, member(s.postComment))
	s.getPage("/posts/:kind/:id/edit", unlimited, member(s.editForm))
	s.postForm("/posts/:kind/:id/edit", limitPost, member(s.postEdit))
	s.postForm("/drafts/drop", unlimited, member(s.dropDraft))
	s.fiber.Post("/drafts", s.json(limitPreview, member(s.saveDraft)))
	s.fiber.Post("/preview", s.json(limitPreview, member(s.previewJSON)))
	s.fiber.Post("/related", s.json(limitPreview, s.relatedJSON))
	s.fiber.Post("/uploads", s.json(unlimited, s.upload)) // limited where the picture is added
	s.fiber.Get("/uploads/known", s.json(limitPreview, member(s.knownUpload)))
	s.fiber.Get("/uploads/:id/findings", s.json(limitFindings, member(s.findings)))
	s.fiber.Delete("/uploads/:id", s.json(limitPreview, member(s.takeBack)))
	s.fiber.Post("/uploads/:id/alt", s.json(limitPreview, member(s.setAlt)))
}

func (s *Server) threadRoutes() {
	s.postForm("/posts/:kind/:id/vote", limitVote, member(s.vote))
	s.postForm("/posts/:kind/:id/remove", limitVote, member(s.remove))
	s.postForm("/posts/:kind/:id/restore", limitVote, member(s.restore))
	s.postForm("/answers/:id/accept", limitVote, member(s.accept))
	s.postForm("/answers/:id/unaccept", limitVote, member(s.unaccept))
	s.postForm("/answers/:id/verify", limitVote, s.verify(true))
	s.postForm("/answers/:id/unverify", limitVote, s.verify(false))
	s.postForm("/threads/:id/me-too", limitVote, s.onThread("", s.meToo))
	s.postForm("/threads/:id/watch", limitVote, s.onThread("", s.watch))
	s.postForm("/threads/:id/lock", limitVote, s.onThread("locked", s.lock))
	s.postForm("/threads/:id/unlock", limitVote, s.onThread("unlocked", s.unlock))
	s.postForm("/threads/:id/private", limitVote, s.onThread("", s.setPrivate))
	s.postForm("/threads/:id/move", limitVote, s.onThread("moved", s.move))
	s.getPage("/threads/:id/duplicate", unlimited, member(s.duplicateForm))
	s.postForm("/threads/:id/duplicate", limitVote, member(s.markDuplicate))
	s.postForm("/threads/:id/undo-duplicate", limitVote, s.onThread("original", s.undoDuplicate))
}

func (s *Server) accountRoutes() {
	s.getPage("/sign-in", unlimited, s.signInPage)
	s.postForm("/sign-in", limitSignIn, s.signIn)
	s.postForm("/sign-out", unlimited, s.signOut)
	if s.conf.Demo {
		s.postForm("/demo/sign-in", limitDemo, s.demoSignIn)
	}
	s.getPage("/sign-up", unlimited, s.signUpPage)
	s.postForm("/sign-up", limitSignUp, s.signUp)
	s.getPage("/setup", unlimited, s.setup)
	s.getPage("/forgot", unlimited, s.forgotPage)
	s.postForm("/forgot", limitSignIn, s.forgot)
	s.getPage("/reset", unlimited, s.linkPage("reset", "Choose a new password", community.LinkReset))
	s.postForm("/reset", limitSignIn, s.reset)
	s.getPage("/confirm", unlimited, s.linkPage("confirm", "Confirm your address", community.LinkConfirm))
	s.postForm("/confirm", limitSignIn, s.confirm)
	s.postForm("/confirm/again", limitSignIn, member(s.confirmAgain))
	s.getPage("/unsubscribe", unlimited, s.linkPage("unsubscribe", "Less mail", community.LinkUnsubscribe))
	s.postForm("/unsubscribe", limitSignIn, s.unsubscribe)

	s.getPage("/notifications", unlimited, member(s.notices))
	s.postForm("/notifications", unlimited, member(s.noticesSeen))
	s.getPage("/settings", unlimited, member(s.settings))
	s.postForm("/settings/profile", limitPost, s.part("profile", "saved", s.editProfile))
	s.postForm("/settings/prefs", limitPost, s.part("prefs", "saved", s.editPrefs))
	s.postForm("/settings/password", unlimited, s.part("password", "password", s.changePassword))
	s.postForm("/settings/email", unlimited, s.part("email", "email", s.changeEmail))
	s.postForm("/settings/session", limitPost, s.part("sessions", "session", s.endSession))
	s.postForm("/settings/sessions", limitPost, s.part("sessions", "sessions", s.endOthers))
	s.postForm("/settings/close", unlimited, s.part("close", "closed", s.closeAccount))
}

func (s *Server) adminRoutes() {
	s.getPage("/admin", unlimited, admin(s.admin))
	s.postForm("/admin", limitPost, admin(s.saveSettings))
	s.getPage("/admin/spaces", unlimited, admin(s.adminSpaces))
	s.getPage("/admin/spaces/:id", unlimited, admin(s.adminSpace))
	s.postForm("/admin/spaces/:id", limitPost, admin(s.saveSpace))
	s.getPage("/admin/members", unlimited, admin(s.adminMembers))
	s.postForm("/admin/members/:id/role", limitPost, s.onMember(s.setRole))
	s.postForm("/admin/members/:id/groups", limitPost, s.onMember(s.setGroups))
	s.postForm("/admin/members/:id/suspend", limitPost, s.onMember(s.suspend))
	s.postForm("/admin/members/:id/close", limitPost, s.onMember(s.closeMember))
	s.getPage("/admin/mail", unlimited, admin(s.adminMail))
	s.getPage("/admin/checks", unlimited, admin(s.adminChecks))
	s.getPage("/admin/deflection", unlimited, member(s.adminDeflection))
	s.getPage("/admin/deflection.csv", unlimited, member(s.deflectionCSV))
	s.getPage("/admin/deflection/write", unlimited, member(s.writeAnswer))
	s.postForm("/admin/deflection/write", limitPost, member(s.postWritten))
}
