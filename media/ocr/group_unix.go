//go:build unix

package ocr

import (
	"os/exec"
	"syscall"
)

// inOwnGroup lets the end of the command's context kill its children too.
func inOwnGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
