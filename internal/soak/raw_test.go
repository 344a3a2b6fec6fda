package soak

import (
	"net"
	"os"

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
	return app.Listener(ln)
}
