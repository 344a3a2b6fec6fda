package community

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"unicode"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// The bounds of likeness. Bits of the 64 of DHash and the 256 of Look; what
// pictures without text must show to be told apart at all.
const (
	alikeBits  = 6
	lookBits   = 20
	blindBits  = 3  // of DHash, when one has no Look
	tellingLow = 20 // set bits of a Look, or
	tellingOld = 8  // of a DHash; fewer are a blank page
	alikeWords = 0.6
	fewWords   = 4
)

// ToBeRead fills what follows from a new upload's picture, and lets its text be
// read from a moment on.
func (u *Upload) ToBeRead(from store.Millis) {
	u.Bands, u.Unread, u.Tries, u.Reading = bandsOf(u.DHash), from, 0, nil
}

// bandsOf cuts a difference hash into four bands of 16 bits, each named by its
// place. Two hashes that differ in at most six bits have a band in which they
// differ in at most one.
func bandsOf(dhash string) []string {
	if _, ok := hashOf(dhash); !ok {
		return nil
	}
	list := make([]string, 4)
	for i := range list {
		list[i] = strconv.Itoa(i) + strings.ToLower(dhash[4*i:4*i+4])
	}
	return list
}

// nearBands are the bands of a hash and those a bit away: what the bands of every
// near duplicate have one of.
func nearBands(dhash string) []string {
	h, ok := hashOf(dhash)
	if !ok {
		return nil
	}
	list := make([]string, 0, 4*17)
	for i := range 4 {
		band := uint16(h >> (48 - 16*i))
		list = append(list, fmt.Sprintf("%d%04x", i, band))
		for bit := range 16 {
			list = append(list, fmt.Sprintf("%d%04x", i, band^1<<bit))
		}
	}
	return list
}

func hashOf(dhash string) (uint64, bool) {
	h, err := strconv.ParseUint(dhash, 16, 64)
	return h, err == nil && len(dhash) == 16
}

// Alike reports whether two uploads show the same screenshot: scaled,
// recompressed or slightly cut. Windows of one program look alike to hashes, so
// where words were read in them, the words decide.
func (u *Upload) Alike(v *Upload) bool {
	if u.Hash == v.Hash {
		return true
	}
	a, okA := hashOf(u.DHash)
	b, okB := hashOf(v.DHash)
	if !okA || !okB || bits.OnesCount64(a^b) > alikeBits || !sameShape(u, v) {
		return false
	}
	fine, known := lookDistance(u.Look, v.Look)
	if known && fine > lookBits || !known && bits.OnesCount64(a^b) > blindBits {
		return false
	}
	ours, theirs := wordsOf(u.ReadText()), wordsOf(v.ReadText())
	if u.Reading != nil && v.Reading != nil && max(len(ours), len(theirs)) >= fewWords {
		return share(ours, theirs) >= alikeWords
	}
	return u.telling() && v.telling()
}

func sameShape(u, v *Upload) bool {
	a, b := int64(u.Width)*int64(v.Height), int64(v.Width)*int64(u.Height)
	return max(a, b)*20 <= min(a, b)*21
}

func lookDistance(a, b string) (n int, known bool) {
	x, errX := hex.DecodeString(a)
	y, errY := hex.DecodeString(b)
	if errX != nil || errY != nil || len(x) != 32 || len(y) != 32 {
		return 0, false
	}
	for i := range x {
		n += bits.OnesCount8(x[i] ^ y[i])
	}
	return n, true
}

// telling reports whether a picture's hashes say more than "a page with little
// on it".
func (u *Upload) telling() bool {
	if n, ok := lookDistance(u.Look, strings.Repeat("0", 64)); ok {
		return n >= tellingLow
	}
	h, ok := hashOf(u.DHash)
	return ok && bits.OnesCount64(h) >= tellingOld
}

func wordsOf(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if len(w) > 1 {
			set[w] = true
		}
	}
	return set
}

// share is how much of all words both have (Jaccard).
func share(a, b map[string]bool) float64 {
	both := 0
	for w := range a {
		if b[w] {
			both++
		}
	}
	return float64(both) / float64(max(len(a)+len(b)-both, 1))
}

// The bounds of one search for look-alikes.
const (
	perBand   = 30  // uploads with one band, the latest
	mostAlike = 100 // uploads that are alike
)

// lookalikes lists the uploads in posts that are like u, the same bytes first.
func (s *Service) lookalikes(ctx context.Context, u *Upload) ([]*Upload, error) {
	met := map[string]bool{u.ID: true}
	var list []*Upload
	add := func(q store.Query) error {
		page, err := s.uploads.Find(ctx, q.Limit(perBand))
		for _, v := range page.Items {
			if !met[v.ID] && v.Post != nil && u.Alike(v) {
				list = append(list, v)
			}
			met[v.ID] = true
		}
		return err
	}
	if err := add(store.Where("hash", u.Hash).Order("-created")); err != nil {
		return nil, err
	}
	if !u.telling() && len(wordsOf(u.ReadText())) < fewWords {
		return list, nil // a blank page is like every other, and Alike refuses them all
	}
	for _, band := range nearBands(u.DHash) {
		if len(list) >= mostAlike {
			break
		}
		if err := add(store.Where("bands[]", band).Order("-created")); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// SameShown returns a thread that the actor may read and that shows the same
// screenshot as an upload, a solved one if there is one; nil when there is none.
func (s *Service) SameShown(ctx context.Context, by Actor, u *Upload) (*Thread, error) {
	list, err := s.lookalikes(ctx, u)
	if err != nil {
		return nil, err
	}
	var best *Thread
	for _, v := range list {
		if v.Thread == u.Thread || best != nil && best.ID == v.Thread {
			continue
		}
		p, err := s.postFor(ctx, by, *v.Post)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if p.Post.Removed != nil || p.Thread.Removed != nil || !contains(p.Post.Images, v.ID) {
			continue
		}
		if p.Thread.Stats.Solved {
			return p.Thread, nil
		}
		if best == nil {
			best = p.Thread
		}
	}
	return best, nil
}

// RemovedAlike returns an upload like u whose post a moderator, or flags, took
// out of sight; nil when there is none, and when somebody else's post in plain
// sight shows the same: the dialog that everyone meets is no one's offence.
func (s *Service) RemovedAlike(ctx context.Context, u *Upload) (*Upload, error) {
	list, err := s.lookalikes(ctx, u)
	if err != nil {
		return nil, err
	}
	var removed *Upload
	var offender string
	shownBy := map[string]bool{}
	for _, v := range list {
		if u.Post != nil && *v.Post == *u.Post {
			continue
		}
		p, _, err := s.anyPost(ctx, v.Post.ID)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		switch r := p.Removed; {
		case r == nil && p.Author != u.Owner && contains(p.Images, v.ID):
			shownBy[p.Author] = true
		case r != nil && r.Kind != Held && r.By != p.Author && removed == nil:
			removed, offender = v, p.Author
		}
	}
	delete(shownBy, offender)
	if len(shownBy) > 0 {
		return nil, nil
	}
	return removed, nil
}
