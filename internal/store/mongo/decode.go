package mongo

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"selfie/internal/store"
)

// decode is the inverse of encode: the JSON that encoding/json would write.
func decode(s *store.Schema, doc bson.Raw) (store.Raw, error) {
	id, _ := doc.Lookup("_id").StringValueOK()
	rev, _ := doc.Lookup("rev").AsInt64OK()
	text, err := appendObject(make([]byte, 0, len(doc)+len(doc)/4), doc, "_id")
	if err != nil {
		return store.Raw{}, fmt.Errorf("mongo: %s %s: %w", s.Name, id, err)
	}
	return store.Raw{ID: id, Rev: rev, JSON: text}, nil
}

// appendObject writes an object; idKey is the key to be written as "id".
func appendObject(text []byte, doc bson.Raw, idKey string) ([]byte, error) {
	elements, err := doc.Elements()
	if err != nil {
		return nil, err
	}
	text = append(text, '{')
	start := len(text)
	for i, e := range elements {
		if strings.HasPrefix(e.Key(), made) || i > 0 && strings.HasPrefix(elements[i-1].Key(), made) {
			continue
		}
		if len(text) > start {
			text = append(text, ',')
		}
		key := unescapeKey(e.Key())
		if e.Key() == idKey {
			key = "id"
		}
		text = append(appendString(text, key), ':')
		if text, err = appendValue(text, e.Value()); err != nil {
			return nil, fmt.Errorf("%q: %w", key, err)
		}
	}
	return append(text, '}'), nil
}

func appendValue(text []byte, v bson.RawValue) ([]byte, error) {
	switch v.Type {
	case bson.TypeNull:
		return append(text, "null"...), nil
	case bson.TypeBoolean:
		return strconv.AppendBool(text, v.Boolean()), nil
	case bson.TypeInt64, bson.TypeInt32:
		return strconv.AppendInt(text, v.AsInt64(), 10), nil
	case bson.TypeDouble:
		return append(text, floatText(v.Double())...), nil
	case bson.TypeString:
		return appendString(text, v.StringValue()), nil
	case bson.TypeArray:
		return appendList(text, bson.Raw(v.Array()))
	case bson.TypeEmbeddedDocument:
		return appendDocument(text, v.Document())
	}
	return nil, fmt.Errorf("a BSON %s, which this program never writes", v.Type)
}

func appendDocument(text []byte, doc bson.Raw) ([]byte, error) {
	if list, ok := doc.Lookup(listKey).ArrayOK(); ok {
		return appendList(text, bson.Raw(list))
	}
	if number, ok := doc.Lookup(textKey).StringValueOK(); ok {
		return append(text, number...), nil
	}
	return appendObject(text, doc, "")
}

func appendList(text []byte, list bson.Raw) ([]byte, error) {
	values, err := list.Values()
	if err != nil {
		return nil, err
	}
	text = append(text, '[')
	for i, v := range values {
		if i > 0 {
			text = append(text, ',')
		}
		if text, err = appendValue(text, v); err != nil {
			return nil, err
		}
	}
	return append(text, ']'), nil
}

func appendString(text []byte, s string) []byte {
	quoted, _ := json.Marshal(s) // a string always has a JSON form
	return append(text, quoted...)
}
