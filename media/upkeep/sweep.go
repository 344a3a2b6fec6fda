// Package upkeep looks after the blobs of a store: it sweeps those that nothing
// refers to, moves them to another store while they are served, and finds what is
// missing. It does not know who refers to a blob; it asks.
package upkeep

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"time"

	"selfie/internal/fault"
	"selfie/internal/store"
	"selfie/media"
)

// Spared is how long a blob is kept that nothing refers to, counted from when it
// was last put: an upload puts its blobs first and is recorded after them.
const Spared = 48 * time.Hour

const (
	pageSize  = 500              // blobs listed at once
	callLimit = 30 * time.Second // for one blob: read, asked for, deleted
	clockSlip = time.Minute      // by which the clock of a store and ours may lie apart
)

// References knows what refers to pictures.
type References interface {
	// PicturesAmong returns those of the hashes, which ascend and are at most
	// media.MaxList, that something refers to now.
	PicturesAmong(ctx context.Context, hashes []string) (map[string]bool, error)
}

// Sweeper deletes blobs that nothing refers to. Any number may sweep one store at
// once, and die at any moment.
//
// The order of operations keeps a picture that is uploaded again while it is
// swept. An uploader puts its blobs, records its reference, and then looks whether
// the blobs are there (media.Library.Whole), else puts them again. The sweeper
// reads a blob that is old, asks for references, deletes it, asks once more, and
// puts the blob back if a reference was recorded meanwhile. Whoever comes last sees
// what the other did.
type Sweeper struct {
	blobs media.Store
	refs  References
	now   func() time.Time
	log   *slog.Logger
	held  func(context.Context) (bool, error) // whether a backup holds it; nil: never
}

// NewSweeper returns a sweeper of blobs by the clock now; a nil log discards.
func NewSweeper(blobs media.Store, refs References, now func() time.Time, log *slog.Logger) *Sweeper {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Sweeper{blobs: blobs, refs: refs, now: now, log: log}
}

// Pass says how to sweep.
type Pass struct {
	After  string           // continue behind this key; "" begins
	DryRun bool             // delete nothing
	Page   func(Swept)      // called after each page with what is swept so far; may be nil
	Each   func(media.Info) // called for each blob that goes, or would; may be nil
}

// Swept counts what a pass has met. After is where the next one continues; "" says
// that the end was reached.
type Swept struct {
	After   string `json:"after,omitempty"`
	Looked  int64  `json:"looked"`  // blobs listed
	Removed int64  `json:"removed"` // blobs deleted, or that would be
	Bytes   int64  `json:"bytes"`   // in them
	Rescued int64  `json:"rescued"` // put back: somebody uploaded them in that moment
}

// Sweep goes through the store page by page until its end or the end of ctx, which
// is no failure: After then says where to go on. Blobs whose names are not those of
// pictures are left alone.
func (s *Sweeper) Sweep(ctx context.Context, p Pass) (Swept, error) {
	swept := Swept{After: p.After}
	for {
		page, err := s.blobs.List(ctx, swept.After, pageSize)
		if err == nil && len(page) > 0 {
			err = s.sweepPage(ctx, p, page, &swept)
		}
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil {
			return swept, nil
		}
		if err != nil {
			return swept, err
		}
		if len(page) > 0 {
			swept.After = page[len(page)-1].Key
		}
		if len(page) < pageSize {
			swept.After = ""
		}
		if p.Page != nil {
			p.Page(swept)
		}
		if swept.After == "" {
			return swept, nil
		}
	}
}

func (s *Sweeper) sweepPage(ctx context.Context, p Pass, page []media.Info, swept *Swept) error {
	orphans, err := s.orphans(ctx, page)
	if err != nil {
		return err
	}
	for _, b := range orphans {
		gone, rescued := true, false
		if !p.DryRun {
			if gone, rescued, err = s.remove(ctx, b); err != nil {
				return err
			}
		}
		if rescued {
			swept.Rescued++
		}
		if gone {
			swept.Removed++
			swept.Bytes += b.Size
			if p.Each != nil {
				p.Each(b)
			}
		}
	}
	swept.Looked += int64(len(page))
	return nil
}

