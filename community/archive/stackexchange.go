package archive

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"selfie/community"
	"selfie/community/markup"
	"selfie/internal/store"
	"selfie/media"
)

// StackExchange says what to import and where to.
type StackExchange struct {
	Dir       string   // the unpacked dump: Users.xml, Posts.xml and, as far as they exist, the others
	Site      string   // name of the site; "" takes the folder's: "router.meta"
	Hosts     []string // more addresses of the site, whose links become local
	Space     string   // id of the space to import into, made when it is absent; "" makes one of the site's name
	SpaceName string   // name of a space that is made; "" takes the site's

	// Pictures fetches the pictures that posts show from other hosts, and Library
	// keeps them. Without both they become links.
	Pictures Fetcher
	Library  *media.Library

	Workers  int                                   // documents written at once; 0 is 32
	Progress func(stage string, done, total int64) // done of total, in a unit of the stage; may be nil
}

// ImportStackExchange brings in a whole site. Everything gets an id derived from
// site and dump, in one write each, and nothing that stands is touched: it may be
// repeated, ended at any moment and run again, and what people changed here
// stays. It emits no events: history notifies nobody. At the end the derived
// numbers of all that the dump holds are recounted.
//
// What is wrong with the dump is fault.Invalid; the report tells how far it came.
func ImportStackExchange(ctx context.Context, svc *community.Service, o StackExchange) (*Report, error) {
	im, err := newSEImport(ctx, svc, o)
	if err != nil {
		return &Report{}, err
	}
	for _, step := range []func(context.Context) error{
		im.look, im.makeSpace, im.members, im.tags, im.threads, im.answers, im.comments, im.votes, im.postLinks, im.settle,
	} {
		if err := step(ctx); err != nil {
			return im.report, err
		}
	}
	return im.report, nil
}

// seImport is one import under way.
type seImport struct {
	o         StackExchange
	svc       *community.Service
	to        community.Records
	site      site
	space     string
	community string // its name
	render    *markup.Renderer
	report    *Report
	links     *Tally // addresses of the site in texts
	pictures  *Tally // pictures in texts
	survey    survey

	decoding chan struct{} // bounds the pictures processed at once

	mu    sync.Mutex
	fresh map[string]bool // documents inserted by this run, where a later step asks
}

// order is that of the report's lines.
var order = []string{"spaces", "members", "tags", "tag descriptions", "questions", "answers", "comments", "votes", "duplicate links", "links of the site", "pictures"}

func newSEImport(ctx context.Context, svc *community.Service, o StackExchange) (*seImport, error) {
	if o.Site == "" {
		abs, err := filepath.Abs(o.Dir)
		if err != nil {
			return nil, err
		}
		o.Site = filepath.Base(abs)
	}
	if o.Workers <= 0 {
		o.Workers = 32
	}
	conf, err := svc.Settings(ctx)
	if err != nil {
		return nil, err
	}
	im := &seImport{
		o: o, svc: svc, to: svc.Records(), site: newSite(o.Site, o.Hosts...), community: conf.Name,
		render: markup.New(), report: &Report{}, fresh: map[string]bool{}, decoding: make(chan struct{}, 2),
	}
	for _, name := range order {
		im.report.Of(name)
	}
	im.links, im.pictures = im.report.Of("links of the site"), im.report.Of("pictures")
	return im, nil
}

