package archive

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"selfie/community"
	"selfie/community/markup"
	"selfie/internal/store"
)

// threads imports the questions. Posts.xml is counted here as a whole, but for
// the answers.
func (im *seImport) threads(ctx context.Context) error {
	p := newPool(im.o.Workers, im.report.Of("questions"), im.to.Threads)
	return im.each(ctx, "Posts.xml", p, func(ctx context.Context, r row) error {
		id, known := im.readable(r)
		switch {
		case known == nil:
			if kind, _ := r.number("PostTypeId"); kind != typeAnswer {
				p.tally.skip(badRow)
			}
			return nil
		case known.kind == typeQuestion:
			tid := im.site.id(question, id)
			return p.add(ctx, tid, im.noting(tid, put(im.to.Threads, func(ctx context.Context) (*community.Thread, error) {
				return im.threadOf(ctx, r, id, known)
			})))
		case known.kind != typeAnswer && known.kind != typeExcerpt && known.kind != typeWiki:
			p.tally.skip(postType(known.kind))
		}
		return nil
	})
}

// readable returns the id of a row of Posts.xml and its outline; nil when the row
// cannot be used.
func (im *seImport) readable(r row) (int64, *known) {
	id, _ := r.number("Id")
	kind, _ := r.number("PostTypeId")
	if _, dated := r.date("CreationDate"); !dated {
		return id, nil
	}
	if p := im.survey.posts[id]; p != nil && p.kind == kind {
		return id, p
	}
	return id, nil
}

// postType names the kinds of posts that are not imported.
func postType(kind int64) string {
	switch kind {
	case 3:
		return "orphaned tag description"
	case 6:
		return "moderator nomination"
	case 7:
		return "placeholder of the wiki"
	case 8:
		return "privilege description"
	}
	return "post of another kind"
}

func (im *seImport) threadOf(ctx context.Context, r row, id int64, k *known) (*community.Thread, error) {
	t := &community.Thread{Meta: store.Meta{ID: im.site.id(question, id)}, Space: im.space, Title: oneLine(r.text("Title")), Tags: tagsIn(r.text("Tags"))}
	err := im.post(ctx, &t.Post, r, id, k, community.Ref{Kind: community.AQuestion, ID: t.ID}, t.ID)
	if err != nil {
		return nil, err
	}
	t.Origin.Views = r.count("ViewCount")
	if t.Title == "" {
		t.Title = markup.Excerpt(markup.Text(t.HTML), 80)
	}
	im.accept(t, k)
	im.close(t, k)
	t.Stats.Views = t.Origin.Views
	return t, im.svc.Settle(ctx, t)
}

// accept marks the answer that the asker accepted, when the vote says when.
func (im *seImport) accept(t *community.Thread, k *known) {
	a := im.survey.posts[k.accepted]
	if of, _, ok := im.thread(k.accepted); !ok || a.kind != typeAnswer || im.site.id(question, of) != t.ID {
		return
	}
	at := cmp.Or(im.survey.posts[k.accepted].acceptedAt, t.Created)
	t.Accepted = &community.Acceptance{Answer: im.site.id(answer, k.accepted), By: t.Author, At: at}
}

// close marks a closed question as a duplicate, or locks it.
func (im *seImport) close(t *community.Thread, k *known) {
	switch {
	case k.original != 0:
		t.Duplicate = &community.Duplicate{Of: im.site.id(question, k.original), By: community.System.ID, At: k.originalAt}
	case k.closed != 0:
		t.Lock = &community.Lock{By: community.System.ID, At: k.closed, Reason: "Closed on the original site."}
	}
}

