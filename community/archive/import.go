package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
	"selfie/media"
)

// ImportOptions are for those who watch.
type ImportOptions struct {
	Workers  int // documents written at once; 0 is 32
	Progress func(stage string, done, total int64)
	Others   // those that the export holds are imported too
}

// Import brings an export into a community. Every file is held against the
// manifest first. Documents keep their ids; what stands is never touched, so it
// may be repeated, or run again after it ended half-way. Settings and the first
// space are taken over while nobody has touched those here. At the end
// everything derived is recomputed. It emits no events.
//
// An export is trusted like a backup: it makes members of any role, and its HTML
// is shown. A damaged one is fault.Invalid: before anything was written, but for
// pictures, whose sums are held against each as its turn comes.
func Import(ctx context.Context, svc *community.Service, blobs media.Store, dir string, o ImportOptions) (*Report, error) {
	if o.Workers <= 0 {
		o.Workers = 32
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return &Report{}, err
	}
	defer root.Close()
	in := &importing{o: o, svc: svc, to: svc.Records(), root: root, blobs: blobs, report: &Report{}, lines: map[string]int64{}}
	if err := in.verify(ctx); err != nil {
		return in.report, err
	}
	if err := in.all(ctx); err != nil {
		return in.report, err
	}
	n := int64(0)
	_, err = svc.Rebuild(ctx, func(string) { n++; in.progress("recomputing", n, -1) })
	return in.report, err
}

// noEvents is the box of what comes from elsewhere.
var noEvents = outbox.Box{}

// importing is one import under way.
type importing struct {
	o         ImportOptions
	svc       *community.Service
	to        community.Records
	root      *os.Root
	blobs     media.Store
	report    *Report
	lines     map[string]int64 // by file
	community string           // its name
}

func (in *importing) progress(stage string, done, total int64) {
	if in.o.Progress != nil {
		in.o.Progress(stage, done, total)
	}
}

// parts are the files of an export, in the order of their import: what is named
// comes before what names it.
var parts = []string{"settings", "spaces", "members", "tags", "blobs", "uploads", "threads", "answers", "comments", "votes", "interests", "revisions", "drafts", "views"}

// verify holds every file against the manifest.
func (in *importing) verify(ctx context.Context) error {
	m, err := in.manifest()
	if err != nil {
		return err
	}
	for i, e := range m.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		in.progress("checking the files", int64(i+1), int64(len(m.Files)))
		name, known := in.partOf(e.Name)
		if !known {
			return fault.New(fault.Invalid, "The export holds %q, which this version does not know. Use the version that made it, or a newer one.", e.Name)
		}
		size, sum, err := sumOf(in.root, e.Name)
		if errors.Is(err, fs.ErrNotExist) || err == nil && (size != e.Bytes || sum != e.SHA256) {
			return fault.New(fault.Invalid, "%s is not as it was when the export was made: it is missing, cut short or changed.", e.Name)
		}
		if err != nil {
			return err
		}
		in.lines[name] = e.Lines
		if e.Lines > 0 && slices.Contains(in.o.Names, name) && in.o.DB.Schema(name) == nil {
			in.report.Of(name).skip("what it belongs to is not in use here; switch it on and import again to bring it in")
		}
	}
	for _, part := range parts {
		if _, there := in.lines[part]; !there {
			return fault.New(fault.Invalid, "The export's manifest names no %s.jsonl: it is not whole.", part)
		}
	}
	return nil
}

// partOf is the part that a file holds.
func (in *importing) partOf(file string) (part string, known bool) {
	part, known = strings.CutSuffix(file, ".jsonl")
	return part, known && (slices.Contains(parts, part) || slices.Contains(in.o.Names, part))
}

func (in *importing) manifest() (m Manifest, err error) {
	f, err := in.root.Open(manifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return m, fault.New(fault.Invalid, "The folder holds no %s: it is no export, or one that was not finished.", manifestName)
	}
	if err != nil {
		return m, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxManifest))
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fault.Wrap(err, fault.Invalid, "%s is damaged.", manifestName)
	}
	if m.Format != format {
		return m, fault.New(fault.Invalid, "The export is of format %d, and this version reads %d.", m.Format, format)
	}
	return m, nil
}

