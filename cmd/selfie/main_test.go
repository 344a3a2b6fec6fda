package main

import (
	"os"
	"testing"

	"selfie/media"
)

func TestMain(m *testing.M) {
	if media.IsChild(os.Args) {
		os.Exit(media.Child(os.Args))
	}
	os.Exit(m.Run())
}
