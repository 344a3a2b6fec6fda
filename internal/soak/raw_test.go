package soak

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
)

// rawPayload names, in the environment of this test's own binary, a file: the
// process then is a server that answers everything with those bytes.
const rawPayload = "SELFIE_TEST_SOAK_PAYLOAD"

// serveRaw is the least that a server of this kind can do.
func serveRaw(file string) error {
	body, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Use(func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, "text/html; charset=utf-8")
		return c.Send(body)
	})
	os.Stdout.WriteString(ln.Addr().String() + "\n")
	go func() { // it ends with the process that started it
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		os.Exit(0)
	}()
	return app.Listener(ln)
}

// startRaw runs serveRaw in a process of its own and returns its address.
func startRaw(tb testing.TB, body []byte) (addr string) {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "payload")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(cleanEnv(), rawPayload+"="+file)
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		tb.Fatal(err1, err2)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { stdin.Close(); cmd.Wait() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		tb.Fatalf("the raw server did not say its address: %v", err)
	}
	return strings.TrimSpace(line)
}