func (im *seImport) progress(stage string, done, total int64) {
	if im.o.Progress == nil {
		return
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	im.o.Progress(stage, done, total)
}

var notSlug = regexp.MustCompile(`[^a-z0-9]+`)

// makeSpace finds the space to import into, or makes it, open to everyone.
func (im *seImport) makeSpace(ctx context.Context) error {
	im.space = im.o.Space
	if im.space == "" {
		slug := strings.Trim(notSlug.ReplaceAllString(im.site.name, "-"), "-")
		im.space = strings.Trim(slug[:min(len(slug), 40)], "-")
	}
	tally := im.report.Of("spaces")
	_, err := im.to.Spaces.Get(ctx, im.space)
	if err == nil {
		tally.wrote(false)
		return nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err := community.CheckSpaceID(im.space); err != nil {
		return err
	}
	all, err := im.svc.AllSpaces(ctx, community.System)
	if err != nil {
		return err
	}
	_, inserted, err := im.svc.Records().Spaces.Put(ctx, &community.Space{
		Meta: store.Meta{ID: im.space}, Name: im.spaceName(), About: "Brought over from " + im.site.hosts[0] + ".",
		Visibility: community.Public, Position: int64(len(all)),
	})
	if err == nil {
		tally.wrote(inserted)
	}
	return err
}

func (im *seImport) spaceName() string {
	if im.o.SpaceName != "" {
		return im.o.SpaceName
	}
	words := strings.Fields(notSlug.ReplaceAllString(im.site.name, " "))
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, " ")
}

// origin says where the document came from.
func (im *seImport) origin(id int64) *community.Origin {
	return &community.Origin{Source: im.site.source(), ID: fmt.Sprint(id)}
}

// each reads a file's rows into a pool. An absent file brings nothing.
func (im *seImport) each(ctx context.Context, name string, p *pool, f func(ctx context.Context, r row) error) error {
	err := im.rows(ctx, p.tally.Name, name, func(r row) error { return f(ctx, r) })
	if errors.Is(err, errNoFile) {
		return nil
	}
	if err != nil {
		return err
	}
	return p.flush(ctx)
}

// noting wraps a put, so that later steps know what this run inserted.
func (im *seImport) noting(id string, put func(context.Context) (bool, error)) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		inserted, err := put(ctx)
		if inserted {
			im.mu.Lock()
			defer im.mu.Unlock()
			im.fresh[id] = true
		}
		return inserted, err
	}
}

// Reasons that several files share.
const (
	badRow    = "the row has no readable id or date"
	lostPost  = "what it belongs to is not in the dump (deleted)"
	onTagWiki = "it belongs to a tag's description"
)

// settle makes the derived numbers of everything in the dump exact: whether or
// not this run inserted it, an earlier one may have ended before it counted.
func (im *seImport) settle(ctx context.Context) error {
	all := im.settled()
	recountPost := func(kind community.Kind) func(context.Context, string) (bool, error) {
		return func(ctx context.Context, id string) (bool, error) {
			return im.svc.Recount(ctx, community.Ref{Kind: kind, ID: id})
		}
	}
	return firstError(
		func() error {
			return im.recount(ctx, "counting for answers", all.answers, recountPost(community.AnAnswer))
		},
		func() error { return im.carry(ctx, all.duplicates) },
		func() error {
			return im.recount(ctx, "counting for questions", all.threads, recountPost(community.AQuestion))
		},
		func() error { return im.recount(ctx, "counting for members", all.authors, im.svc.RecountMember) },
		func() error { return im.recountTags(ctx, all.threads) },
	)
}

// settled lists the ids of what an import counts for.
func (im *seImport) settled() (all struct{ answers, threads, duplicates, authors []string }) {
	authors := map[string]bool{}
	for id, p := range im.survey.posts {
		if _, _, ok := im.thread(id); !ok {
			continue
		}
		if m := im.member(p.owner); m != "" {
			authors[m] = true
		}
		switch {
		case p.kind == typeAnswer:
			all.answers = append(all.answers, im.postID(id, p))
			continue
		case p.original != 0:
			all.duplicates = append(all.duplicates, im.postID(id, p))
		}
		all.threads = append(all.threads, im.postID(id, p))
	}
	all.authors = slices.Collect(maps.Keys(authors))
	return all
}

// carry brings the askers of duplicates, who have the same problem, to the
// originals; one by one, since several may meet there.
func (im *seImport) carry(ctx context.Context, duplicates []string) error {
	for _, id := range duplicates {
		if err := im.svc.CarryInterests(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (im *seImport) recountTags(ctx context.Context, threads []string) error {
	tags := map[string]bool{}
	for ids := range slices.Chunk(threads, chunk) {
		docs, err := im.to.Threads.GetMany(ctx, ids)
		if err != nil {
			return err
		}
		for _, t := range docs {
			for _, tag := range t.Tags {
				tags[tag] = true
			}
		}
	}
	return im.recount(ctx, "counting for tags", slices.Collect(maps.Keys(tags)), func(ctx context.Context, tag string) (bool, error) {
		return false, im.svc.RecountTags(ctx, []string{tag})
	})
}

func (im *seImport) recount(ctx context.Context, stage string, ids []string, f func(context.Context, string) (bool, error)) error {
	var mu sync.Mutex
	done := int64(0)
	return each(ctx, im.o.Workers, ids, func(ctx context.Context, id string) error {
		_, err := f(ctx, id)
		mu.Lock()
		done++
		n := done
		mu.Unlock()
		im.progress(stage, n, int64(len(ids)))
		return err
	})
}
