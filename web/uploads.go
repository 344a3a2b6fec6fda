package web

import (
	"fmt"
	"mime/multipart"
	"strings"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/media"
)

// picture is one uploaded picture of a form.
type picture struct {
	ID, URL, Thumb, Alt, Name string
	Width, Height             int
}

func pictureOf(u *community.Upload) picture {
	return picture{ID: u.ID, URL: "/images/" + u.ID, Thumb: "/images/" + u.ID + "/320", Alt: u.Alt, Name: u.Name, Width: u.Width, Height: u.Height}
}

// formPictures reads the pictures of a form: files chosen now, and those that
// an earlier try of the form uploaded, with what was written about them.
func (s *Server) formPictures(c *fiber.Ctx, rq *request) ([]picture, error) {
	var pics []picture
	ids := values(c, "image")
	if len(ids) > community.MaxImages {
		return nil, fault.Field("body", "A post shows at most %d pictures.", community.MaxImages)
	}
	known, err := s.community.Uploads(rq.ctx, rq.actor, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if u := known[id]; u != nil && !ticked(c, "drop-"+id) {
			p := pictureOf(u)
			p.Alt = value(c, "alt-"+id)
			pics = append(pics, p)
		}
	}
	for _, h := range files(c, "pictures") {
		if len(pics) >= community.MaxImages {
			return pics, fault.Field("pictures", "A post shows at most %d pictures.", community.MaxImages)
		}
		u, err := s.addUpload(rq, h)
		if err != nil {
			return pics, inField(err, "pictures")
		}
		pics = append(pics, pictureOf(u))
	}
	return pics, nil
}

// inField moves a fault to the field of the form that it is about.
func inField(err error, field string) error {
	f, ok := fault.As(err)
	if !ok {
		return err
	}
	moved := *f
	moved.Field = field
	return &moved
}

func (s *Server) addUpload(rq *request, h *multipart.FileHeader) (*community.Upload, error) {
	if err := s.limits.admit(limitUpload, rq); err != nil {
		return nil, err
	}
	file, err := h.Open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	name := strings.Clone(h.Filename)
	pic, err := s.media.Add(rq.ctx, file, name)
	if err != nil {
		return nil, err
	}
	return s.community.AddUpload(rq.ctx, rq.actor, uploadOf(pic, name, h.Size))
}

func uploadOf(pic media.Picture, name string, size int64) community.Upload {
	u := community.Upload{Hash: pic.Hash, Width: pic.Width, Height: pic.Height, Name: name, DHash: fmt.Sprint(pic.DHash), Bytes: size}
	for _, v := range pic.Variants {
		u.Variants = append(u.Variants, community.Variant{Name: v.Name, Width: v.Width, Height: v.Height, Type: v.Type, Bytes: int64(v.Bytes), Key: v.Key})
	}
	return u
}

// placePictures puts the pictures that were chosen in a form at the end of the
// text, with their descriptions.
func placePictures(body string, pics []picture) string {
	for _, p := range pics {
		if strings.Contains(body, p.URL) {
			continue
		}
		alt := strings.NewReplacer("[", "(", "]", ")", "\n", " ", "\\", "").Replace(p.Alt)
		if alt == "" {
			alt = "screenshot"
		}
		body = strings.TrimRight(body, "\n") + "\n\n![" + alt + "](" + p.URL + ")"
	}
	return strings.TrimLeft(body, "\n")
}

func pictureIDs(pics []picture) []string {
	var ids []string
	for _, p := range pics {
		ids = append(ids, p.ID)
	}
	return ids
}

// upload takes one picture from the editor.
func (s *Server) upload(c *fiber.Ctx, rq *request) error {
	list := files(c, "picture")
	if len(list) != 1 {
		return fault.Field("picture", "Send one picture at a time.")
	}
	if rq.actor.Guest() {
		return errSignIn
	}
	u, err := s.addUpload(rq, list[0])
	if err != nil {
		return err
	}
	p := pictureOf(u)
	return c.Status(fiber.StatusCreated).JSON(map[string]any{
		"id": p.ID, "url": p.URL, "thumb": p.Thumb, "width": p.Width, "height": p.Height, "name": p.Name,
	})
}

// setAlt describes a picture for those who do not see it.
func (s *Server) setAlt(c *fiber.Ctx, rq *request) error {
	u, err := s.community.SetAlt(rq.ctx, rq.actor, c.Params("id"), value(c, "alt"))
	if err != nil {
		return err
	}
	return c.JSON(map[string]string{"id": u.ID, "alt": u.Alt})
}