// orphans returns the pictures' blobs of the page that are old and referred to by
// nothing, as one question tells.
func (s *Sweeper) orphans(ctx context.Context, page []media.Info) ([]media.Info, error) {
	old, hashes := []media.Info{}, []string{}
	for _, b := range page {
		hash, _, _, ok := media.ParseKey(b.Key)
		if !ok || s.young(b) {
			continue
		}
		old = append(old, b)
		if len(hashes) == 0 || hashes[len(hashes)-1] != hash {
			hashes = append(hashes, hash)
		}
	}
	if len(hashes) == 0 {
		return nil, nil
	}
	referred, err := s.refs.PicturesAmong(ctx, hashes)
	if err != nil {
		return nil, err
	}
	orphans := old[:0]
	for _, b := range old {
		if !referred[hashOf(b)] {
			orphans = append(orphans, b)
		}
	}
	return orphans, nil
}

func hashOf(b media.Info) string {
	hash, _, _, _ := media.ParseKey(b.Key)
	return hash
}

// young spares what may be about to be referred to. (A store's clock may run behind
// ours; it cannot make a blob look older by more than that.)
func (s *Sweeper) young(b media.Info) bool {
	return s.now().Sub(b.Modified) < Spared+clockSlip
}

// remove deletes one blob in the order that Sweeper states.
func (s *Sweeper) remove(ctx context.Context, b media.Info) (gone, rescued bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, false, err
	}
	// Once begun it is brought to its end: between deleting and looking again
	// the picture hangs by this process alone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callLimit)
	defer cancel()
	data, info, err := read(ctx, s.blobs, b.Key)
	if fault.Is(err, fault.NotFound) {
		return false, false, nil // another sweeper was first
	}
	if err != nil || s.young(info) {
		return false, false, err
	}
	if wanted, err := s.wanted(ctx, b); err != nil || wanted {
		return false, false, err
	}
	// After that question: who holds the sweep and then reads the records keeps
	// every blob that they refer to, though a reference end meanwhile.
	if held, err := s.isHeld(ctx); err != nil || held {
		return false, false, err
	}
	if err := s.blobs.Delete(ctx, b.Key); err != nil {
		return false, false, err
	}
	// What is left to do has time of its own: deleting may have used up the first.
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), callLimit)
	defer cancel()
	wanted, err := s.wanted(ctx, b)
	if err == nil && !wanted {
		return true, false, nil
	}
	// Not knowing counts as wanted: an orphan that is put back is swept again.
	if putErr := s.blobs.Put(ctx, b.Key, bytes.NewReader(data), int64(len(data)), b.ContentType()); putErr != nil {
		s.log.Error("a picture was swept while it was uploaded again, and cannot be put back", "key", b.Key, "err", putErr)
		return true, false, errors.Join(err, putErr)
	}
	return false, true, err
}

func (s *Sweeper) isHeld(ctx context.Context) (bool, error) {
	if s.held == nil {
		return false, nil
	}
	return s.held(ctx)
}

func (s *Sweeper) wanted(ctx context.Context, b media.Info) (bool, error) {
	hash := hashOf(b)
	referred, err := s.refs.PicturesAmong(ctx, []string{hash})
	return referred[hash], err
}

// read returns a blob's bytes.
func read(ctx context.Context, blobs media.Store, key string) ([]byte, media.Info, error) {
	r, info, err := blobs.Open(ctx, key)
	if err != nil {
		return nil, info, err
	}
	data, err := io.ReadAll(io.LimitReader(r, media.MaxBlob+1))
	return data, info, errors.Join(err, r.Close())
}

// Log is what a deployment knows of its sweeps: where one that was cut short goes
// on, and when the last one was whole.
type Log struct {
	store.Meta
	Began store.Millis `json:"began"`           // of the present pass, or of the last
	Ended store.Millis `json:"ended,omitempty"` // of the last whole pass
	Swept Swept        `json:"swept"`           // by the present pass, or by the last

	// Held says until when no blob is deleted, for each that asked for it.
	Held map[string]store.Millis `json:"held,omitempty"`
}

