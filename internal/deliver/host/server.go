package host

import (
	"cmp"
	"context"
	"net/netip"
	"net/url"
	"strings"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
)

// A Server is a destination whose server has an address of this machine, such as that of a
// tunnel or an agent. On another host that address leads to another server, or to none: it is
// kept to its host as a [Local] is.
type Server struct {
	*Local

	unhosted bool // the stamp that was recorded has no host
}

// between separates the host from what else the destination is bound to: its account, or its
// stamp.
const between = ";"

// served reports whether the server of a destination has an address of this machine.
func served(d deliver.Destination) bool {
	s, ok := d.(interface{ Server() string })
	if !ok {
		return false
	}
	u, err := url.Parse(s.Server())
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return provider.IsLoopback(u.Hostname()) || err == nil && ip.Unmap().IsUnspecified() // which leads here, too
}

// ServedOn returns d as a [Server] of a host, as [Name] names it.
func ServedOn(d deliver.Destination, host string) *Server { return &Server{Local: On(d, host)} }

// Stamped reports whether a stamp of a destination tells when it was set, and not only its host.
func Stamped(stamp string) bool { return stamp != "" && !strings.HasSuffix(stamp, between) }

// Within is the host, and the account, or the like, at the server.
func (s *Server) Within() string {
	within := ""
	if l, ok := s.Destination.(entry.Located); ok {
		within = l.Within()
	}
	if within == "" || within == entry.Nowhere {
		return s.host
	}
	return s.host + between + " " + within
}

// Bind keeps s to a host, and to an account, or the like, at the server. What an earlier
// version of credctl has recorded names no host.
func (s *Server) Bind(within string) {
	host, inner, _ := strings.Cut(within, between)
	if s.unhosted = within != "" && !strings.HasPrefix(within, "host "); s.unhosted {
		host, inner = "", within
	}
	s.Local.Bind(host)
	if b, ok := s.Destination.(entry.Binder); ok && s.Proof() == deliver.ByValue {
		b.Bind(strings.TrimSpace(inner))
	}
}

// ReadBack fails where s is bound to another host.
func (s *Server) ReadBack(ctx context.Context, c provider.Credential) error {
	if err := s.stays(ctx); err != nil {
		return err
	}
	return s.Destination.ReadBack(ctx, c)
}

// Current fails where s is bound to another host.
func (s *Server) Current(ctx context.Context) (key string, secret provider.Secret, err error) {
	if err := s.stays(ctx); err != nil {
		return "", provider.Secret{}, err
	}
	return s.Destination.Current(ctx)
}

// Pending is what s is bound to before its first stamp is known.
func (s *Server) Pending() string { return s.host + between }

// Stamp is the host with the stamp of the destination; without the host where none was
// recorded.
func (s *Server) Stamp(ctx context.Context) (string, error) {
	stamper, ok := s.Destination.(deliver.Stamper)
	if !ok {
		return "", nil
	}
	if err := s.stays(ctx); err != nil {
		return "", err
	}
	stamp, err := stamper.Stamp(ctx)
	if err != nil || s.unhosted {
		return stamp, err
	}
	return strings.TrimSpace(cmp.Or(s.bound, s.host) + between + " " + stamp), nil
}

// Retire is that of the destination, where it has one.
func (s *Server) Retire(ctx context.Context) error {
	r, ok := s.Destination.(deliver.Retirer)
	if !ok {
		return nil
	}
	if err := s.stays(ctx); err != nil {
		return err
	}
	return r.Retire(ctx)
}
