package archive

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path"
	"time"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/store"
	"selfie/media"
)

// ExportOptions say what goes along.
type ExportOptions struct {
	Passwords bool // the members' password hashes, for a move of house
	Progress  func(stage string, done int64)
	Others
}

// Others are collections beside the community's own that belong to the whole,
// in the order of an import: facts that nobody could compute again. Those that
// are not declared, because their part is not in use, are passed over.
type Others struct {
	DB    *store.DB // nil: none
	Names []string
}

func (o Others) each(f func(*store.Schema) error) error {
	if o.DB == nil {
		return nil
	}
	for _, name := range o.Names {
		if s := o.DB.Schema(name); s != nil {
			if err := f(s); err != nil {
				return err
			}
		}
	}
	return nil
}

// Manifest sums up an export. It is written last: a folder without it is not a
// whole export.
type Manifest struct {
	Format int       `json:"format"`
	Made   time.Time `json:"made"`
	Files  []Entry   `json:"files"` // in the order of an import
}

// Entry is one file of an export.
type Entry struct {
	Name   string `json:"name"`
	Lines  int64  `json:"lines"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // hex
}

const (
	format       = 1
	manifestName = "manifest.json"
	blobList     = "blobs.jsonl"
	blobDir      = "blobs"
)

// Blob is a line of blobs.jsonl: one file below blobs/.
type Blob struct {
	Key    string `json:"key"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Export writes the whole community into an existing empty folder. A server may
// go on meanwhile: posts are written before the threads, members and spaces that
// they name, so that what the export names is in it.
func Export(ctx context.Context, svc *community.Service, blobs media.Store, dir string, o ExportOptions) (*Report, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return &Report{}, err
	}
	defer root.Close()
	ex := &export{o: o, root: root, blobs: blobs, report: &Report{}}
	if err := ex.all(ctx, svc); err != nil {
		return ex.report, err
	}
	return ex.report, ex.finish(svc.Clock().UTC())
}

type export struct {
	o      ExportOptions
	root   *os.Root
	blobs  media.Store
	report *Report
	files  []Entry
}

// all writes the collections in the reverse of the order of an import.
func (ex *export) all(ctx context.Context, svc *community.Service) error {
	to := svc.Records()
	conf, err := svc.Settings(ctx)
	if err != nil {
		return err
	}
	hidden := []string{"password"}
	if ex.o.Passwords {
		hidden = nil
	}
	return firstError(
		func() error { return ex.o.each(func(s *store.Schema) error { return ex.raw(ctx, s) }) },
		func() error { return dump(ctx, ex, "views", to.Views) },
		func() error { return dump(ctx, ex, "drafts", to.Drafts) },
		func() error { return dump(ctx, ex, "revisions", to.Revisions) },
		func() error { return dump(ctx, ex, "interests", to.Interests) },
		func() error { return dump(ctx, ex, "votes", to.Votes) },
		func() error { return dump(ctx, ex, "comments", to.Comments) },
		func() error { return dump(ctx, ex, "answers", to.Answers) },
		func() error { return dump(ctx, ex, "threads", to.Threads) },
		func() error { return ex.pictures(ctx, to.Uploads) },
		func() error { return dump(ctx, ex, "tags", to.Tags) },
		func() error { return dump(ctx, ex, "members", to.Members, hidden...) },
		func() error { return dump(ctx, ex, "spaces", to.Spaces) },
		func() error {
			return ex.lines("settings", func(l *lineFile) error {
				return ex.line(l, ex.report.Of("settings"), portableSettings(conf))
			})
		},
	)
}

func firstError(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// settingsLine is what of the settings leaves the house: no secret does.
type settingsLine struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Tagline    string `json:"tagline"`
	SignUp     bool   `json:"sign_up"`
	StaleAfter int64  `json:"stale_after_days"`
}

func portableSettings(c *community.Settings) settingsLine {
	return settingsLine{c.ID, c.Name, c.Tagline, c.SignUp, c.StaleAfter}
}

