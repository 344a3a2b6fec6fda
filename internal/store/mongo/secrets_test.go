package mongo

import (
	"strings"
	"testing"
)

func TestOpenHidesPassword(t *testing.T) {
	for _, uri := range []string{
		"mongodb://ann:hunter2@127.0.0.1:1/?serverSelectionTimeoutMS=50",
		"mongodb://ann:hunter2@127.0.0.1:1/?serverSelectionTimeoutMS=50&authMechanism=hunter2",
		"mongodb://ann:hunter2@127.0.0.1:notaport/",
		"mongodb://ann:hunter2/x@127.0.0.1/",
		"mongodb://ann:x:hunter2@127.0.0.1:1/?serverSelectionTimeoutMS=50",
		"mongodb://ann:x@hunter2@127.0.0.1:1/?serverSelectionTimeoutMS=50",
		"mongodb://ann:x?hunter2@127.0.0.1:1/?serverSelectionTimeoutMS=50",
		"mongodb://ann:x#hunter2@127.0.0.1:1/?serverSelectionTimeoutMS=50",
		"mongodb://ann:%zzhunter2@127.0.0.1:1/?serverSelectionTimeoutMS=50",
		"mongodb://ann:hunter2%@127.0.0.1/",
		"mongodb+srv://ann:hunter2@127.0.0.1:27017/",
		"http://ann:hunter2@127.0.0.1/",
		"ann:hunter2@127.0.0.1/",
		"mongodb://ann:%68unter2@127.0.0.1:1/?serverSelectionTimeoutMS=50&authMechanism=hunter2",
		"mongodb://127.0.0.1/?tls=true&tlsCertificateKeyFile=/absent/hunter2&tlsCertificateKeyFilePassword=hunter2",
	} {
		e, err := open(t.Context(), uri, "x", nil)
		if err == nil {
			e.Close()
			t.Errorf("%s was opened", uri)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", uri, err)
		}
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	_, err := open(t.Context(), "mongodb://ann:secret@127.0.0.1/?authMechanism=NOPE", "x", nil)
	if err == nil || !strings.Contains(err.Error(), "auth mechanism") {
		t.Errorf("got %v", err)
	}
}
