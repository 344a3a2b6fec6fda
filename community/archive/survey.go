package archive

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// The post types of a dump that matter.
const (
	typeQuestion = 1
	typeAnswer   = 2
	typeExcerpt  = 4
	typeWiki     = 5
)

// The vote types of a dump that matter.
const (
	voteAccept = 1
	voteUp     = 2
	voteDown   = 3
)

// survey is what must be known of a dump before the first document is made: how
// its rows belong together, without their texts. It takes some 100 bytes a post.
type survey struct {
	users map[int64]bool
	posts map[int64]*known
}

// known is a post of the dump in outline.
type known struct {
	kind       int64
	parent     int64 // of an answer: its question
	owner      int64 // 0: deleted
	accepted   int64
	acceptedAt store.Millis
	original   int64 // what it is a duplicate of
	originalAt store.Millis
	link       int64 // id of the link that says so
	score      int64
	listed     int64 // up less down votes
	closed     store.Millis
}

func (im *seImport) file(name string) string { return filepath.Join(im.o.Dir, name) }

// look surveys the dump.
func (im *seImport) look(ctx context.Context) error {
	im.survey = survey{users: map[int64]bool{}, posts: map[int64]*known{}}
	for _, step := range []struct {
		file string
		must bool
		f    func(row) error
	}{
		{"Users.xml", true, im.lookUser}, {"Posts.xml", true, im.lookPost},
		{"Votes.xml", false, im.lookVote}, {"PostLinks.xml", false, im.lookLink},
	} {
		err := im.rows(ctx, "looking at "+step.file, step.file, step.f)
		if errors.Is(err, errNoFile) && !step.must {
			err = nil
		}
		if errors.Is(err, errNoFile) {
			return fault.New(fault.Invalid, "%s holds no %s: name the unpacked folder of a Stack Exchange data dump.", im.o.Dir, step.file)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// rows reads a file of the dump and reports how far it is.
func (im *seImport) rows(ctx context.Context, stage, name string, f func(row) error) error {
	var size int64
	if info, err := os.Stat(im.file(name)); err == nil {
		size = info.Size()
	}
	return rowsOf(ctx, im.file(name), func(bytes int64) { im.progress(stage, bytes, size) }, f)
}

func (im *seImport) lookUser(r row) error {
	id, ok := r.number("Id")
	if _, dated := r.date("CreationDate"); ok && dated {
		im.survey.users[id] = true
	}
	return nil
}

func (im *seImport) lookPost(r row) error {
	id, ok := r.number("Id")
	kind, typed := r.number("PostTypeId")
	if _, dated := r.date("CreationDate"); !ok || !typed || !dated {
		return nil // counted when posts are read in earnest
	}
	p := &known{kind: kind}
	p.parent, _ = r.number("ParentId")
	p.owner, _ = r.number("OwnerUserId")
	p.accepted, _ = r.number("AcceptedAnswerId")
	p.score, _ = r.number("Score")
	p.closed, _ = r.date("ClosedDate")
	im.survey.posts[id] = p
	return nil
}

func (im *seImport) lookVote(r row) error {
	id, _ := r.number("PostId")
	kind, _ := r.number("VoteTypeId")
	p := im.survey.posts[id]
	at, ok := r.date("CreationDate")
	if p == nil || !ok {
		return nil
	}
	switch kind {
	case voteAccept:
		p.acceptedAt = max(p.acceptedAt, at)
	case voteUp:
		p.listed++
	case voteDown:
		p.listed--
	}
	return nil
}

const linkDuplicate = 3

// lookLink keeps the first original of each closed question. A question that was
// opened again is no duplicate, though its link stands.
func (im *seImport) lookLink(r row) error {
	kind, _ := r.number("LinkTypeId")
	id, _ := r.number("Id")
	from, _ := r.number("PostId")
	to, _ := r.number("RelatedPostId")
	p := im.question(from)
	if kind != linkDuplicate || p == nil || from == to || im.question(to) == nil || p.closed == 0 {
		return nil
	}
	if at, ok := r.date("CreationDate"); ok && (p.original == 0 || id < p.link) {
		p.original, p.originalAt, p.link = to, at, id
	}
	return nil
}

// question returns a question of the dump, or nil.
func (im *seImport) question(id int64) *known {
	if p := im.survey.posts[id]; p != nil && p.kind == typeQuestion {
		return p
	}
	return nil
}

// thread returns the question that a question or an answer belongs to; ok is
// false when the dump does not hold it.
func (im *seImport) thread(id int64) (of int64, p *known, ok bool) {
	p = im.survey.posts[id]
	switch {
	case p == nil:
		return 0, nil, false
	case p.kind == typeAnswer && im.question(p.parent) != nil:
		return p.parent, p, true
	}
	return id, p, p.kind == typeQuestion
}

// member returns the id of the member that a user becomes; "" for one who was
// deleted.
func (im *seImport) member(id int64) string {
	if !im.survey.users[id] {
		return ""
	}
	return im.site.id(user, id)
}

// postID returns the id of the document that a post becomes.
func (im *seImport) postID(id int64, p *known) string {
	if p.kind == typeAnswer {
		return im.site.id(answer, id)
	}
	return im.site.id(question, id)
}
