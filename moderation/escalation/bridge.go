package escalation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"selfie/community"
	"selfie/community/markup"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
	"selfie/media"
	"selfie/moderation/escalation/desk"
)

// Bridge joins cases to one external desk: it shows the sync engine what a
// case is, and brings the agents' replies into the thread.
type Bridge struct {
	cases  *Service
	pics   *media.Library
	base   string // address of the site, without a slash at its end
	name   string // of the desk
	engine *desk.Engine
	taken  *store.Collection[Taken]
}

// Taken marks an answer that came from a desk, so that it is not sent back.
// Its id is the answer's.
type Taken struct {
	store.Meta
	Case   string `json:"case"`
	Remote string `json:"remote"`
}

// Connect mirrors every new case to the desk of that name.
func (s *Service) Connect(relay *outbox.Relay, pics *media.Library, base, name string, d desk.Desk, o desk.Options) *Bridge {
	b := &Bridge{cases: s, pics: pics, base: strings.TrimRight(base, "/"), name: name}
	b.taken = store.Declare[Taken](s.db, "desk_taken")
	o.Desks = map[string]desk.Desk{name: d}
	b.engine = desk.NewEngine(s.db, relay, b, o)
	s.Mirror(b)
	return b
}

// Engine is the sync engine, for the operator's page and webhook hints.
func (b *Bridge) Engine() *desk.Engine { return b.engine }

// Name is the connection's name.
func (b *Bridge) Name() string { return b.name }

// Open implements Outside.
func (b *Bridge) Open(ctx context.Context, caseID string) error {
	return b.engine.Escalate(ctx, b.name, caseID)
}

// Append implements Outside. What came from the desk is not sent back.
func (b *Bridge) Append(ctx context.Context, caseID, post string, at store.Millis) error {
	if _, err := b.taken.Get(ctx, post); err == nil {
		return nil
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	a, _, err := b.cases.people.Answer(ctx, community.System, post)
	internal := err == nil && a.Private
	err = b.engine.Append(ctx, caseID, desk.Outgoing{Name: post, At: at, Internal: internal})
	return fault.IgnoreAbsent(err) // the case was opened before the desk was connected
}

// Status implements Outside.
func (b *Bridge) Status(ctx context.Context, caseID, cause string, at store.Millis) error {
	return fault.IgnoreAbsent(b.engine.PushStatus(ctx, caseID, cause, at))
}

// publicNotice warns the agent who would answer as in a private ticket.
const publicNotice = "PUBLIC THREAD: what you reply here is published in the community for everyone to read. Use a comment for what only colleagues may see."

// Case implements desk.Cases.
func (b *Bridge) Case(ctx context.Context, id string) (desk.CaseView, error) {
	c, err := b.cases.cases.Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return desk.CaseView{}, fault.Wrap(err, fault.NotFound, "There is no such case.")
	}
	if err != nil {
		return desk.CaseView{}, err
	}
	t, err := b.cases.people.Thread(ctx, community.System, c.Thread)
	if err != nil {
		return desk.CaseView{}, err
	}
	notice := publicNotice
	if t.Private {
		notice = "PRIVATE THREAD: the customer and the staff of the community read what you reply here."
	}
	if c.Priority > 1 {
		notice += fmt.Sprintf("\n%d customers are affected.", 1+t.Stats.MeToos)
	}
	return desk.CaseView{ID: id, Thread: t.ID, Title: t.Title, URL: b.address(t.ID, ""), Status: statusOf(c.State), Closed: !c.State.isOpen(),
		Opening: t.ID, Notice: notice + "\n" + c.Cause.Says}, nil
}

func statusOf(st State) desk.Status {
	switch st {
	case Waiting:
		return desk.Waiting
	case Solved, Returned:
		return desk.Solved
	}
	return desk.Open
}

func (b *Bridge) address(thread, anchor string) string {
	a := b.base + "/threads/" + thread
	if anchor != "" {
		a += "#" + anchor
	}
	return a
}

// Post implements desk.Cases.
func (b *Bridge) Post(ctx context.Context, _, name string) (desk.Content, error) {
	for _, kind := range []community.Kind{community.AQuestion, community.AnAnswer, community.AComment} {
		ref := community.Ref{Kind: kind, ID: name}
		p, t, _, err := b.cases.people.PostOf(ctx, community.System, ref)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return desk.Content{}, err
		}
		if p.Removed != nil {
			return desk.Content{}, fault.New(fault.Gone, "The post was removed.")
		}
		return b.content(ctx, p, t, ref)
	}
	return desk.Content{}, fault.New(fault.NotFound, "There is no such post.")
}

func (b *Bridge) content(ctx context.Context, p *community.Post, t *community.Thread, ref community.Ref) (desk.Content, error) {
	author, err := b.cases.people.Members(ctx, []string{p.Author})
	if err != nil {
		return desk.Content{}, err
	}
	anchor := ""
	if ref.Kind != community.AQuestion {
		anchor = "post-" + ref.ID
	}
	html := markup.FillMentions(p.HTML, func(id string) string {
		m, err := b.cases.people.Member(ctx, id)
		if err != nil {
			return ""
		}
		return m.DisplayName()
	})
	for _, attr := range []string{`href="`, `src="`} {
		html = strings.ReplaceAll(html, attr+"/", attr+b.base+"/")
	}
	c := desk.Content{Author: desk.Person{Name: author[p.Author].DisplayName()}, At: p.Created.Time(), URL: b.address(t.ID, anchor), HTML: html}
	c.Attachments, err = b.pictures(ctx, p)
	return c, err
}

