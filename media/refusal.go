package media

import (
	"errors"
	"strings"
	"unicode"

	"selfie/internal/fault"
)

const (
	refusal  = "This picture cannot be used: "
	maxNamed = 60 // runes of an uploader's file name shown back
)

// refuse makes a fault about the uploaded picture from the reason, which follows
// "This picture cannot be used: ".
func refuse(kind fault.Kind, reason string, args ...any) *fault.Error {
	f := fault.New(kind, refusal+reason, args...)
	f.Field = "image"
	return f
}

func wrap(err error, kind fault.Kind, reason string) error {
	f := refuse(kind, reason)
	f.Err = err
	return f
}

// named puts the uploader's name of the picture into a refusal, so that the one
// bad picture among several is found.
func named(name string, err error) error {
	var f *fault.Error
	name = cleanName(name)
	if name == "" || !errors.As(err, &f) {
		return err
	}
	reason, ok := strings.CutPrefix(f.Public, refusal)
	if !ok {
		return err
	}
	g := *f
	g.Public = "“" + name + "” cannot be used: " + reason
	return &g
}

// cleanName returns the last element of a declared file name, printable and short.
func cleanName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, name)
	if runes := []rune(name); len(runes) > maxNamed {
		return string(runes[:maxNamed]) + "…"
	}
	return name
}
