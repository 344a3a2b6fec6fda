//go:build !unix

package ocr

import "os/exec"

// inOwnGroup does nothing where there are no process groups: the command alone
// is killed.
func inOwnGroup(*exec.Cmd) {}
