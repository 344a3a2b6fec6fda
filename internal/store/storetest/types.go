package storetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"selfie/internal/store"
)

// Thing is the document of most tests: a field of every indexed kind, plain,
// nullable, nested, and in a list.
type Thing struct {
	store.Meta
	Space string   `json:"space"`
	Slug  string   `json:"slug"`
	Mail  string   `json:"mail,omitempty"`
	Owner *string  `json:"owner,omitempty"`
	Name  string   `json:"name"`
	Score int64    `json:"score"`
	Rank  *int64   `json:"rank"`
	Open  bool     `json:"open"`
	Tags  []string `json:"tags"`
	Stats stats    `json:"stats"`
	Note  string   `json:"note,omitempty"` // in no index
	Twin  string   `json:"twin,omitempty"` // in no index; always written with Note
}

type stats struct {
	Activity store.Millis `json:"activity"`
	Deep     *deep        `json:"deep,omitempty"`
}

type deep struct {
	Level *string `json:"level"`
	Done  bool    `json:"done"`
}

func (v *Thing) level() any {
	if v.Stats.Deep == nil {
		return nil
	}
	return orNil(v.Stats.Deep.Level)
}

func orNil[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

func thingIndexes() []store.Index {
	return []store.Index{
		store.On("space", "-score"),
		store.OnUnique("space", "slug"),
		store.OnUniqueSparse("mail"),
		store.OnSparse("owner", "-score"),
		store.On("name"),
		store.On("open", "-name"),
		store.On("rank", "-score", "name"),
		store.On("-score", "-rank"),
		store.On("tags[]", "-stats.activity", "open"),
		store.On("stats.activity"),
		store.On("stats.deep.level", "-rank"),
		store.On("stats.deep.done", "space"),
		store.On("space", "open", "-stats.activity"),
	}
}

// Everything is the document of the round trip: whatever encoding/json can say.
type Everything struct {
	store.Meta
	inner
	*Outer
	Text     string                     `json:"text"`
	Texts    []string                   `json:"texts"`
	Small    uint8                      `json:"small"`
	Ints     []int64                    `json:"ints"`
	Floats   []float64                  `json:"floats"`
	Float32  float32                    `json:"float32"`
	Yes      bool                       `json:"yes"`
	No       bool                       `json:"no"`
	Pointer  *int                       `json:"pointer"`
	Nil      *int                       `json:"nil"`
	Empty    string                     `json:"empty,omitempty"`
	Zero     time.Time                  `json:"zero,omitzero"`
	When     store.Millis               `json:"when"`
	Bytes    []byte                     `json:"bytes"`
	NoBytes  []byte                     `json:"no_bytes"`
	Raw      json.RawMessage            `json:"raw"`
	RawNull  json.RawMessage            `json:"raw_null"`
	Any      any                        `json:"any"`
	Custom   celsius                    `json:"custom"`
	Customs  map[string]celsius         `json:"customs"`
	Keys     map[string]int             `json:"keys"`
	IntKeys  map[int]string             `json:"int_keys"`
	NilMap   map[string]int             `json:"nil_map"`
	NoKeys   map[string]int             `json:"no_keys"`
	NilList  []int                      `json:"nil_list"`
	NoItems  []int                      `json:"no_items"`
	Nested   [][][]int                  `json:"nested"`
	Nullable []*string                  `json:"nullable"`
	Structs  []leaf                     `json:"structs"`
	Deep     map[string]map[string]leaf `json:"deep"`
	Array    [3]int                     `json:"array"`
	Quoted   int64                      `json:"quoted,string"`
	Ignored  string                     `json:"-"`
	Dash     string                     `json:"-,"`
	IDLike   leafWithID                 `json:"id_like"`
}

type inner struct {
	Embedded string `json:"embedded"`
}

// Outer is embedded by pointer.
type Outer struct {
	ByPointer string `json:"by_pointer"`
}

type leaf struct {
	Name string `json:"name"`
	Next *leaf  `json:"next"`
}

// leafWithID has the field names that the store treats apart at the top only.
type leafWithID struct {
	ID  string `json:"id"`
	ID2 string `json:"_id"`
	Rev int64  `json:"rev"`
}

// celsius has its own codec: "21C".
type celsius int

func (c celsius) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, `"%dC"`, int(c)), nil }

func (c *celsius) UnmarshalJSON(b []byte) error {
	_, err := fmt.Sscanf(strings.Trim(string(b), `"`), "%dC", (*int)(c))
	return err
}
