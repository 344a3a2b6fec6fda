package web

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

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
	held := false
	if fault.Is(err, fault.NotFound) {
		u, err = s.community.HeldUpload(rq.ctx, rq.actor, c.Params("id"))
		held = true
	}
	if err != nil {
		return err
	}
	v := variant(u, cmp.Or(c.Params("size"), media.Full)) // its address in a text names no size
	if v == nil {
		return fault.New(fault.NotFound, "There is no such size of this picture.")
	}
	if held {
		return sendHeld(c, v)
	}
	tag := u.Hash[:min(16, len(u.Hash))] + "-" + v.Name
	c.Set(fiber.HeaderETag, `"`+tag+`"`)
	c.Set(fiber.HeaderCacheControl, "private, no-cache")
	if matches(c, `"`+tag+`"`) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	script := c.Get("Sec-Fetch-Dest") == "empty" // the editor of pictures, which may read from here alone
	if s.links != nil && c.Method() == fiber.MethodGet && !script {
		if done, err := s.sendElsewhere(c, rq, v, tag); done || err != nil {
			return err
		}
	}
	return s.sendImage(c, rq, v)
}

// heldPicture stands for a picture that waits for a moderator, in its size.
const heldPicture = `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="%[2]d" viewBox="0 0 %[1]d %[2]d" role="img" aria-label="` + heldSays + `">` +
	`<style>rect{fill:#e7e9ee}text{fill:#3b4252;font:600 %[3]dpx system-ui,sans-serif;text-anchor:middle}@media (prefers-color-scheme:dark){rect{fill:#273036}text{fill:#d5dde0}}</style>` +
	`<rect width="100%%" height="100%%"/><text x="50%%" y="50%%"><tspan x="50%%" dy="-.3em">This picture waits</tspan><tspan x="50%%" dy="1.4em">for a moderator</tspan></text></svg>`

const heldSays = "This picture waits for a moderator"

// sendHeld shows that there is a picture, and nothing of it.
func sendHeld(c *fiber.Ctx, v *community.Variant) error {
	c.Set(fiber.HeaderCacheControl, "private, no-cache")
	c.Set(fiber.HeaderContentType, "image/svg+xml; charset=utf-8")
	c.Set(fiber.HeaderContentSecurityPolicy, imagePolicy)
	font := max(1, min(v.Width/20, v.Height/4)) // its two lines are about nine letters' heights wide, and read on a phone too
	return c.SendString(fmt.Sprintf(heldPicture, v.Width, v.Height, font))
}

func (s *Server) sendImage(c *fiber.Ctx, rq *request, v *community.Variant) error {
	r, info, err := s.media.OpenKey(rq.ctx, v.Key)
	if err != nil {
		return err
	}
	defer r.Close()
	body, err := readWhole(r, info.Size)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, v.Type)
	c.Set(fiber.HeaderContentDisposition, "inline")
	c.Set(fiber.HeaderContentSecurityPolicy, imagePolicy)
	return c.Send(body)
}

const imagePolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox" // browsers lay out a picture that is opened alone by styles of their own

// readWhole reads a blob of a known size; one that ends early is no picture.
func readWhole(r io.Reader, size int64) ([]byte, error) {
	body := make([]byte, min(size, media.MaxBlob))
	_, err := io.ReadFull(r, body)
	return body, err
}

// The addresses that browsers fetch from the object store: how long they live, and
// how much of that must be left for a browser to use the one it has.
const (
	linkLife = media.MaxPresign
	linkLeft = 5 * time.Second
)

// sendElsewhere leads the browser to the object store. The entity tag carries the
// end of the address's life: while it lives, what the browser kept is still right,
// and after that it must not follow a dead address again. A picture that is not
// there yet (done is false) is sent from here.
func (s *Server) sendElsewhere(c *fiber.Ctx, rq *request, v *community.Variant, tag string) (done bool, err error) {
	for _, kept := range strings.Split(c.Get(fiber.HeaderIfNoneMatch), ",") {
		kept = strings.Trim(strings.TrimPrefix(strings.TrimSpace(kept), "W/"), `"`)
		end, ok := strings.CutPrefix(kept, tag+"-")
		if n, err := strconv.ParseInt(end, 10, 64); ok && err == nil && n >= s.now().Add(linkLeft).Unix() {
			c.Set(fiber.HeaderETag, `"`+kept+`"`)
			return true, c.SendStatus(fiber.StatusNotModified)
		}
	}
	link, until, err := s.links.Presign(rq.ctx, v.Key, v.Type, linkLife)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	c.Set(fiber.HeaderETag, `"`+tag+"-"+strconv.FormatInt(until.Unix(), 10)+`"`)
	return true, c.Redirect(link, fiber.StatusFound)
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
