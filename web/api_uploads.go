package web

import (
	"mime/multipart"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"selfie/community"
	"selfie/internal/fault"
)

// apiUpload is a picture.
type apiUpload struct {
	ID      string    `json:"id" doc:"Name it in the images of a post, or show it in a body as ![alt](/images/ID)."`
	URL     string    `json:"url"`
	Width   int       `json:"width"`
	Height  int       `json:"height"`
	Alt     string    `json:"alt" doc:"What the picture shows, for those who do not see it."`
	Name    string    `json:"name,omitempty" doc:"The file's name, as given."`
	Moved   bool      `json:"animated,omitempty" doc:"What was sent moved; its first frame was kept."`
	Blur    string    `json:"blur,omitempty" doc:"A tiny picture as a data URI, to show until the picture is there."`
	Sum     string    `json:"sha256,omitempty" doc:"Of the file as it was sent; for its owner."`
	Created time.Time `json:"created"`
	Sizes   []apiSize `json:"sizes"`
}

// apiSize is one size of a picture.
type apiSize struct {
	Name   string `json:"name"`
	URL    string `json:"url"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Type   string `json:"type"`
}

// apiNewUpload is a form with one file.
type apiNewUpload struct {
	RawBody multipart.Form
}

// apiAlt describes a picture.
type apiAlt struct {
	IDIn
	Body struct {
		Alt string `json:"alt" doc:"At most 500 characters."`
	}
}

func (s *Server) apiUploads(a *api) {
	form := &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
		Type: "object", Required: []string{"picture"}, Properties: map[string]*huma.Schema{
			"picture": {Type: "string", Format: "binary", Description: "A JPEG, PNG, GIF, WebP, HEIC or, where the server can, AVIF, of at most 10 MB."},
			"alt":     {Type: "string", Description: "What the picture shows."},
			"sha256":  {Type: "string", Description: "SHA-256 of the file's bytes, in hex; it is verified. The same file again is the same upload until a post shows it."},
		}}}}}
	serve(a, endpoint{method: "POST", path: "/uploads", id: "upload", tag: "Uploads", says: "Upload a picture; it is the caller's own until a post shows it", who: membersOnly, status: 201, body: form}, s.apiPostUpload)
	serve(a, endpoint{method: "GET", path: "/uploads/known", id: "known-upload", tag: "Uploads", says: "Find the caller's own unused upload of a file, so that it need not be sent again", who: membersOnly, limit: limitPreview}, s.apiKnownUpload)
	serve(a, endpoint{method: "GET", path: "/uploads/{id}/findings", id: "upload-findings", tag: "Uploads", says: "Tell what an own picture says and what should perhaps not be shown", who: membersOnly, limit: limitFindings}, s.apiFindings)
	serve(a, endpoint{method: "GET", path: "/uploads/{id}", id: "get-upload", tag: "Uploads", says: "Show what is known of a picture"}, s.apiGetUpload)
	serve(a, endpoint{method: "PATCH", path: "/uploads/{id}", id: "describe-upload", tag: "Uploads", says: "Describe a picture for those who do not see it", who: membersOnly, limit: limitPreview}, s.apiSetAlt)
	act(a, endpoint{method: "DELETE", path: "/uploads/{id}", id: "take-upload-back", tag: "Uploads", says: "Take an own picture back that no post shows; it may be gone already", who: membersOnly, limit: limitPreview}, s.apiTakeBack)
}

func (s *Server) viewUpload(u *community.Upload) apiUpload {
	out := apiUpload{ID: u.ID, Width: u.Width, Height: u.Height, Alt: u.Alt, Name: u.Name, Moved: u.Animated, Blur: u.Blur, Created: u.Created.Time(), Sizes: []apiSize{}}
	for _, v := range u.Variants {
		size := apiSize{v.Name, s.absolute("/images/" + u.ID + "/" + v.Name), v.Width, v.Height, v.Type}
		out.Sizes = append(out.Sizes, size)
	}
	if len(out.Sizes) > 0 {
		out.URL = out.Sizes[0].URL
	}
	return out
}

func (s *Server) apiPostUpload(k *call, in *apiNewUpload) (apiUpload, error) {
	list := in.RawBody.File["picture"]
	if len(list) != 1 {
		return apiUpload{}, fault.Field("picture", "Send one picture at a time, as the part “picture”.")
	}
	claimed := ""
	if sum := in.RawBody.Value["sha256"]; len(sum) == 1 {
		claimed = sum[0]
	}
	u, _, err := s.addUpload(k.request, list[0], claimed)
	if err != nil {
		return apiUpload{}, inField(err, "picture")
	}
	if alt := in.RawBody.Value["alt"]; len(alt) == 1 && alt[0] != "" {
		if u, err = s.community.SetAlt(k.ctx, k.actor, u.ID, alt[0]); err != nil {
			return apiUpload{}, err
		}
	}
	return s.ownUpload(u), nil
}

// apiSum names a file by its content.
type apiSum struct {
	Sum string `query:"sha256" required:"true" doc:"SHA-256 of the file's bytes, in hex."`
}

func (s *Server) apiKnownUpload(k *call, in *apiSum) (apiUpload, error) {
	u, err := s.knownPicture(k.request, in.Sum)
	if err != nil {
		return apiUpload{}, err
	}
	return s.ownUpload(u), nil
}

// ownUpload is viewUpload for who sent it.
func (s *Server) ownUpload(u *community.Upload) apiUpload {
	out := s.viewUpload(u)
	out.Sum = u.Sum
	return out
}

func (s *Server) apiFindings(k *call, in *IDIn) (findings, error) {
	return s.findingsOf(k.request, in.ID)
}

func (s *Server) apiGetUpload(k *call, in *IDIn) (apiUpload, error) {
	u, err := s.community.Upload(k.ctx, k.actor, in.ID)
	if err != nil {
		return apiUpload{}, err
	}
	return s.viewUpload(u), nil
}

func (s *Server) apiSetAlt(k *call, in *apiAlt) (apiUpload, error) {
	u, err := s.community.SetAlt(k.ctx, k.actor, in.ID, in.Body.Alt)
	if err != nil {
		return apiUpload{}, err
	}
	return s.viewUpload(u), nil
}

func (s *Server) apiTakeBack(k *call, in *IDIn) error {
	return s.community.TakeBack(k.ctx, k.actor, in.ID)
}
