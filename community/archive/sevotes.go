package archive

import (
	"context"

	"selfie/community"
	"selfie/internal/store"
)

// voteTypes names the votes that are not imported, in the words of the dump's
// description.
var voteTypes = map[int64]string{
	voteAccept: "acceptance, which the question says itself; its date is kept there",
	4:          "offensive flag", 5: "favourite", 6: "close vote", 7: "reopen vote", 8: "bounty start", 9: "bounty close",
	10: "deletion", 11: "undeletion", 12: "spam flag", 13: "moderator flag", 14: "moderator nomination",
	15: "moderator review", 16: "approval of a suggested edit",
}

// votes imports the votes up and down. The dump does not say whose they are.
func (im *seImport) votes(ctx context.Context) error {
	p := newPool(im.o.Workers, im.report.Of("votes"), im.to.Votes)
	return im.each(ctx, "Votes.xml", p, func(ctx context.Context, r row) error {
		id, ok := r.number("Id")
		at, dated := r.date("CreationDate")
		kind, typed := r.number("VoteTypeId")
		if !ok || !dated || !typed {
			p.tally.skip(badRow)
			return nil
		}
		if kind != voteUp && kind != voteDown {
			reason, named := voteTypes[kind]
			if !named {
				reason = "vote of another kind"
			}
			p.tally.skip(reason)
			return nil
		}
		on, _ := r.number("PostId")
		of, k, ok := im.thread(on)
		if !ok {
			p.tally.skip(strayed(k))
			return nil
		}
		v := im.voteOf(id, on, of, k, kind, at)
		return p.add(ctx, v.ID, put(im.to.Votes, func(context.Context) (*community.Vote, error) { return v, nil }))
	})
}

func (im *seImport) voteOf(id, on, of int64, k *known, kind int64, at store.Millis) *community.Vote {
	v := &community.Vote{
		Meta: store.Meta{ID: im.site.id(vote, id)}, Post: im.postID(on, k), Kind: community.AQuestion,
		Thread: im.site.id(question, of), Author: im.member(k.owner), Value: 1, Created: at, Origin: im.origin(id),
	}
	if k.kind == typeAnswer {
		v.Kind = community.AnAnswer
	}
	if kind == voteDown {
		v.Value = -1
	}
	return v
}

// postLinks counts what became of the links between questions: the threads carry
// them since they were made.
func (im *seImport) postLinks(ctx context.Context) error {
	tally := im.report.Of("duplicate links")
	return im.each(ctx, "PostLinks.xml", newPool(im.o.Workers, tally, im.to.Threads), func(ctx context.Context, r row) error {
		id, ok := r.number("Id")
		kind, _ := r.number("LinkTypeId")
		from, _ := r.number("PostId")
		to, _ := r.number("RelatedPostId")
		k := im.question(from)
		switch {
		case !ok:
			tally.skip(badRow)
		case kind != linkDuplicate:
			tally.skip("mere mention of one post in another: the text links it")
		case k == nil || im.question(to) == nil:
			tally.skip("one of the two questions is not in the dump (deleted)")
		case k.closed == 0:
			tally.skip("the question was opened again: no duplicate any more")
		case k.link != id:
			tally.skip("a further original of one duplicate")
		default:
			return im.noteLink(ctx, tally, im.site.id(question, from), im.site.id(question, to))
		}
		return nil
	})
}

func (im *seImport) noteLink(ctx context.Context, tally *Tally, from, to string) error {
	t, err := im.to.Threads.Get(ctx, from)
	if err != nil {
		return err
	}
	if t.Duplicate == nil || t.Duplicate.Of != to {
		tally.skip("changed here since")
		return nil
	}
	tally.wrote(im.fresh[from])
	return nil
}
