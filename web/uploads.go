package web

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"mime/multipart"
	"slices"
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
	Srcset                    string // the sizes there are, with their widths; "" when there is one
	Blur                      string // a data URI to show until the picture is there; "" for none
	Animated                  bool   // what was sent moved; its first frame was kept
}

func pictureOf(u *community.Upload) picture {
	return picture{ID: u.ID, URL: "/images/" + u.ID, Thumb: "/images/" + u.ID + "/320", Alt: u.Alt, Name: u.Name,
		Width: u.Width, Height: u.Height, Srcset: srcset(u), Blur: u.Blur, Animated: u.Animated}
}

// srcset lists the sizes of an upload as an img's attribute has them.
func srcset(u *community.Upload) string {
	var list []string
	width := 0
	for _, v := range slices.Backward(u.Variants) {
		if v.Width > width { // a small picture has sizes that are alike
			list = append(list, fmt.Sprintf("/images/%s/%s %dw", u.ID, v.Name, v.Width))
			width = v.Width
		}
	}
	if len(list) < 2 {
		return ""
	}
	return strings.Join(list, ", ")
}

// formPictures reads the pictures of a form: those that an earlier try of the
// form uploaded, with what was written about them, and files chosen now. One that
// cannot be taken spoils no other: with the first fault come all that could be.
func (s *Server) formPictures(c *fiber.Ctx, rq *request) ([]picture, error) {
	pics, err := s.earlierPictures(c, rq)
	if err != nil {
		return pics, err
	}
	for _, h := range files(c, "pictures") {
		if len(pics) >= community.MaxImages {
			return pics, cmp.Or[error](err, fault.Field("pictures", "A post shows at most %d pictures.", community.MaxImages))
		}
		u, _, bad := s.addUpload(rq, h, "")
		if bad == nil {
			pics = append(pics, pictureOf(u))
			continue
		}
		if err == nil {
			err = inField(bad, "pictures")
		}
	}
	return pics, err
}

// earlierPictures are those that an earlier try of a form uploaded, but for what
// was ticked to be left out.
func (s *Server) earlierPictures(c *fiber.Ctx, rq *request) ([]picture, error) {
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
		if ticked(c, "drop-"+id) {
			if err := s.community.TakeBack(rq.ctx, rq.actor, id); err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.NotFound) {
				return nil, err
			}
		} else if u := known[id]; u != nil {
			p := pictureOf(u)
			p.Alt = value(c, "alt-"+id)
			pics = append(pics, p)
		}
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

// addUpload takes a file in. The same file again, as long as no post shows it,
// is neither processed nor stored again: added is false. claimed is the SHA-256
// that the sender says the file has, or "".
func (s *Server) addUpload(rq *request, h *multipart.FileHeader, claimed string) (u *community.Upload, added bool, err error) {
	if err := s.limits.admit(limitUpload, rq); err != nil {
		return nil, false, err
	}
	file, err := h.Open()
	if err != nil {
		return nil, false, err
	}
	defer file.Close()
	sum, err := sumOf(file, claimed)
	if err != nil {
		return nil, false, err
	}
	name := strings.Clone(h.Filename)
	u, err = s.community.KnownUpload(rq.ctx, rq.actor, sum)
	if err == nil {
		err = s.stillStored(rq.ctx, pictureKept(u), file, name)
	}
	if !fault.Is(err, fault.NotFound) {
		return u, false, err
	}
	pic, err := s.media.Add(rq.ctx, file, name)
	if err != nil {
		return nil, false, err
	}
	fresh := uploadOf(pic, name, h.Size)
	fresh.Sum = sum
	if u, err = s.community.AddUpload(rq.ctx, rq.actor, fresh); err != nil {
		return nil, false, err
	}
	return u, true, s.stillStored(rq.ctx, pic, file, name)
}

// sumOf is the SHA-256 of a file, which is left at its beginning. It must be
// the claimed one, if any is.
func sumOf(file multipart.File, claimed string) (string, error) {
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	if claimed == "" {
		return sum, nil
	}
	claimed, err := community.CleanSum(claimed)
	if err == nil && claimed != sum {
		err = fault.Field("sha256", "The file did not arrive as it was sent. Please send it again.")
	}
	return sum, err
}

