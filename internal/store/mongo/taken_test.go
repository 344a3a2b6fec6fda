package mongo

import (
	"errors"
	"testing"

	driver "go.mongodb.org/mongo-driver/v2/mongo"
)

// TestNamedIndex reads the words of real servers, with hostile values in them.
func TestNamedIndex(t *testing.T) {
	const before = "E11000 duplicate key error collection: db.things "
	for message, want := range map[string]string{
		before + `index: _id_ dup key: { _id: "x" }`:                                           "id",
		before + `index: mail__e_f__u__s dup key: { mail: "x", e.f: null }`:                    "mail__e_f__u__s",
		before + `index: a_b__c__u dup key: { a.b: " index: _id_ dup key: { _id: 1 }" }`:       "a_b__c__u",
		before + `index: gone__u dup key: { gone: 1 }`:                                         "",
		before + `index: owner_name__score__s dup key: { owner.name: 1 }`:                      "",
		"E11000 duplicate key error collection: db.things":                                     "",
		"E11000 duplicate key error collection: db.things index: db.things.$_id_ dup key: { }": "",
		"": "",
	} {
		for _, err := range []error{
			driver.WriteException{WriteErrors: driver.WriteErrors{{Code: 11000, Message: message}}},
			driver.CommandError{Code: 11000, Message: message},
		} {
			if got := namedIndex(codecSchema, err); got != want || !refusesDouble(err) {
				t.Errorf("%s: got %q, want %q", message, got, want)
			}
		}
	}
	if refusesDouble(nil) || refusesDouble(errors.New("else")) {
		t.Error("took another error for a double")
	}
}
