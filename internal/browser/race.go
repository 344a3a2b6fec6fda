//go:build race

package browser

// buildFlags build the server as the tests are built: SQLite, which is C turned
// into Go, is not watched.
var buildFlags = []string{"-race", "-gcflags=modernc.org/...=-race=false -d=checkptr=0"}