func (in *importing) all(ctx context.Context) error {
	return firstError(
		func() error { return in.settings(ctx) },
		func() error { return in.spaces(ctx) },
		func() error { return in.members(ctx) },
		func() error { return load(ctx, in, "tags", in.to.Tags, nil) },
		func() error { return in.pictures(ctx) },
		func() error {
			return load(ctx, in, "uploads", in.to.Uploads, func(u *community.Upload) { u.Box = noEvents })
		},
		func() error {
			return load(ctx, in, "threads", in.to.Threads, func(t *community.Thread) { t.Box = noEvents })
		},
		func() error {
			return load(ctx, in, "answers", in.to.Answers, func(a *community.Answer) { a.Box = noEvents })
		},
		func() error {
			return load(ctx, in, "comments", in.to.Comments, func(c *community.Comment) { c.Box = noEvents })
		},
		func() error {
			return load(ctx, in, "votes", in.to.Votes, func(v *community.Vote) { v.Box = noEvents })
		},
		func() error {
			return load(ctx, in, "interests", in.to.Interests, func(i *community.Interest) { i.Box = noEvents })
		},
		func() error { return load(ctx, in, "revisions", in.to.Revisions, nil) },
		func() error { return load(ctx, in, "drafts", in.to.Drafts, nil) },
		func() error { return load(ctx, in, "views", in.to.Views, nil) },
		func() error { return in.o.each(func(s *store.Schema) error { return in.raw(ctx, s) }) },
	)
}

// raw imports a collection that is known by its schema alone, if the export,
// perhaps made before there was such a thing, holds it.
func (in *importing) raw(ctx context.Context, s *store.Schema) error {
	if _, there := in.lines[s.Name]; !there {
		return nil
	}
	tally := in.report.Of(s.Name)
	p := &pool{workers: in.o.Workers, tally: tally, standing: func(context.Context, []string) (map[string]bool, error) { return nil, nil }}
	err := eachLine(ctx, in, s.Name, func(doc *map[string]json.RawMessage) error {
		var id string
		if err := json.Unmarshal((*doc)["id"], &id); err != nil || id == "" {
			return fault.New(fault.Invalid, "%s.jsonl holds a line without an id.", s.Name)
		}
		for _, key := range ofStore {
			delete(*doc, key)
		}
		return p.add(ctx, id, func(ctx context.Context) (bool, error) { return in.o.DB.InsertRaw(ctx, s, id, *doc) })
	})
	if err != nil {
		return err
	}
	return p.flush(ctx)
}

// eachLine reads a part's lines.
func eachLine[T any](ctx context.Context, in *importing, part string, f func(*T) error) error {
	n := int64(0)
	return readLines(ctx, in.root, part+".jsonl", func(doc *T) error {
		n++
		in.progress(part, n, in.lines[part])
		return f(doc)
	})
}

// load imports a collection. clean takes out what an export never holds and a
// forged one could.
func load[T any, P interface {
	*T
	store.Document
}](ctx context.Context, in *importing, part string, c *store.Collection[T], clean func(*T)) error {
	p := newPool(in.o.Workers, in.report.Of(part), c)
	err := eachLine(ctx, in, part, func(doc *T) error {
		m := P(doc).DocMeta()
		if m.ID == "" {
			return fault.New(fault.Invalid, "%s.jsonl holds a line without an id.", part)
		}
		if clean != nil {
			clean(doc)
		}
		return p.add(ctx, m.ID, put(c, func(context.Context) (*T, error) { return doc, nil }))
	})
	if err != nil {
		return err
	}
	return p.flush(ctx)
}

