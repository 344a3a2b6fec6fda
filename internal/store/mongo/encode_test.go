package mongo

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"selfie/internal/store"
)

var codecSchema = &store.Schema{Name: "things", Indexes: []store.Index{
	store.OnSparse("owner.name", "score"),
	store.OnUnique("a.b", "c"),
	store.OnUnique("a.d"),
	store.OnUniqueSparse("mail", "e.f"),
}}

func thing(fields string) store.Raw {
	return store.Raw{ID: "x", Rev: 7, JSON: []byte(`{"id":"x","rev":7` + fields + `}`)}
}

// travel takes a document through the server's format and back.
func travel(s *store.Schema, doc store.Raw) (bson.Raw, store.Raw, error) {
	tree, err := encode(s, doc)
	if err != nil {
		return nil, store.Raw{}, err
	}
	encoded, err := bson.Marshal(tree)
	if err != nil {
		return nil, store.Raw{}, err
	}
	back, err := decode(s, encoded)
	return encoded, back, err
}

func TestEncodeKeepsBytes(t *testing.T) {
	for _, fields := range []string{
		``,
		`,"z":1,"a":{"y":true,"b":false},"list":[1,"1",null,{},[]]`,
		`,"":1,".":2,"$":3,"%":4,"%z":5,"%n":6,"_id":7,"a.b":8,"$set":9,"%5fid":10,"\u0000":11,"x\u0000y":12,"%l":[1],"%t":"1"`,
		`,"in":{"":1,"_id":2,"id":3,"%l":[1],"z":{"%t":"1"}}`,
		`,"lists":[[],[[1],[]],[{"%l":[]}]]`,
		`,"n":[0,-1,9223372036854775807,-9223372036854775808,9007199254740993]`,
		`,"f":[0.1,-1.5,1e+21,1e-7,10000000000000000000,1.7976931348623157e+308,5e-324]`,
		`,"text":[1.0,-0,-0.0,1E5,1e400,0.10,12345678901234567890.5,1e5]`,
		`,"s":"\u003cb\u003e \u0026 \u2028 \u0000 é 😀 \"\\"`,
		`,"owner":{"name":null},"score":null`, `,"owner":null`, `,"owner.name":null`,
		`,"a":null`, `,"a":{}`, `,"a":{"b":null}`, `,"a":{"b":1,"d":2},"c":3`, `,"a":[{"b":1}]`, `,"a":1.0`, `,"a":[[1]]`, `,"a":{"%t":"1"}`,
		`,"mail":null`, `,"mail":"m","e":{"f":null}`, `,"e":null,"c":null`,
	} {
		doc := thing(fields)
		_, back, err := travel(codecSchema, doc)
		if err != nil || back.ID != doc.ID || back.Rev != doc.Rev || string(back.JSON) != string(doc.JSON) {
			t.Errorf("%s\ncame back as %+v %s, %v", doc.JSON, back.ID, back.JSON, err)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for _, text := range []string{
		``, `null`, `[]`, `"x"`, `{`, `{"id":"x","rev":7`, `{"id":"x","rev":7}{}`, `{"id":"x","rev":7} x`, `{"id":"x","rev":7,"a":[1}`,
		`{"rev":7}`, `{"id":"x"}`, `{"id":"y","rev":7}`, `{"id":"x","rev":8}`, `{"id":7,"rev":7}`, `{"id":"x","rev":"7"}`, `{"id":"x","rev":7.0}`,
		`{"id":"x","rev":7,"n":9223372036854775808}`, `{"id":"x","rev":7,"n":18446744073709551615}`, `{"id":"x","rev":7,"n":[-9223372036854775809]}`,
		`{"id":{"$gt":""},"rev":7}`,
	} {
		if tree, err := encode(codecSchema, store.Raw{ID: "x", Rev: 7, JSON: []byte(text)}); err == nil {
			t.Errorf("%s was encoded as %v", text, tree)
		}
	}
}

// TestEncodeShape holds what the indexes rely on: where values stand, their
// kinds, and what a sparse and a unique index see.
func TestEncodeShape(t *testing.T) {
	for fields, want := range map[string]string{
		`,"a":{"b":1,"d":2},"c":3,"f":1.5`:                                       `,"a":{"b":{"$numberLong":"1"},"d":{"$numberLong":"2"}},"c":{"$numberLong":"3"},"f":{"$numberDouble":"1.5"},"%me":true,"e":{"f":null}`,
		`,"owner":{"name":null},"a":{"b":1,"d":1},"c":1,"mail":null,"e":{"f":1}`: `,"owner":{"%nname":null},"a":{"b":{"$numberLong":"1"},"d":{"$numberLong":"1"}},"c":{"$numberLong":"1"},"%nmail":null,"e":{"f":{"$numberLong":"1"}}`,
		`,"a":null,"e":{}`: `,"%na":null,"e":{"%mf":true,"f":null},"%ma":true,"a":{"b":null,"%md":true,"d":null},"%mc":true,"c":null`,
	} {
		encoded, _, err := travel(codecSchema, thing(fields))
		if err != nil {
			t.Fatal(err)
		}
		got, err := bson.MarshalExtJSON(encoded, true, false)
		if full := `{"_id":"x","rev":{"$numberLong":"7"}` + want + `}`; err != nil || string(got) != full {
			t.Errorf("%s:\n got %s, %v\nwant %s", fields, got, err, full)
		}
	}
}

func TestDecodeForeign(t *testing.T) {
	for name, v := range map[string]any{"object id": bson.NewObjectID(), "date": bson.DateTime(1), "binary": bson.Binary{Data: []byte{1}}} {
		doc, err := bson.Marshal(bson.D{{Key: "_id", Value: "x"}, {Key: "in", Value: bson.D{{Key: "it", Value: v}}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decode(codecSchema, doc); err == nil || !strings.Contains(err.Error(), `"in": "it"`) {
			t.Errorf("%s: %v", name, err)
		}
	}
	doc, err := bson.Marshal(bson.D{{Key: "_id", Value: "x"}, {Key: "rev", Value: int64(1)}, {Key: "n", Value: int32(5)}})
	if err != nil {
		t.Fatal(err)
	}
	if back, err := decode(codecSchema, doc); err != nil || string(back.JSON) != `{"id":"x","rev":1,"n":5}` {
		t.Errorf("a 32-bit integer came as %s, %v", back.JSON, err)
	}
}

// FuzzEncode holds that every JSON value comes back the same, and that no key
// with a meaning to the server is ever sent to it.
func FuzzEncode(f *testing.F) {
	for _, seed := range []string{`{"a":{"b":[[1,2.50],null]},"":"\u0000"}`, `[{"$a.b":-0},1e999,"é"]`, `{"%n":{"%m":true,"x":null}}`, `null`, `{"name":null}`} {
		f.Add(seed, "a")
	}
	f.Fuzz(func(t *testing.T, text, key string) {
		if !json.Valid([]byte(text)) {
			return
		}
		name, _ := json.Marshal(key)
		doc := thing(`,` + string(name) + `:` + text)
		if key == "id" || key == "rev" {
			return
		}
		encoded, back, err := travel(codecSchema, doc)
		if err != nil {
			if strings.Contains(err.Error(), "does not fit") || strings.Contains(err.Error(), "depth") {
				return
			}
			t.Fatalf("%s: %v", doc.JSON, err)
		}
		if got, want := parse(t, back.JSON), parse(t, doc.JSON); !reflect.DeepEqual(got, want) {
			t.Errorf("got  %s\nwant %s", back.JSON, doc.JSON)
		}
		checkKeys(t, encoded)
	})
}

func parse(t *testing.T, text []byte) (v any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func checkKeys(t *testing.T, doc bson.Raw) {
	elements, err := doc.Elements()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i, e := range elements {
		if k := e.Key(); k == "" || strings.ContainsAny(k, ".$\x00") || seen[k] || k == "_id" && i > 0 {
			t.Errorf("the key %q was sent", k)
		}
		seen[e.Key()] = true
		if v := e.Value(); v.Type == bson.TypeEmbeddedDocument {
			checkKeys(t, v.Document())
		} else if v.Type == bson.TypeArray {
			checkKeys(t, bson.Raw(v.Array()))
		}
	}
}
