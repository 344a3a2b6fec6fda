//go:build !unix

package apart

import (
	"os"
	"os/exec"
)

// inGroup does nothing where there are no process groups: the command alone is
// killed.
func inGroup(*exec.Cmd) {}

func peak(*os.ProcessState) int64 { return 0 }
