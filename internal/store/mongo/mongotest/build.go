package mongotest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// source is where the server's own module lies in this one.
const source = "internal/store/mongo/mongotest/ferret"

// build returns the path of the server's binary. It is built once for each
// content of its source, into the user's cache; rivals wait for each other.
func build() (string, error) {
	src, err := findSource()
	if err != nil {
		return "", err
	}
	sum, err := fingerprint(src)
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	binary := filepath.Join(cache, "selfie-test", "ferret-"+sum)
	if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
		return "", err
	}
	unlock, err := lockFile(binary + ".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	return binary, compile(src, binary)
}

func compile(src, binary string) error {
	fresh := fmt.Sprintf("%s.%d", binary, os.Getpid())
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", fresh, ".")
	cmd.Dir = src
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-buildvcs=false")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w: %s", err, out)
	}
	return os.Rename(fresh, binary)
}

// findSource walks up from a test's folder to the root of the module.
func findSource() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir != filepath.Dir(dir) {
		src := filepath.Join(dir, filepath.FromSlash(source))
		if _, err := os.Stat(filepath.Join(src, "go.mod")); err == nil {
			return src, nil
		}
		dir = filepath.Dir(dir)
	}
	return "", errors.New("the source of the server is not above the working folder")
}

func fingerprint(src string) (string, error) {
	h := sha256.New()
	for _, name := range []string{"go.mod", "go.sum", "main.go"} {
		text, err := os.ReadFile(filepath.Join(src, name))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%d %s", len(text), text)
	}
	h.Write([]byte(strings.Join([]string{runtime.GOOS, runtime.GOARCH, runtime.Version()}, " ")))
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}