func (in *importing) settings(ctx context.Context) error {
	tally := in.report.Of("settings")
	err := eachLine(ctx, in, "settings", func(l *settingsLine) error {
		wrote, err := in.svc.AdoptSettings(ctx, &community.Settings{Name: l.Name, Tagline: l.Tagline, SignUp: l.SignUp, StaleAfter: l.StaleAfter})
		if err == nil {
			tally.wrote(wrote)
		}
		return err
	})
	if err != nil {
		return err
	}
	conf, err := in.svc.Settings(ctx)
	if err == nil {
		in.community = conf.Name
	}
	return err
}

func (in *importing) spaces(ctx context.Context) error {
	tally := in.report.Of("spaces")
	return eachLine(ctx, in, "spaces", func(sp *community.Space) error {
		wrote, err := in.svc.AdoptSpace(ctx, sp)
		if err == nil {
			tally.wrote(wrote)
		}
		return err
	})
}

// members imports the members. Where somebody here has the handle, the member
// gets another; where somebody has the e-mail address, the member loses it, and
// with it the password.
func (in *importing) members(ctx context.Context) error {
	tally := in.report.Of("members")
	p := newPool(in.o.Workers, tally, in.to.Members)
	err := eachLine(ctx, in, "members", func(m *community.Member) error {
		if m.ID == "" || !m.Role.Valid() {
			return fault.New(fault.Invalid, "members.jsonl holds a member without an id or a role.")
		}
		m.Box = noEvents
		return p.add(ctx, m.ID, func(ctx context.Context) (bool, error) { return in.member(ctx, m) })
	})
	if err != nil {
		return err
	}
	return p.flush(ctx)
}

func (in *importing) member(ctx context.Context, m *community.Member) (bool, error) {
	var handles []string
	if m.Handle != "" {
		handles = append([]string{m.Handle}, community.HandlesFor(in.community, m.Name, m.ID)...)
	}
	inserted, err := in.svc.PutMember(ctx, m, handles...)
	var exists *store.ExistsError
	if errors.As(err, &exists) && exists.Index == store.OnUniqueSparse("email_key").Name() {
		in.report.Of("members' e-mail addresses").skip("somebody else here has it: the member was imported without it")
		m.Email, m.EmailKey, m.Confirmed, m.Password = "", "", 0, ""
		inserted, err = in.svc.PutMember(ctx, m, handles...)
	}
	return inserted, err
}

// pictures imports the blobs, each held against its sum.
func (in *importing) pictures(ctx context.Context) error {
	tally := in.report.Of("picture files")
	p := &pool{workers: min(in.o.Workers, 4), tally: tally, standing: func(context.Context, []string) (map[string]bool, error) { return nil, nil }}
	err := eachLine(ctx, in, "blobs", func(b *Blob) error {
		if err := media.CheckKey(b.Key); err != nil || b.Bytes < 0 || b.Bytes > media.MaxBlob {
			return fault.New(fault.Invalid, "%s names %q, which is no picture of ours.", blobList, b.Key)
		}
		return p.add(ctx, b.Key, func(ctx context.Context) (bool, error) { return in.blob(ctx, *b) })
	})
	if err != nil {
		return err
	}
	return p.flush(ctx)
}

// blob stores a picture unless it stands: keys are made of the hash of what
// stands under them.
func (in *importing) blob(ctx context.Context, b Blob) (bool, error) {
	if r, _, err := in.blobs.Open(ctx, b.Key); err == nil {
		return false, r.Close()
	} else if !fault.Is(err, fault.NotFound) {
		return false, err
	}
	raw, err := in.root.ReadFile(path.Join(blobDir, b.Key))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if sum := sha256.Sum256(raw); err != nil || hex.EncodeToString(sum[:]) != b.SHA256 {
		return false, fault.New(fault.Invalid, "%s/%s is not as it was when the export was made: it is missing, cut short or changed.", blobDir, b.Key)
	}
	return true, in.blobs.Put(ctx, b.Key, bytes.NewReader(raw), int64(len(raw)), media.TypeOf(b.Key))
}
