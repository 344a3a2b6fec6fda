package web

import (
	"net/url"
	"time"

	"selfie/community"
)

// apiDraft is unfinished writing.
type apiDraft struct {
	Place   string     `json:"place"`
	Space   string     `json:"space"`
	Title   string     `json:"title"`
	Body    string     `json:"body"`
	Tags    string     `json:"tags" doc:"As typed."`
	Private bool       `json:"private"`
	Key     string     `json:"key,omitempty" doc:"The idempotency key to post it with."`
	Updated *time.Time `json:"updated,omitempty" doc:"Absent: there is no draft."`
}

// PlaceIn names where a draft belongs.
type PlaceIn struct {
	Place string `path:"place" doc:"ask, answer:THREAD or edit:KIND:POST."`
}

// apiSaveDraft keeps a draft.
type apiSaveDraft struct {
	PlaceIn
	Body struct {
		Space   string `json:"space,omitempty"`
		Title   string `json:"title,omitempty"`
		Body    string `json:"body,omitempty"`
		Tags    string `json:"tags,omitempty"`
		Private bool   `json:"private,omitempty"`
		Key     string `json:"key,omitempty"`
	}
}

// apiText is Markdown to look at.
type apiText struct {
	Body struct {
		Body string `json:"body"`
	}
}

// apiPreview is how it would look.
type apiPreview struct {
	HTML string `json:"html"`
}

func (s *Server) apiWriting(a *api) {
	e := func(method, path, id, says string, limit limitClass) endpoint {
		return endpoint{method: method, path: path, id: id, tag: "Writing", says: says, who: membersOnly, limit: limit}
	}
	serve(a, e("GET", "/drafts/{place}", "get-draft", "Show the caller's draft at a place", unlimited), s.apiGetDraft)
	serve(a, e("PUT", "/drafts/{place}", "save-draft", "Keep a draft", limitPreview), s.apiPutDraft)
	act(a, e("DELETE", "/drafts/{place}", "drop-draft", "Forget a draft", limitPreview), s.apiDropDraft)
	serve(a, e("POST", "/preview", "preview", "Show how Markdown would look", limitPreview), s.apiPreview)
}

// place reads the path, where clients may escape the colons.
func (in PlaceIn) place() (string, error) {
	place, err := url.PathUnescape(in.Place)
	if err != nil || !clean(place) {
		return "", errNoPage
	}
	return place, nil
}

func (s *Server) apiGetDraft(k *call, in *PlaceIn) (apiDraft, error) {
	place, err := in.place()
	if err != nil {
		return apiDraft{}, err
	}
	d, err := s.community.Draft(k.ctx, k.actor, place)
	if err != nil {
		return apiDraft{}, err
	}
	return apiDraft{d.Place, d.Space, d.Title, d.Body, d.Tags, d.Private, d.Key, moment(d.Updated)}, nil
}

func (s *Server) apiPutDraft(k *call, in *apiSaveDraft) (apiDraft, error) {
	place, err := in.place()
	if err != nil {
		return apiDraft{}, err
	}
	b := in.Body
	err = s.community.SaveDraft(k.ctx, k.actor, community.Draft{
		Place: place, Space: b.Space, Title: b.Title, Body: b.Body, Tags: b.Tags, Private: b.Private, Key: b.Key,
	})
	if err != nil {
		return apiDraft{}, err
	}
	return s.apiGetDraft(k, &in.PlaceIn)
}

func (s *Server) apiDropDraft(k *call, in *PlaceIn) error {
	place, err := in.place()
	if err != nil {
		return err
	}
	return s.community.DropDraft(k.ctx, k.actor, place)
}

func (s *Server) apiPreview(k *call, in *apiText) (apiPreview, error) {
	p, err := s.preview(k.request, in.Body.Body, nil)
	if err != nil {
		return apiPreview{}, err
	}
	return apiPreview{string(p.HTML)}, nil
}