func uploadOf(pic media.Picture, name string, size int64) community.Upload {
	u := community.Upload{Hash: pic.Hash, Width: pic.Width, Height: pic.Height, Name: name, DHash: pic.DHash.String(), Look: pic.Look.String(), Blur: pic.Blur, Animated: pic.Animated, Bytes: size}
	for _, v := range pic.Variants {
		u.Variants = append(u.Variants, community.Variant{Name: v.Name, Width: v.Width, Height: v.Height, Type: v.Type, Bytes: int64(v.Bytes), Key: v.Key})
	}
	return u
}

// pictureKept names the blobs of an upload.
func pictureKept(u *community.Upload) (pic media.Picture) {
	for _, v := range u.Variants {
		pic.Variants = append(pic.Variants, media.VariantInfo{Key: v.Key})
	}
	return pic
}

// knownPicture is the actor's own unused upload of a file, whose blobs are there.
func (s *Server) knownPicture(rq *request, sum string) (*community.Upload, error) {
	u, err := s.community.KnownUpload(rq.ctx, rq.actor, sum)
	if err != nil {
		return nil, err
	}
	whole, err := s.media.Whole(rq.ctx, pictureKept(u))
	if err == nil && !whole {
		err = fault.New(fault.NotFound, "This picture is not here any more. Please send it again.")
	}
	return u, err
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

// uploadJSON is what a script is told of an upload of its own.
type uploadJSON struct {
	ID       string `json:"id"`
	URL      string `json:"url"`
	Thumb    string `json:"thumb"`
	Width    int    `json:"width"`
	Height   int    `json:"height"`
	Name     string `json:"name"`
	Alt      string `json:"alt"`
	Animated bool   `json:"animated"`         // what was sent moved; its first frame was kept
	Blur     string `json:"blur,omitempty"`   // a data URI to show until the picture is there
	Srcset   string `json:"srcset,omitempty"` // the sizes there are, with their widths
	Bytes    int64  `json:"bytes"`            // of the file as sent
	Stored   int64  `json:"stored"`           // bytes of the largest size that is kept
	Sum      string `json:"sha256,omitempty"` // of the file as sent
}

func uploadJSONOf(u *community.Upload) uploadJSON {
	p := pictureOf(u)
	j := uploadJSON{ID: p.ID, URL: p.URL, Thumb: p.Thumb, Width: p.Width, Height: p.Height, Name: p.Name, Alt: p.Alt,
		Animated: u.Animated, Blur: p.Blur, Srcset: p.Srcset, Bytes: u.Bytes, Sum: u.Sum}
	if len(u.Variants) > 0 {
		j.Stored = u.Variants[0].Bytes
	}
	return j
}

// upload takes one picture from the editor: 201, or 200 when it was here
// already.
func (s *Server) upload(c *fiber.Ctx, rq *request) error {
	list := files(c, "picture")
	if len(list) != 1 {
		return fault.Field("picture", "Send one picture at a time.")
	}
	if rq.actor.Guest() {
		return errSignIn
	}
	u, added, err := s.addUpload(rq, list[0], value(c, "sha256"))
	if err != nil {
		return err
	}
	if added {
		c.Status(fiber.StatusCreated)
	}
	return c.JSON(uploadJSONOf(u))
}

// knownUpload tells whether a file needs to be sent at all.
func (s *Server) knownUpload(c *fiber.Ctx, rq *request) error {
	u, err := s.knownPicture(rq, strings.TrimSpace(c.Query("sha256")))
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(uploadJSONOf(u))
}

// takeBack ends an upload that its owner took out of a text.
func (s *Server) takeBack(c *fiber.Ctx, rq *request) error {
	if err := s.community.TakeBack(rq.ctx, rq.actor, c.Params("id")); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// setAlt describes a picture for those who do not see it.
func (s *Server) setAlt(c *fiber.Ctx, rq *request) error {
	u, err := s.community.SetAlt(rq.ctx, rq.actor, c.Params("id"), value(c, "alt"))
	if err != nil {
		return err
	}
	return c.JSON(map[string]string{"id": u.ID, "alt": u.Alt})
}
