package store

import "errors"

// The errors of a claim; test with errors.Is.
var (
	ErrClaimed  = errors.New("store: claimed by another")
	ErrNoClaims = errors.New("store: claims cannot be made here")
)

// Claimer is implemented by engines whose data only the processes of one
// machine can reach.
type Claimer interface {
	// Claim gives the name to the caller alone, among all callers of all
	// processes that have the data open, until release is called or the process
	// ends, however it ends. So whoever has it knows that no earlier claimant
	// lives. ErrClaimed when another has it; it never waits. ErrNoClaims when the
	// machine has no such locks. A name is made of lower-case letters.
	Claim(name string) (release func(), err error)
}

// Claim asks the engine for a name; ErrNoClaims when it cannot give any.
func (db *DB) Claim(name string) (release func(), err error) {
	c, ok := db.Engine.(Claimer)
	if !ok {
		return nil, ErrNoClaims
	}
	return c.Claim(name)
}
