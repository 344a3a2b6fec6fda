package web

import (
	"context"
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

// stillStored ends an upload: its picture is recorded, and is added again when a
// sweep that found the same picture unused has deleted it just before.
func (s *Server) stillStored(ctx context.Context, pic media.Picture, file io.ReadSeeker, name string) error {
	for range 3 {
		if whole, err := s.media.Whole(ctx, pic); err != nil || whole {
			return err
		}
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if _, err := s.media.Add(ctx, file, name); err != nil {
			return err
		}
	}
	return fault.New(fault.Unavailable, "This picture could not be kept just now. Please upload it again.")
}

func variant(u *community.Upload, size string) *community.Variant {
	for i := range u.Variants {
		if u.Variants[i].Name == size || (size == media.Full && i == 0) {
			return &u.Variants[i]
		}
	}
	return nil
}
