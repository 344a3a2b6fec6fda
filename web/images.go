package web

import (
	"io"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/media"
)

// image answers with one size of a picture, after asking on every request
// whether the viewer may still see the post that owns it. Browsers keep it and
// must ask again, so taking a post away takes its pictures away.
func (s *Server) image(c *fiber.Ctx, rq *request) error {
	u, err := s.community.Upload(rq.ctx, rq.actor, c.Params("id"))
	if err != nil {
		return err
	}
	v := variant(u, c.Params("size"))
	if v == nil {
		return fault.New(fault.NotFound, "There is no such size of this picture.")
	}
	etag := `"` + u.Hash[:min(16, len(u.Hash))] + "-" + v.Name + `"`
	c.Set(fiber.HeaderETag, etag)
	c.Set(fiber.HeaderCacheControl, "private, no-cache")
	if matches(c, etag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	r, _, err := s.media.OpenKey(rq.ctx, v.Key)
	if err != nil {
		return err
	}
	defer r.Close()
	body, err := io.ReadAll(io.LimitReader(r, media.MaxBlob))
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, v.Type)
	c.Set(fiber.HeaderContentDisposition, "inline")
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	return c.Send(body)
}

func variant(u *community.Upload, size string) *community.Variant {
	for i := range u.Variants {
		if u.Variants[i].Name == size || (size == media.Full && i == 0) {
			return &u.Variants[i]
		}
	}
	return nil
}