// dump writes one collection, in the order of ids.
func dump[T any](ctx context.Context, ex *export, name string, c *store.Collection[T], hidden ...string) error {
	tally := ex.report.Of(name)
	return ex.lines(name, func(l *lineFile) error {
		return c.Each(ctx, store.All(), func(doc *T) error { return ex.line(l, tally, doc, hidden...) })
	})
}

// raw writes a collection that is known by its schema alone.
func (ex *export) raw(ctx context.Context, s *store.Schema) error {
	tally := ex.report.Of(s.Name)
	return ex.lines(s.Name, func(l *lineFile) error {
		for q := store.All().Limit(store.MaxLimit); ; {
			docs, next, err := ex.o.DB.FindRaw(ctx, s, q)
			if err != nil {
				return err
			}
			for _, doc := range docs {
				if err := ex.line(l, tally, json.RawMessage(doc.JSON)); err != nil {
					return err
				}
			}
			if next == "" {
				return nil
			}
			q = q.After(next)
		}
	})
}

func (ex *export) line(l *lineFile, tally *Tally, doc any, hidden ...string) error {
	err := l.write(doc, hidden...)
	if err == nil {
		tally.wrote(true)
		if ex.o.Progress != nil {
			ex.o.Progress(tally.Name, l.lines)
		}
	}
	return err
}

// lines makes NAME.jsonl and notes it for the manifest.
func (ex *export) lines(name string, fill func(*lineFile) error) error {
	name += ".jsonl"
	l, err := createLines(ex.root, name)
	if err != nil {
		return err
	}
	if err := errors.Join(fill(l), l.close()); err != nil {
		return err
	}
	ex.files = append([]Entry{l.entry(name)}, ex.files...)
	return nil
}

// pictures writes the uploads with their blobs. One picture is stored once
// however many uploads show it.
func (ex *export) pictures(ctx context.Context, c *store.Collection[community.Upload]) error {
	tally := ex.report.Of("uploads")
	taken := map[string]bool{}
	list, err := createLines(ex.root, blobList)
	if err != nil {
		return err
	}
	err = ex.lines("uploads", func(l *lineFile) error {
		return c.Each(ctx, store.All(), func(u *community.Upload) error {
			if u.Taken != 0 {
				tally.skip("its owner took it back")
				return nil
			}
			for _, v := range u.Variants {
				if taken[v.Key] {
					continue
				}
				taken[v.Key] = true
				if err := ex.blob(ctx, list, v.Key); err != nil {
					return err
				}
			}
			return ex.line(l, tally, u)
		})
	})
	if err := errors.Join(err, list.close()); err != nil {
		return err
	}
	ex.files = append([]Entry{list.entry(blobList)}, ex.files...)
	return nil
}

func (ex *export) blob(ctx context.Context, list *lineFile, key string) error {
	tally := ex.report.Of("picture files")
	r, _, err := ex.blobs.Open(ctx, key)
	if fault.Is(err, fault.NotFound) {
		tally.skip("it is not in the blob store any more")
		return nil
	}
	if err != nil {
		return err
	}
	defer r.Close()
	b, err := ex.copyBlob(r, key)
	if err != nil {
		return err
	}
	return ex.line(list, tally, b)
}

func (ex *export) copyBlob(r io.Reader, key string) (Blob, error) {
	name := path.Join(blobDir, key)
	if err := ex.root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return Blob{}, err
	}
	f, err := ex.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return Blob{}, err
	}
	_, err = io.Copy(f, r)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return Blob{}, err
	}
	size, sum, err := sumOf(ex.root, name)
	return Blob{Key: key, Bytes: size, SHA256: sum}, err
}

func (ex *export) finish(now time.Time) error {
	b, err := json.MarshalIndent(Manifest{Format: format, Made: now, Files: ex.files}, "", "  ")
	if err != nil {
		return err
	}
	f, err := ex.root.OpenFile(manifestName, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}
