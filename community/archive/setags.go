package archive

import (
	"context"
	"strings"

	"selfie/community"
	"selfie/community/markup"
	"selfie/internal/store"
)

// maxTagText bounds what is kept of a tag's description, in runes: it is shown in
// one line.
const maxTagText = 500

// description is a post that describes a tag.
type description struct {
	text string // plain
	tag  string // that shows it
}

// tags imports the tags with their descriptions: the excerpt, or where there is
// none the beginning of the long form.
func (im *seImport) tags(ctx context.Context) error {
	texts, err := im.tagTexts(ctx)
	if err != nil {
		return err
	}
	p := newPool(im.o.Workers, im.report.Of("tags"), im.to.Tags)
	err = im.each(ctx, "Tags.xml", p, func(ctx context.Context, r row) error {
		name := community.CleanTag(r.text("TagName"))
		if name == "" {
			p.tally.skip("its name has no sign that a tag may have")
			return nil
		}
		t := &community.Tag{Meta: store.Meta{ID: name}}
		for _, field := range []string{"ExcerptPostId", "WikiPostId"} {
			id, _ := r.number(field)
			if d := texts[id]; d != nil && d.text != "" && t.About == "" {
				t.About, d.tag = d.text, name
			}
		}
		return p.add(ctx, name, im.noting(name, put(im.to.Tags, func(context.Context) (*community.Tag, error) { return t, nil })))
	})
	if err == nil {
		im.countTexts(texts)
	}
	return err
}

// tagTexts reads the descriptions of tags, by the ids of their posts.
func (im *seImport) tagTexts(ctx context.Context) (map[int64]*description, error) {
	texts := map[int64]*description{}
	err := im.rows(ctx, "tag descriptions", "Posts.xml", func(r row) error {
		id, k := im.readable(r)
		if k != nil && (k.kind == typeExcerpt || k.kind == typeWiki) {
			texts[id] = &description{text: tagText(r.text("Body"), k.kind)}
		}
		return nil
	})
	return texts, err
}

// tagText is the first paragraph of a description, in plain text.
func tagText(body string, kind int64) string {
	text := body // excerpts are plain
	if kind == typeWiki || strings.HasPrefix(body, "<p>") {
		text = markup.Text(body)
	}
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return markup.Excerpt(oneLine(first), maxTagText)
}

func (im *seImport) countTexts(texts map[int64]*description) {
	tally := im.report.Of("tag descriptions")
	for _, d := range texts {
		switch {
		case d.text == "":
			tally.skip("it is empty")
		case d.tag == "":
			tally.skip("the tag shows its excerpt, or is not in the dump")
		default:
			tally.wrote(im.fresh[d.tag])
		}
	}
}
