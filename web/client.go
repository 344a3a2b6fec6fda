package web

import (
	"fmt"
	"net"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// parseNets reads addresses and CIDR ranges.
func parseNets(list []string) ([]*net.IPNet, error) {
	var nets []*net.IPNet
	for _, entry := range list {
		if ip := net.ParseIP(entry); ip != nil {
			bits := 128
			if v4 := ip.To4(); v4 != nil {
				ip, bits = v4, 32
			}
			nets = append(nets, &net.IPNet{IP: ip, Mask: net.CIDRMask(bits, bits)})
			continue
		}
		_, n, err := net.ParseCIDR(entry)
		if err != nil {
			return nil, fmt.Errorf("web: trusted proxy %q is neither an address nor a range like 10.0.0.0/8", entry)
		}
		nets = append(nets, n)
	}
	return nets, nil
}

// clientIP is the address of whoever really asked: the connection's, or, behind
// trusted proxies, the rightmost forwarded one that no trusted proxy has. What
// stands left of it was written by the client and is not believed.
func (s *Server) clientIP(c *fiber.Ctx) string {
	return realIP(c.Context().RemoteIP(), c.Get(fiber.HeaderXForwardedFor), s.trusted)
}

func realIP(remote net.IP, forwarded string, trusted []*net.IPNet) string {
	hops := strings.Split(forwarded, ",")
	for i := len(hops) - 1; i >= 0 && within(remote, trusted); i-- {
		ip := net.ParseIP(strings.TrimSpace(hops[i]))
		if ip == nil {
			break
		}
		remote = ip
	}
	return remote.String()
}

func within(ip net.IP, nets []*net.IPNet) bool {
	for _, n := range nets {
		if n.Contains(ip) {
			return true
		}
	}
	return false
}