// Daily sweeps once a day for the whole deployment, in portions, by a record in the
// deployment's store. Its Run is made to be called often, by one node at a time;
// two at once cost work and nothing else.
type Daily struct {
	sweeper *Sweeper
	logs    *store.Collection[Log]
}

const (
	logID   = "pictures"
	pause   = 24 * time.Hour   // between the beginnings of two passes
	portion = 10 * time.Minute // of one run
)

// NewDaily declares the record on db and returns the daily sweep.
func NewDaily(db *store.DB, sweeper *Sweeper) *Daily {
	d := &Daily{sweeper: sweeper, logs: store.Declare[Log](db, "sweeps")}
	sweeper.held = d.isHeld
	return d
}

// maxHold is how long a sweep is held for a backup that died and never let go.
const maxHold = 24 * time.Hour

// Hold keeps every node and command from deleting blobs until release is called,
// for a day at most. Of several at once, the last to let go ends it.
func (d *Daily) Hold(ctx context.Context) (release func(context.Context) error, err error) {
	me := store.NewID(d.sweeper.now())
	set := func(ctx context.Context, change func(map[string]store.Millis)) error {
		_, err := d.logs.Upsert(ctx, logID, func() *Log { return &Log{} }, func(l *Log) error {
			now := store.At(d.sweeper.now())
			maps.DeleteFunc(l.Held, func(_ string, until store.Millis) bool { return until <= now })
			if l.Held == nil {
				l.Held = map[string]store.Millis{}
			}
			change(l.Held)
			return nil
		})
		return err
	}
	release = func(ctx context.Context) error {
		return set(ctx, func(held map[string]store.Millis) { delete(held, me) })
	}
	until := store.At(d.sweeper.now().Add(maxHold))
	return release, set(ctx, func(held map[string]store.Millis) { held[me] = until })
}

func (d *Daily) isHeld(ctx context.Context) (bool, error) {
	l, err := d.Last(ctx)
	if err != nil {
		return false, err
	}
	now := store.At(d.sweeper.now())
	for _, until := range l.Held {
		if until > now {
			return true, nil
		}
	}
	return false, nil
}

// Last returns what is known of the sweeps; zeroes before the first.
func (d *Daily) Last(ctx context.Context) (*Log, error) {
	l, err := d.logs.Get(ctx, logID)
	if errors.Is(err, store.ErrNotFound) {
		return &Log{}, nil
	}
	return l, err
}

// Run goes on with a pass that was cut short, or begins one when a day has passed
// since the last began; else it does nothing. After each page it records how far it
// came, so that a process which dies loses a page of work.
func (d *Daily) Run(ctx context.Context) error {
	l, err := d.Last(ctx)
	if err != nil {
		return err
	}
	now := store.At(d.sweeper.now())
	if l.Swept.After == "" {
		if l.Began != 0 && now < l.Began+store.Millis(pause.Milliseconds()) {
			return nil
		}
		l.Began, l.Swept = now, Swept{}
	}
	before := l.Swept
	var noteErr error
	ctx, cancel := context.WithTimeout(ctx, portion)
	defer cancel()
	_, err = d.sweeper.Sweep(ctx, Pass{After: before.After, Page: func(s Swept) {
		noteErr = errors.Join(noteErr, d.note(context.WithoutCancel(ctx), l.Began, sum(before, s)))
	}})
	return errors.Join(err, noteErr)
}

func (d *Daily) note(ctx context.Context, began store.Millis, s Swept) error {
	_, err := d.logs.Upsert(ctx, logID, func() *Log { return &Log{} }, func(l *Log) error {
		l.Began, l.Swept = began, s
		if s.After == "" {
			l.Ended = store.At(d.sweeper.now())
		}
		return nil
	})
	return err
}

func sum(a, b Swept) Swept {
	return Swept{After: b.After, Looked: a.Looked + b.Looked, Removed: a.Removed + b.Removed, Bytes: a.Bytes + b.Bytes, Rescued: a.Rescued + b.Rescued}
}
