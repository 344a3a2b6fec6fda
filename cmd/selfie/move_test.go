package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"selfie/media/s3"
)

// A move to where the pictures are is refused, whatever the place is called, and so
// is one from a place into itself: it would never end.
func TestMoveToTheSamePlace(t *testing.T) {
	data := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	conf := &Config{Data: data}
	if err := os.MkdirAll(conf.blobDir(), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(conf.blobDir(), link); err != nil {
		t.Fatal(err)
	}
	for _, c := range []mediaMove{
		{To: "disk", From: "disk"}, {To: "disk:" + conf.blobDir() + "/", From: "disk"}, {To: "disk:" + link, From: "disk"},
		{To: "disk:" + filepath.Join(conf.blobDir(), "new")}, {To: "disk", From: "disk:" + data}, {To: "disk:" + data},
	} {
		if err := c.Run(t.Context(), conf); err == nil || !strings.Contains(err.Error(), "place") {
			t.Errorf("from %q to %q: %v", c.From, c.To, err)
		}
	}
	if err := (&mediaMove{To: "disk:" + t.TempDir()}).Run(t.Context(), conf); err != nil {
		t.Error(err)
	}
}

func TestPlacesWithinEachOther(t *testing.T) {
	at := func(endpoint, bucket, prefix string) place {
		return place{s3: true, bucket: s3.Config{Endpoint: endpoint, Bucket: bucket, Prefix: prefix}}
	}
	here := at("http://s3:9000", "pictures", "a/")
	for _, x := range []struct {
		other place
		want  bool
	}{
		{at("http://s3:9000/", "pictures", "a/"), true},
		{at("HTTP://S3:9000", "pictures", "a/b/"), true},
		{at("http://s3:9000", "pictures", ""), true},
		{at("http://s3:9000", "pictures", "b/"), false},
		{at("http://s3:9000", "others", "a/"), false},
		{at("http://s4:9000", "pictures", "a/"), false},
		{place{dir: "/a"}, false},
	} {
		if here.overlaps(x.other) != x.want || x.other.overlaps(here) != x.want {
			t.Errorf("%s and %s: want %t", here, x.other, x.want)
		}
	}
}
