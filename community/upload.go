package community

import (
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// Upload is one picture as one member gave it. It is shown under its own id,
// never its hash, and follows the post that owns it.
type Upload struct {
	store.Meta
	outbox.Box
	Owner    string       `json:"owner"`          // member
	Post     *Ref         `json:"post,omitempty"` // nil: in a draft, only the owner sees it
	Thread   string       `json:"thread,omitempty"`
	Hash     string       `json:"hash"`          // content address in the blob store
	Sum      string       `json:"sum,omitempty"` // SHA-256 of the file as it was sent, 64 hex digits
	Width    int          `json:"width"`
	Height   int          `json:"height"`
	Variants []Variant    `json:"variants"` // largest first; at most 4
	Alt      string       `json:"alt,omitempty"`
	Name     string       `json:"name,omitempty"`     // file name as given
	Animated bool         `json:"animated,omitempty"` // what was sent moved; its first frame was kept
	Blur     string       `json:"blur,omitempty"`     // a data URI of at most MaxBlur bytes: shown until the picture is there
	DHash    string       `json:"dhash,omitempty"`    // perceptual hash, 16 hex digits
	Look     string       `json:"look,omitempty"`     // finer perceptual hash, 64 hex digits: tells look-alikes apart
	Bands    []string     `json:"bands,omitempty"`    // derived from DHash: what near duplicates share, see bandsOf
	Unread   store.Millis `json:"unread,omitempty"`   // its text is to be read, not before this; 0 = never
	Tries    int          `json:"tries,omitempty"`    // at reading, so far
	Reading  *Reading     `json:"reading,omitempty"`  // what was read; nil before
	Bytes    int64        `json:"bytes"`
	Created  store.Millis `json:"created"`
	Taken    store.Millis `json:"taken,omitempty"` // since when its owner has taken it back: nobody sees it; see TakeBack
	Aside    store.Millis `json:"aside,omitempty"` // since when a sweep has it for unused: no post may show it any more; see SweepUploads
}

// MaxBlur bounds Upload.Blur, in bytes.
const MaxBlur = 400

// MaxReading bounds the text that is kept of one picture, in bytes.
const MaxReading = 16 << 10

// Reading is the text that a machine read in a picture. It may be wrong.
type Reading struct {
	Text   string       `json:"text"`             // lines; "" when there is none
	Masked string       `json:"masked,omitempty"` // Text without what should perhaps not be shown; "" when that is nothing
	At     store.Millis `json:"at"`
	Failed bool         `json:"failed,omitempty"` // it was tried often enough, and could not be read
}

// ShownText is what was read in the picture, as everyone who sees it may find it:
// e-mail addresses, numbers of cards and the like are masked.
func (u *Upload) ShownText() string {
	if u.Reading != nil && u.Reading.Masked != "" {
		return u.Reading.Masked
	}
	return u.ReadText()
}

// ReadText is what was read in the picture so far.
func (u *Upload) ReadText() string {
	if u.Reading == nil {
		return ""
	}
	return u.Reading.Text
}

// Variant is one size of an upload.
type Variant struct {
	Name   string `json:"name"` // "1600", "320"
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Type   string `json:"type"`
	Bytes  int64  `json:"bytes"`
	Key    string `json:"key"` // in the blob store
}

func declareUploads(db *store.DB) *store.Collection[Upload] {
	return store.Declare[Upload](db, "uploads",
		store.On("owner", "-created"),
		store.On("owner", "sum", "-created"),
		store.On("hash", "created"),
		store.On("thread", "created"), // those without a thread are no post's
		store.On("bands[]", "-created"),
		store.OnSparse("unread"),
		outbox.PendingIndex(), outbox.ChangedIndex(),
	)
}