// pictures reads the pictures of a post; one that is gone is left out.
func (b *Bridge) pictures(ctx context.Context, p *community.Post) ([]desk.Attachment, error) {
	var out []desk.Attachment
	if b.pics == nil {
		return nil, nil
	}
	uploads, err := b.cases.people.Uploads(ctx, community.System, p.Images)
	if err != nil {
		return nil, err
	}
	for i, id := range p.Images {
		u := uploads[id]
		if u == nil {
			continue
		}
		r, info, err := b.pics.OpenKey(ctx, u.Variants[0].Key)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			return nil, err
		}
		name := fmt.Sprintf("picture-%d.%s", i+1, strings.TrimPrefix(u.Variants[0].Type, "image/"))
		out = append(out, desk.Attachment{Name: name, Type: info.ContentType(), Data: data})
	}
	return out, nil
}

// Reply implements desk.Cases: an agent's public reply becomes an official
// answer, once, by the member with the agent's address or else by the company.
func (b *Bridge) Reply(ctx context.Context, caseID string, r desk.Reply) error {
	c, err := b.cases.cases.Get(ctx, caseID)
	if err != nil {
		return store.IgnoreAbsent(err)
	}
	by, err := b.author(ctx, r.Author)
	if err != nil {
		return err
	}
	id := store.DeriveID(string(community.AnAnswer), by.ID, "desk:"+r.ID)
	if _, _, err := b.taken.Put(ctx, &Taken{Meta: store.Meta{ID: id}, Case: caseID, Remote: r.RemoteID}); err != nil {
		return err
	}
	a, _, err := b.cases.people.Answer(ctx, community.System, id)
	if fault.Is(err, fault.NotFound) {
		a, err = b.post(ctx, by, c, r)
	}
	if fault.Is(err, fault.Conflict) {
		b.cases.log.Warn("an agent's reply found its thread closed", "case", caseID, "err", err)
		return nil
	}
	if err != nil {
		return err
	}
	return b.cases.replied(ctx, by.ID, caseID, a, c.State == Solved)
}

func (b *Bridge) post(ctx context.Context, by community.Actor, c *Case, r desk.Reply) (*community.Answer, error) {
	body := r.Text
	if r.HTML != "" {
		body = markup.FromHTML(r.HTML)
	}
	images, err := b.takePictures(ctx, by, r.Attachments)
	if err != nil {
		return nil, err
	}
	body = strings.TrimSpace(body)
	if n := community.MaxBody - 2000; len([]rune(body)) > n {
		body = string([]rune(body)[:n]) + "…"
	}
	if len([]rune(body)) < 10 {
		body += "\n\n— " + b.cases.company
	}
	return b.cases.people.PostAnswer(ctx, by, community.AnswerDraft{Thread: c.Thread, Body: body, Images: images, Key: "desk:" + r.ID, Official: b.cases.company})
}

// takePictures stores the pictures among an agent's attachments; other files,
// and pictures that are refused, are left on the desk.
func (b *Bridge) takePictures(ctx context.Context, by community.Actor, files []desk.Attachment) ([]string, error) {
	var ids []string
	for _, f := range files {
		if b.pics == nil || !strings.HasPrefix(f.Type, "image/") || len(ids) == community.MaxImages {
			continue
		}
		pic, err := b.pics.Add(ctx, bytes.NewReader(f.Data), f.Name)
		if k := fault.KindOf(err); err != nil && k != fault.Internal && k != fault.Unavailable {
			b.cases.log.Warn("an agent's picture was refused", "name", f.Name, "err", err)
			continue
		}
		if err != nil {
			return nil, err
		}
		u, err := b.cases.people.AddUpload(ctx, by, uploadOf(pic, f.Name))
		if err != nil {
			return nil, err
		}
		ids = append(ids, u.ID)
	}
	return ids, nil
}

func uploadOf(p media.Picture, name string) community.Upload {
	u := community.Upload{Hash: p.Hash, Width: p.Width, Height: p.Height, Name: name, DHash: p.DHash.String(), Look: p.Look.String(), Blur: p.Blur, Animated: p.Animated, Bytes: int64(p.Source.Bytes)}
	for _, v := range p.Variants {
		u.Variants = append(u.Variants, community.Variant{Name: v.Name, Width: v.Width, Height: v.Height, Type: v.Type, Bytes: int64(v.Bytes), Key: v.Key})
	}
	return u
}

// companyID is the member that speaks where a desk's agent has no account here.
const companyID = "company"

func (b *Bridge) author(ctx context.Context, p desk.Person) (community.Actor, error) {
	if p.Email != "" {
		m, err := b.cases.people.MemberByEmail(ctx, community.System, p.Email)
		if err == nil && m.Actor().Staff() {
			return m.Actor(), nil
		}
		if err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Invalid) {
			return community.Actor{}, err
		}
	}
	m := &community.Member{Meta: store.Meta{ID: companyID}, Name: b.cases.company, Role: community.Agent, Joined: b.cases.now(), Confirmed: b.cases.now()}
	m, _, err := b.cases.people.Records().Members.Put(ctx, m)
	if err != nil {
		return community.Actor{}, err
	}
	return m.Actor(), nil
}

// SetStatus implements desk.Cases.
func (b *Bridge) SetStatus(ctx context.Context, caseID string, st desk.Status) error {
	to := map[desk.Status]State{desk.Open: Working, desk.Waiting: Waiting, desk.Solved: Solved}[st]
	if to == "" {
		return nil
	}
	_, err := b.cases.update(ctx, caseID, "", "", "The desk set: "+to.Label(), func(c *Case) error {
		if statusOf(c.State) == st {
			return store.ErrUnchanged
		}
		c.State = to
		return nil
	})
	return fault.IgnoreAbsent(err)
}
