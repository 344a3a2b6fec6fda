package web

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// Forms carry a token that only a page of this site can know: an HMAC over the
// browser's session (or, before signing in, over a cookie made for the
// purpose), XORed with fresh randomness so that compression gives nothing away.
// Pages are rendered with a placeholder in its place: what is hashed for the
// ETag, and cached, is the same for everyone who may share it.
const (
	csrfField   = "csrf"
	csrfHeader  = "X-Csrf-Token"
	guestCookie = "selfie_form"
	csrfMark    = "csrf-token-goes-here-3d6c1f0b"

	// keyMark stands for a fresh idempotency key: the same page sent twice posts
	// once, the page loaded again posts anew.
	keyMark = "key-goes-here-9b21e7a4"
)

var (
	errForged  = fault.New(fault.Forbidden, "This came from another site, so it was not carried out. If you meant to do it, do it from here.")
	errExpired = fault.New(fault.Forbidden, "The page was open for so long that its form expired. Nothing is lost: check what you typed and send it again.")
)

// csrfKey is what the browser's token is made from.
func (s *Server) csrfKey(c *fiber.Ctx, rq *request) string {
	if rq.token != "" {
		return "session:" + rq.token
	}
	if g := c.Cookies(guestCookie); len(g) >= 20 {
		return "guest:" + g
	}
	return ""
}

func (s *Server) csrfSum(rq *request, key string) ([]byte, error) {
	settings, err := s.community.Settings(rq.ctx)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, []byte(settings.Secret))
	mac.Write([]byte("csrf:" + key))
	return mac.Sum(nil), nil
}

// issue makes a token for this browser, giving a guest the cookie it hangs on.
func (s *Server) issue(c *fiber.Ctx, rq *request) (string, error) {
	key := s.csrfKey(c, rq)
	if key == "" {
		cookie := store.Token()
		s.setCookie(c, guestCookie, cookie, 12*time.Hour)
		key = "guest:" + cookie
	}
	sum, err := s.csrfSum(rq, key)
	if err != nil {
		return "", err
	}
	masked := make([]byte, 2*len(sum))
	_, _ = rand.Read(masked[:len(sum)])
	subtle.XORBytes(masked[len(sum):], masked[:len(sum)], sum)
	return base64.RawURLEncoding.EncodeToString(masked), nil
}

// fillTokens puts real tokens where the page was rendered with placeholders. It
// writes the page anew on the sheet, or returns it when it has none.
func (s *Server) fillTokens(c *fiber.Ctx, rq *request, sheet *bytes.Buffer, page []byte) ([]byte, error) {
	if !bytes.Contains(page, []byte(csrfMark)) {
		return page, nil
	}
	token, err := s.issue(c, rq)
	if err != nil {
		return nil, err
	}
	key, first := store.Token()[:26], true
	for part := range bytes.SplitSeq(page, []byte(csrfMark)) {
		if !first {
			sheet.WriteString(token)
		}
		first = false
		for between := range bytes.SplitSeq(part, []byte(keyMark)) {
			sheet.Write(between)
			sheet.WriteString(key)
		}
		sheet.Truncate(sheet.Len() - len(key))
	}
	return sheet.Bytes(), nil
}

// checkForm is checkForgery for pages: a form whose session ended while it was
// filled in asks to sign in, and carries what was typed.
func (s *Server) checkForm(c *fiber.Ctx, rq *request, class limitClass) error {
	err := s.checkForgery(c, rq)
	if errors.Is(err, errExpired) && rq.actor.Guest() && class != limitSignIn && class != limitSignUp && class != limitDemo {
		return errSignIn
	}
	return err
}

// checkForgery refuses unsafe requests that did not start on a page of ours.
func (s *Server) checkForgery(c *fiber.Ctx, rq *request) error {
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodOptions:
		return nil
	}
	if !s.sameOrigin(c) {
		return errForged
	}
	key := s.csrfKey(c, rq)
	if key == "" {
		return errExpired
	}
	given := c.Get(csrfHeader)
	if given == "" {
		given = c.FormValue(csrfField)
	}
	sum, err := s.csrfSum(rq, key)
	if err != nil {
		return err
	}
	if !tokenHolds(given, sum) {
		return errExpired
	}
	return nil
}

func tokenHolds(token string, sum []byte) bool {
	masked, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(masked) != 2*len(sum) {
		return false
	}
	subtle.XORBytes(masked[len(sum):], masked[len(sum):], masked[:len(sum)])
	return hmac.Equal(masked[len(sum):], sum)
}

// sameOrigin believes what browsers say about where a request started; absent
// headers (old browsers, programs) leave it to the token.
func (s *Server) sameOrigin(c *fiber.Ctx) bool {
	switch c.Get("Sec-Fetch-Site") {
	case "cross-site", "same-site":
		return false
	}
	origin := c.Get(fiber.HeaderOrigin)
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && (strings.EqualFold(u.Host, s.base.Host) || strings.EqualFold(u.Host, string(c.Request().Host())))
}

// ownForm reports whether the request is a form of ours, so that its fields may
// be shown again: another site's must not be laid before a member to confirm.
func (s *Server) ownForm(c *fiber.Ctx) bool {
	return c.Method() == fiber.MethodPost && s.sameOrigin(c) && (c.Get("Sec-Fetch-Site") == "same-origin" || c.Get(fiber.HeaderOrigin) != "")
}
