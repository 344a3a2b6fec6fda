//go:build !race

package browser

// buildFlags build the server as the tests are built.
var buildFlags []string
