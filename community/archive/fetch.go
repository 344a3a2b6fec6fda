package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"selfie/internal/fault"
)

// Fetcher brings a picture from the web. What is wrong with the address or its
// host is a fault that is not Unavailable, with a sentence that fits many
// addresses. It may be called concurrently.
type Fetcher interface {
	Fetch(ctx context.Context, address string) ([]byte, error)
}

const (
	fetchTime  = 10 * time.Second
	fetchBytes = 10 << 20
	redirects  = 5
)

// Web is a Fetcher that only goes where anybody on the internet could: http and
// https on their own ports of public addresses. The address is judged when the
// connection is made, after the name was resolved, so that a name cannot turn
// out to be a machine of the house. No proxy is used, no cookie kept; 10 s and
// 10 MB a picture.
type Web struct{ client *http.Client }

// NewWeb returns a Web.
func NewWeb() *Web { return newWeb(admitPublic) }

var errNotPublic = fault.New(fault.Forbidden, "Its address is not on the public web.")

// newWeb returns a Web that connects where admit lets it.
func newWeb(admit func(netip.AddrPort) bool) *Web {
	dialer := &net.Dialer{Timeout: fetchTime, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || !admit(to) {
			return errNotPublic
		}
		return nil
	}}
	return &Web{&http.Client{
		Timeout: fetchTime,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 64 << 10,
			TLSHandshakeTimeout: fetchTime, MaxIdleConns: 32, IdleConnTimeout: time.Minute,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > redirects || !webScheme(r.URL.Scheme) {
				return fault.New(fault.Invalid, "Its host sends on and on, or away from the web.")
			}
			return nil
		},
	}}
}

// Fetch implements Fetcher.
func (w *Web) Fetch(ctx context.Context, address string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil || !webScheme(r.URL.Scheme) || r.URL.User != nil {
		return nil, fault.Wrap(cause(err), fault.Invalid, "Its address cannot be read.")
	}
	r.Header.Set("User-Agent", "selfie-import/1")
	r.Header.Set("Accept", "image/*")
	answer, err := w.client.Do(r)
	if err != nil {
		return nil, fetchFailed(ctx, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fault.New(fault.NotFound, "Its host answers %d.", answer.StatusCode)
	}
	raw, err := io.ReadAll(io.LimitReader(answer.Body, fetchBytes+1))
	if err != nil {
		return nil, fetchFailed(ctx, err)
	}
	if len(raw) > fetchBytes {
		return nil, fault.New(fault.TooLarge, "It is larger than %d MB.", fetchBytes>>20)
	}
	return raw, nil
}

func webScheme(s string) bool { return s == "http" || s == "https" }

func cause(err error) error {
	if err == nil {
		return errors.New("archive: not an address of the web")
	}
	return err
}

// fetchFailed keeps our own refusals, and says of every other that the host
// cannot be reached; a cancelled import is not about the picture.
func fetchFailed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if f, ok := fault.As(err); ok {
		return f
	}
	return fault.Wrap(fmt.Errorf("archive: %w", err), fault.NotFound, "Its host cannot be reached.")
}

// admitPublic holds for the web ports of addresses that the whole internet shares.
func admitPublic(to netip.AddrPort) bool {
	return (to.Port() == 80 || to.Port() == 443) && public(to.Addr())
}

// public holds for addresses of the global internet: RFC 6890's special blocks,
// multicast, and those that lead to an IPv4 address in disguise are not.
func public(ip netip.Addr) bool {
	ip = ip.Unmap()
	if ip.Zone() != "" || !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	if ip.Is6() && !globalV6.Contains(ip) {
		return false
	}
	return !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(ip) })
}

var (
	globalV6 = netip.MustParsePrefix("2000::/3")
	special  = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)

func prefixes(list ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, s := range list {
		all = append(all, netip.MustParsePrefix(s))
	}
	return all
}
