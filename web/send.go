package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// personal marks, in fiber's locals, a page that is one guest's own although it
// needs no form token.
var personal = personalKey{}

type personalKey struct{}

// A page below this size is not worth compressing, in bytes.
const compressFrom = 1400

// rendered is a finished page in the encodings that browsers ask for.
type rendered struct {
	etag  string
	plain []byte
	gzip  []byte // nil until asked for, see encode
	br    []byte
	head  head // of the page, where this is its main part only
}

// etagOf covers everything shown. It is weak because encodings differ.
func etagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// matches reports whether the browser already has the page.
func matches(c *fiber.Ctx, etag string) bool {
	for tag := range strings.SplitSeq(c.Get(fiber.HeaderIfNoneMatch), ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || strings.TrimPrefix(tag, "W/") == strings.TrimPrefix(etag, "W/") {
			return tag != ""
		}
	}
	return false
}

// send renders a page and answers with it. Guests' pages that need no form
// token are the same for every guest, so any cache may keep them and ask.
func (s *Server) send(c *fiber.Ctx, rq *request, status int, page string, v *view) error {
	sheet := s.sheets.take()
	defer s.sheets.give(sheet)
	if err := s.pages.render(sheet, page, "base", v); err != nil {
		return err
	}
	return s.finish(c, rq, status, sheet.Bytes(), "text/html; charset=utf-8")
}

// finish answers with a page; body is the caller's again when it returns.
func (s *Server) finish(c *fiber.Ctx, rq *request, status int, body []byte, contentType string) error {
	r := &rendered{etag: etagOf(body), plain: body}
	shared := rq.actor.Guest() && rq.flash == "" && status == fiber.StatusOK && !bytes.Contains(body, []byte(csrfMark)) && c.Locals(personal) == nil
	sheet := s.sheets.take()
	defer s.sheets.give(sheet)
	full, err := s.fillTokens(c, rq, sheet, body)
	if err != nil {
		return err
	}
	c.Status(status).Set(fiber.HeaderContentType, contentType)
	if status != fiber.StatusOK || c.Method() == fiber.MethodPost {
		c.Set(fiber.HeaderCacheControl, "no-store")
		return s.writeEncoded(c, &rendered{plain: full})
	}
	if shared {
		r.plain = bytes.Clone(body)
		s.keep(c, r)
		c.Set(fiber.HeaderCacheControl, "public, no-cache")
	} else {
		c.Set(fiber.HeaderCacheControl, "private, no-cache")
	}
	return s.deliver(c, &rendered{etag: r.etag, plain: full, gzip: r.gzip, br: r.br})
}

// deliver answers with a finished page, or with 304 when the browser has it.
func (s *Server) deliver(c *fiber.Ctx, r *rendered) error {
	c.Set(fiber.HeaderETag, r.etag)
	c.Vary(fiber.HeaderCookie, fiber.HeaderAcceptEncoding)
	if matches(c, r.etag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	return s.writeEncoded(c, r)
}

func (s *Server) writeEncoded(c *fiber.Ctx, r *rendered) error {
	switch accepted := c.Get(fiber.HeaderAcceptEncoding); {
	case len(r.plain) < compressFrom:
	case strings.Contains(accepted, "br"):
		c.Set(fiber.HeaderContentEncoding, "br")
		if r.br == nil {
			r.br = s.packs.brotli(r.plain)
		}
		return c.Send(r.br)
	case strings.Contains(accepted, "gzip"):
		c.Set(fiber.HeaderContentEncoding, "gzip")
		if r.gzip == nil {
			r.gzip = s.packs.gzip(r.plain)
		}
		return c.Send(r.gzip)
	}
	c.Response().SetBody(r.plain) // a copy: the page may stand on a sheet
	return nil
}
