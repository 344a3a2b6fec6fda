//go:build unix && !linux

package apart

import "syscall"

func dieTogether(*syscall.SysProcAttr) {}
