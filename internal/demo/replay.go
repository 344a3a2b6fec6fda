package demo

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"selfie/community"
)

// planThread plans a question with everything under it.
func (b *builder) planThread(a *asked) {
	t := &told{asked: a, at: b.end.Add(-a.ago), ids: make([]string, len(a.answers))}
	b.told[a.label], b.order = t, append(b.order, t)
	b.plan(t.at, "ask "+a.label, func(ctx context.Context) error { return b.ask(ctx, t) })
	b.planComments(t, a.comments, func() community.Ref { return t.question() })
	for i, x := range a.answers {
		b.plan(t.at.Add(x.after), "answer "+a.label, func(ctx context.Context) error { return b.answer(ctx, t, i) })
		b.planComments(t, x.comments, func() community.Ref { return t.answer(i) })
		if x.accepted != 0 {
			b.plan(t.at.Add(x.accepted), "accept in "+a.label, func(ctx context.Context) error {
				return b.as(ctx, t.by, func(by community.Actor) error {
					_, err := b.Community.Accept(ctx, by, t.id, t.ids[i])
					return err
				})
			})
		}
		if x.verified != 0 {
			b.plan(t.at.Add(x.verified), "verify in "+a.label, func(ctx context.Context) error {
				return b.as(ctx, "sofia", func(by community.Actor) error {
					_, err := b.Community.Verify(ctx, by, t.ids[i])
					return err
				})
			})
		}
	}
}

func (b *builder) planComments(t *told, list []said, on func() community.Ref) {
	for _, c := range list {
		b.plan(t.at.Add(c.after), "comment in "+t.label, func(ctx context.Context) error {
			return b.as(ctx, c.by, func(by community.Actor) error {
				_, err := b.Community.PostComment(ctx, by, community.CommentDraft{On: on(), Body: c.body})
				return err
			})
		})
	}
}

// as lets a member of the cast act, as they stand at that moment.
func (b *builder) as(ctx context.Context, key string, do func(community.Actor) error) error {
	by, err := b.actor(ctx, key)
	if err != nil {
		return err
	}
	return do(by)
}

func (t *told) question() community.Ref {
	return community.Ref{Kind: community.AQuestion, ID: t.id}
}

func (t *told) answer(i int) community.Ref {
	return community.Ref{Kind: community.AnAnswer, ID: t.ids[i]}
}

func (b *builder) ask(ctx context.Context, t *told) error {
	return b.as(ctx, t.by, func(by community.Actor) error {
		body, err := b.fill(ctx, by, t.body)
		if err != nil {
			return err
		}
		made, err := b.Community.Ask(ctx, by, community.ThreadDraft{Space: t.space, Title: t.title, Body: body, Tags: t.tags, Private: t.private})
		if err == nil {
			t.id = made.ID
		}
		return err
	})
}

func (b *builder) answer(ctx context.Context, t *told, i int) error {
	x := t.answers[i]
	return b.as(ctx, x.by, func(by community.Actor) error {
		body, err := b.fill(ctx, by, x.body)
		if err != nil {
			return err
		}
		d := community.AnswerDraft{Thread: t.id, Body: body, Private: x.private}
		if x.official {
			d.Official = Company
		}
		made, err := b.Community.PostAnswer(ctx, by, d)
		if err == nil {
			t.ids[i] = made.ID
		}
		return err
	})
}

// Company is how the company signs its answers.
const Company = "Lumen support"

var (
	pictureLink = regexp.MustCompile(`!\[([^\]]*)\]\(picture:([a-z0-9-]+)\)`)
	threadLink  = regexp.MustCompile(`\(thread:([a-z0-9-]+)\)`)
)

// fill puts what the store calls them in the place of pictures and threads.
func (b *builder) fill(ctx context.Context, by community.Actor, body string) (string, error) {
	var failed error
	body = pictureLink.ReplaceAllStringFunc(body, func(link string) string {
		m := pictureLink.FindStringSubmatch(link)
		u, err := b.upload(ctx, by, m[2], m[1])
		if err != nil {
			failed = err
			return ""
		}
		return fmt.Sprintf("![%s](/images/%s)", m[1], u.ID)
	})
	body = threadLink.ReplaceAllStringFunc(body, func(link string) string {
		t := b.told[threadLink.FindStringSubmatch(link)[1]]
		if t == nil || t.id == "" {
			failed = fmt.Errorf("no thread for %s yet", link)
			return ""
		}
		return "(/threads/" + t.id + ")"
	})
	return strings.TrimSpace(body), failed
}

// upload takes a drawn picture the way every upload goes.
func (b *builder) upload(ctx context.Context, by community.Actor, name, alt string) (*community.Upload, error) {
	pic, done := b.drawn[name]
	if !done {
		png, err := drawing(name)
		if err != nil {
			return nil, err
		}
		if pic, err = b.Media.Add(ctx, bytes.NewReader(png), name+".png"); err != nil {
			return nil, err
		}
		b.drawn[name] = pic
	}
	u := community.Upload{Hash: pic.Hash, Width: pic.Width, Height: pic.Height, Name: name + ".png", Alt: alt, DHash: pic.DHash.String(), Look: pic.Look.String(), Blur: pic.Blur}
	for _, v := range pic.Variants {
		u.Variants = append(u.Variants, community.Variant{Name: v.Name, Width: v.Width, Height: v.Height, Type: v.Type, Bytes: int64(v.Bytes), Key: v.Key})
		u.Bytes = max(u.Bytes, int64(v.Bytes))
	}
	return b.Community.AddUpload(ctx, by, u)
}

// later is a moment after t, most likely soon: mean is the mean wait.
func (b *builder) later(t time.Time, mean time.Duration) time.Time {
	return t.Add(time.Minute + time.Duration(b.rand.ExpFloat64()*float64(mean)))
}
