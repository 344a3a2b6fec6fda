// Package fault gives every error that may reach a person a kind and a sentence.
//
// An error without a fault in its chain is internal: it is logged with an id and
// shown as "Something went wrong". The text of Err never reaches a client.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind says whose fault an error is and what the client may do about it. The
// web layer owns the one table from kind to status.
type Kind string

const (
	Internal     Kind = "internal"     // ours: logged, never explained
	Invalid      Kind = "invalid"      // the input breaks a contract; Field may name where
	Unauthorized Kind = "unauthorized" // sign in first
	Forbidden    Kind = "forbidden"    // signed in, and still may not
	NotFound     Kind = "not_found"    // absent, or not for these eyes: the two are never told apart
	Conflict     Kind = "conflict"     // the thing changed, or the state does not allow it
	Gone         Kind = "gone"         // was there, and was removed for good
	TooLarge     Kind = "too_large"    // over a stated size
	Unsupported  Kind = "unsupported"  // a media type that is not accepted
	TooMany      Kind = "too_many"     // a rate limit; RetryAfter says how long
	Unavailable  Kind = "unavailable"  // a part is missing or busy; the same call may work later
)

// Error is an error with a kind. Public is a whole sentence for the person who
// caused it: what happened and what to do. Field names the input at fault.
type Error struct {
	Kind       Kind
	Field      string
	Public     string
	RetryAfter time.Duration
	Err        error
}

func (e *Error) Error() string {
	s := string(e.Kind)
	if e.Field != "" {
		s += " (" + e.Field + ")"
	}
	if e.Public != "" {
		s += ": " + e.Public
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// New makes a fault of the given kind with its public sentence.
func New(kind Kind, public string, args ...any) *Error {
	return &Error{Kind: kind, Public: fmt.Sprintf(public, args...)}
}

// Field makes an Invalid fault about one named input.
func Field(field, public string, args ...any) *Error {
	return &Error{Kind: Invalid, Field: field, Public: fmt.Sprintf(public, args...)}
}

// Wrap gives err a kind and a public sentence. A nil err stays nil.
func Wrap(err error, kind Kind, public string, args ...any) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: kind, Public: fmt.Sprintf(public, args...), Err: err}
}

// KindOf returns the kind of the outermost fault in err's chain, or Internal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is a fault of kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// IgnoreAbsent is err, or nil when it says that something is not there: who
// follows events often comes when nobody or nothing is left to serve.
func IgnoreAbsent(err error) error {
	if Is(err, NotFound) {
		return nil
	}
	return err
}

// As returns the outermost fault in err's chain.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}
