// Package web is everything a browser meets: server-rendered pages that work
// without JavaScript, the small modules that improve them, pictures, feeds and
// live updates. It is the only user of fiber and never touches the store.
//
// A request passes: client address -> actor -> rate limit -> forgery check ->
// handler -> a page rendered to a buffer. Handlers return errors; one table
// turns a fault's kind into a status, and one page explains it and gives back
// what was typed.
package web

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/media"
	"selfie/media/ocr"
	"selfie/moderation"
	"selfie/moderation/escalation"
	"selfie/reputation"
	"selfie/search/deflection"
	"selfie/search/saved"
	"selfie/search/synonyms"
)

// Config is what an operator decides about the web side.
type Config struct {
	BaseURL        string       // as visitors type it, without a final slash: "https://help.example.com"
	Listen         string       // address to listen on: "127.0.0.1:8080"
	TrustedProxies []string     // addresses or CIDR ranges whose X-Forwarded-For is believed
	WidgetOrigins  []string     // sites that may show the widget: "https://shop.example.com"; none: it is off
	Demo           bool         // says on every page that this is a demonstration
	NoMail         bool         // no mail server: links are kept for administrators, and pages do not promise mail
	DemoMembers    []DemoMember // with Demo: who to sign in as with one press
	Version        string       // of the program, shown to admins
	LimitFactor    float64      // multiplies every rate limit; 0 means 1, below 0 switches limits off
}

// Parts are what the pages stand on. All but Community and Media may be nil: the
// pages then do without them.
type Parts struct {
	Community  *community.Service
	Media      *media.Library
	Links      media.Presigner // nil: pictures are sent from here
	Search     Searcher
	Inbox      Notifier
	Standing   *reputation.Service
	Judges     *moderation.Service
	Cases      *escalation.Service
	Bridge     *Bridge
	Deflection *deflection.Service
	Saved      *saved.Service
	Synonyms   *synonyms.Service
	Live       *LiveHub
	OCR        ocr.State       // whether this node reads the text in pictures
	AVIF       media.AVIFState // whether it takes AVIF
	Log        *slog.Logger
}

// Timeouts and sizes of the HTTP side.
const (
	readTimeout    = 30 * time.Second
	writeTimeout   = 30 * time.Second
	idleTimeout    = 75 * time.Second
	requestTimeout = 15 * time.Second
	bodyLimit      = 12 << 20
	headerLimit    = 16 << 10
)

// Server serves one community.
type Server struct {
	conf       Config
	base       *url.URL
	community  *community.Service
	media      *media.Library
	links      media.Presigner
	policy     string // of content, for every page
	search     Searcher
	inbox      Notifier
	standing   *reputation.Service
	judges     *moderation.Service
	cases      *escalation.Service
	bridge     *Bridge
	deflection *deflection.Service
	saved      *saved.Service
	synonyms   *synonyms.Service
	live       *LiveHub
	ocr        ocr.State
	avif       media.AVIFState
	log        *slog.Logger

	fiber   *fiber.App
	pages   *templates
	assets  *assets
	limits  *limiter
	cache   *pageCache
	sheets  sheets
	packs   *packer // of pages for one reader
	keeps   *packer // of pages that are kept for all
	gens    *generations
	trusted []*net.IPNet
	now     func() time.Time

	mu       sync.Mutex
	listener net.Listener
	closed   bool
}

// New builds a server; nothing listens yet. It panics when the templates or
// assets that are compiled in are broken, and fails on a bad configuration.
func New(conf Config, parts Parts) (*Server, error) {
	base, err := url.Parse(strings.TrimSuffix(conf.BaseURL, "/"))
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, fmt.Errorf("web: base URL %q: give it as visitors type it, like https://help.example.com", conf.BaseURL)
	}
	trusted, err := parseNets(conf.TrustedProxies)
	if err != nil {
		return nil, err
	}
	if err := checkOrigins(conf.WidgetOrigins); err != nil {
		return nil, err
	}
	if parts.Log == nil {
		parts.Log = slog.New(slog.DiscardHandler)
	}
	if parts.Live == nil {
		parts.Live = NewLiveHub(0)
	}
	s := &Server{
		conf: conf, base: base, trusted: trusted,
		community: parts.Community, media: parts.Media, links: parts.Links, policy: policyWith(parts.Links), search: parts.Search, inbox: parts.Inbox,
		standing: parts.Standing, judges: parts.Judges, cases: parts.Cases, bridge: parts.Bridge, deflection: parts.Deflection, saved: parts.Saved, synonyms: parts.Synonyms,
		live: parts.Live, ocr: parts.OCR, avif: parts.AVIF, log: parts.Log, now: parts.Community.Clock,
	}
	s.assets = newAssets()
	var pictures []string // the types that are taken; none where there is no library
	if s.media != nil {
		pictures = s.media.Types()
	}
	s.pages = newTemplates(s.assets, pictures)
	s.limits = newLimiter(conf.LimitFactor, s.now)
	s.cache = newPageCache(s.now)
	s.sheets = newSheets()
	s.packs, s.keeps = newPacker(4, 5), newPacker(5, 5)
	s.gens = newGenerations()
	s.community.OnListed(s.gens.turn)
	s.fiber = s.newApp()
	s.routes()
	s.mountAPI()
	return s, nil
}

func (s *Server) newApp() *fiber.App {
	app := fiber.New(fiber.Config{
		AppName:                      "Selfie",
		Immutable:                    true,
		ReadBufferSize:               headerLimit,
		BodyLimit:                    bodyLimit,
		ReadTimeout:                  readTimeout,
		WriteTimeout:                 writeTimeout,
		IdleTimeout:                  idleTimeout,
		EnableTrustedProxyCheck:      true,
		TrustedProxies:               s.conf.TrustedProxies,
		EnableIPValidation:           true,
		DisableStartupMessage:        true,
		DisablePreParseMultipartForm: true, // a damaged form is then answered by its handler, which knows what was asked
		ErrorHandler:                 s.fail,
	})
	app.Use(s.begin)
	s.bounded(app)
	return app
}

// App is the fiber application, for further routes (the JSON API mounts here)
// and for tests.
func (s *Server) App() *fiber.App { return s.fiber }

// Listen serves on the configured address until Shutdown.
func (s *Server) Listen() error {
	ln, err := net.Listen("tcp", s.conf.Listen)
	if err != nil {
		return err
	}
	return s.Serve(ln)
}

// Serve serves on ln until Shutdown, and not at all after it. It closes ln.
func (s *Server) Serve(ln net.Listener) error {
	s.mu.Lock()
	closed := s.closed
	s.listener = ln
	s.mu.Unlock()
	if closed {
		return ln.Close()
	}
	err := s.fiber.Listener(ln)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	return err
}

// Shutdown ends live streams first, since an open stream holds the server up,
// then waits for requests under way until ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	s.live.Close()
	s.mu.Lock()
	s.closed = true
	ln := s.listener
	s.mu.Unlock()
	err := s.fiber.ShutdownWithContext(ctx)
	if ln != nil {
		_ = ln.Close() // again, for a Serve that had only just begun
	}
	return err
}

// Invalidate says that a thread changed; "" stands for anything else that
// guests' pages show. Lists are rendered anew, open pages of the thread are
// brought up to date.
func (s *Server) Invalidate(threadID string) {
	s.gens.bump(threadID)
	if threadID != "" {
		s.live.Publish(threadID)
	}
}

func (s *Server) secure() bool { return s.base.Scheme == "https" }

// absolute is the address of a path of this site as others would link it.
func (s *Server) absolute(path string) string { return s.base.String() + path }
