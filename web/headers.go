package web

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"selfie/media"
)

// contentPolicy forbids whatever the pages do not use. There is no inline
// script and no inline style; structured data is data, which script-src leaves
// alone.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
	"font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// policyWith is contentPolicy where browsers may also fetch pictures from an
// object store.
func policyWith(links media.Presigner) string {
	if links == nil {
		return contentPolicy
	}
	return strings.Replace(contentPolicy, "img-src 'self'", "img-src 'self' "+links.Origin(), 1)
}

func (s *Server) setHeaders(c *fiber.Ctx) {
	c.Set(fiber.HeaderContentSecurityPolicy, s.policy)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderReferrerPolicy, "strict-origin-when-cross-origin")
	c.Set(fiber.HeaderPermissionsPolicy, "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set(fiber.HeaderXFrameOptions, "DENY")
	if s.secure() {
		c.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000; includeSubDomains")
	}
}
