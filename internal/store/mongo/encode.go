package mongo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"selfie/internal/store"
)

// encode turns a document's JSON into BSON: the same tree in the same order,
// `id` as _id, integers as int64, other numbers as double, or as their text
// when a double would not give the same text back. A null that a sparse index
// would hold is hidden from it, and what is absent for a unique one is made
// null. An integer beyond int64 is an error.
func encode(s *store.Schema, doc store.Raw) (bson.D, error) {
	d := json.NewDecoder(bytes.NewReader(doc.JSON))
	d.UseNumber()
	tree, err := (&encoder{d, sparsePaths(s)}).document()
	if err == nil {
		err = agree(doc, tree)
	}
	if err != nil {
		return nil, fmt.Errorf("mongo: %s %s: %w", s.Name, doc.ID, err)
	}
	return fillAll(s, tree), nil
}

// agree holds the tree's id and revision, by which it is found and guarded,
// against what the document claims.
func agree(doc store.Raw, tree bson.D) error {
	var id, rev any
	for _, e := range tree {
		switch e.Key {
		case "_id":
			id = e.Value
		case "rev":
			rev = e.Value
		}
	}
	if id != doc.ID || rev != doc.Rev {
		return fmt.Errorf("its JSON has id %v and revision %v, not %q and %d", id, rev, doc.ID, doc.Rev)
	}
	return nil
}

func sparsePaths(s *store.Schema) map[string]bool {
	paths := map[string]bool{}
	for _, ix := range s.Indexes {
		if ix.Sparse {
			paths[ix.Fields[0].Path] = true
		}
	}
	return paths
}

type encoder struct {
	*json.Decoder
	sparse map[string]bool
}

func (e *encoder) document() (bson.D, error) {
	first, err := e.Token()
	if err != nil {
		return nil, err
	}
	if first != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	tree, err := e.object("")
	if err != nil {
		return nil, err
	}
	if _, err := e.Token(); err != io.EOF {
		return nil, errors.New("more than one JSON value")
	}
	return tree, nil
}

// object reads what follows "{". Of a repeated key the last value counts, as
// in encoding/json.
func (e *encoder) object(path string) (bson.D, error) {
	tree, seen := bson.D{}, map[string]int{}
	for e.More() {
		token, err := e.Token()
		if err != nil {
			return nil, err
		}
		element, err := e.element(path, token.(string))
		if err != nil {
			return nil, err
		}
		if at, repeated := seen[token.(string)]; repeated {
			tree[at] = element
			continue
		}
		seen[token.(string)] = len(tree)
		tree = append(tree, element)
	}
	_, err := e.Token()
	return tree, err
}

func (e *encoder) element(path, key string) (bson.E, error) {
	if path == "" && key == "id" {
		v, err := e.value(key)
		return bson.E{Key: "_id", Value: v}, err
	}
	path = strings.TrimPrefix(path+"."+key, ".")
	v, err := e.value(path)
	written := escapeKey(key)
	if v == nil && e.sparse[path] {
		written = hidden + written
	}
	return bson.E{Key: written, Value: v}, err
}

func (e *encoder) value(path string) (any, error) {
	token, err := e.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return e.object(path)
		}
		return e.list(path)
	case json.Number:
		return number(token.String())
	default:
		return token, nil // nil, bool, string
	}
}

func (e *encoder) list(path string) (bson.A, error) {
	list := bson.A{}
	for e.More() {
		v, err := e.value(path + "[]")
		if err != nil {
			return nil, err
		}
		if inner, ok := v.(bson.A); ok {
			v = bson.D{{Key: listKey, Value: inner}}
		}
		list = append(list, v)
	}
	_, err := e.Token()
	return list, err
}

func number(text string) (any, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(n, 10) == text {
		return n, nil
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && floatText(f) == text && (f != 0 || !math.Signbit(f)) {
		return f, nil
	}
	if text != "-0" && !strings.ContainsAny(text, ".eE") {
		return nil, fmt.Errorf("the integer %s does not fit 64 bits with a sign", text)
	}
	return bson.D{{Key: textKey, Value: text}}, nil
}

// floatText writes a finite number as encoding/json does.
func floatText(f float64) string {
	b, err := json.Marshal(f)
	if err != nil {
		return ""
	}
	return string(b)
}