// answers imports the answers.
func (im *seImport) answers(ctx context.Context) error {
	p := newPool(im.o.Workers, im.report.Of("answers"), im.to.Answers)
	return im.each(ctx, "Posts.xml", p, func(ctx context.Context, r row) error {
		if kind, _ := r.number("PostTypeId"); kind != typeAnswer {
			return nil
		}
		id, k := im.readable(r)
		if k == nil {
			p.tally.skip(badRow)
			return nil
		}
		of, _, ok := im.thread(id)
		if !ok || k.kind != typeAnswer {
			p.tally.skip("its question is not in the dump (deleted)")
			return nil
		}
		aid := im.site.id(answer, id)
		return p.add(ctx, aid, put(im.to.Answers, func(ctx context.Context) (*community.Answer, error) {
			a := &community.Answer{Meta: store.Meta{ID: aid}, Thread: im.site.id(question, of), Stats: community.AnswerStats{Shelf: community.OnOpen}}
			return a, im.post(ctx, &a.Post, r, id, k, community.Ref{Kind: community.AnAnswer, ID: aid}, a.Thread)
		}))
	})
}

// post fills what question and answer have in common.
func (im *seImport) post(ctx context.Context, p *community.Post, r row, id int64, k *known, ref community.Ref, thread string) error {
	p.Author, p.Origin = im.member(k.owner), im.origin(id)
	p.Created, _ = r.date("CreationDate")
	p.Origin.Score = max(k.score-k.listed, 0)
	if at, ok := r.date("LastEditDate"); ok && at > p.Created {
		editor, _ := r.number("LastEditorUserId")
		p.Edited, p.EditedBy = at, im.member(editor)
	}
	body, pictures, err := im.fetchPictures(ctx, r.text("Body"), p.Author, ref, thread, p.Created)
	if err != nil {
		return err
	}
	p.Body = markup.FromHTMLWith(body, im.rewrite)
	im.draw(p, pictures)
	return nil
}

// draw renders a post. Nobody is mentioned: the names in it are another site's.
func (im *seImport) draw(p *community.Post, pictures map[string]*community.Upload) {
	drawn := im.render.Render(p.Body, markup.Options{Image: func(id string) (markup.Picture, bool) {
		if u := pictures[id]; u != nil {
			return u.Shown(), true
		}
		return markup.Picture{}, false
	}})
	p.HTML, p.Renderer, p.Images = drawn.HTML, markup.Version, drawn.Images
}

// tagsIn reads <a><b> and |a|b|.
func tagsIn(s string) []string {
	tags := []string{}
	for _, t := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("<>|", r) }) {
		if t = community.CleanTag(t); t != "" {
			tags = append(tags, t)
		}
	}
	slices.Sort(tags)
	return slices.Compact(tags)
}

// comments imports the comments on questions and answers.
func (im *seImport) comments(ctx context.Context) error {
	p := newPool(im.o.Workers, im.report.Of("comments"), im.to.Comments)
	return im.each(ctx, "Comments.xml", p, func(ctx context.Context, r row) error {
		id, ok := r.number("Id")
		at, dated := r.date("CreationDate")
		if !ok || !dated {
			p.tally.skip(badRow)
			return nil
		}
		on, _ := r.number("PostId")
		of, k, ok := im.thread(on)
		if !ok {
			p.tally.skip(strayed(k))
			return nil
		}
		cid := im.site.id(comment, id)
		return p.add(ctx, cid, put(im.to.Comments, func(context.Context) (*community.Comment, error) {
			c := &community.Comment{Meta: store.Meta{ID: cid}, Thread: im.site.id(question, of), On: im.postID(on, k)}
			author, _ := r.number("UserId")
			c.Author, c.Created, c.Origin = im.member(author), at, im.origin(id)
			c.Origin.Score = r.count("Score")
			c.Body = im.commentBody(r.text("Text"))
			im.draw(&c.Post, nil)
			c.Stats = community.CommentStats{Shelf: community.OnOpen, Up: c.Origin.Score, Score: c.Origin.Score}
			return c, nil
		}))
	})
}

// strayed says why something on a post is not imported.
func strayed(k *known) string {
	if k != nil && k.kind != typeAnswer {
		return onTagWiki
	}
	return lostPost
}
