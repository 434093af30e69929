package session

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/pace"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/visible"
)

// A Connection is how an account reaches a vendor, with the settings that apply.
type Connection struct {
	provider.Conn

	session *Session
	vendor  provider.Provider
}

// Connect resolves the settings of an account. It sends nothing yet.
func (s *Session) Connect(ctx context.Context, a config.Account) (Connection, error) {
	settings, err := s.config.Resolve(ctx, a)
	if err == nil {
		err = settings.Check()
	}
	if err != nil {
		return Connection{}, err
	}
	conn, err := connOf(s)
	conn.BaseURL, conn.Settings = settings.BaseURL, settings.Input
	return Connection{conn, s, a.Vendor}, err
}

// Accounts lists the accounts that the token of a, which names none, can access.
func (s *Session) Accounts(ctx context.Context, a config.Account) ([]provider.AccountChoice, error) {
	settings, err := s.config.Resolve(ctx, a)
	if err == nil {
		err = settings.CheckToken()
	}
	if err != nil {
		return nil, err
	}
	conn, err := connOf(s)
	if err != nil {
		return nil, err
	}
	conn.BaseURL, conn.Settings = settings.BaseURL, settings.Input
	return a.Vendor.Login.Accounts(ctx, conn)
}

// connOf returns how a run reaches servers, without the address of one. In a
// sandbox, it reaches only the servers of the sandbox.
func connOf(s *Session) (provider.Conn, error) {
	servers, err := s.config.Sandbox()
	if err != nil {
		return provider.Conn{}, err
	}
	conn := provider.Conn{
		HTTP:        &http.Client{Transport: dated{pace.Leased{RoundTripper: identified{rest.NewTransport(), s.userAgent}}, &s.clock, s.streams}},
		MaxWait:     s.MaxWait,
		MaxThrottle: s.MaxThrottle,
		Pacers:      &s.pacers,
		Save:        saver(s),
		DryRun:      s.DryRun,
		Progress:    s.streams.Progress(),
		Lock:        lock(s),
	}
	if s.Debug {
		conn.Log = slog.New(slog.NewTextHandler(s.streams.Err, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	if len(servers) > 0 {
		conn.Reach = func(host string) error {
			if slices.Contains(servers, host) {
				return nil
			}
			err := fmt.Errorf("%s is not a server of the sandbox that this shell uses", visible.OneLine(host))
			return provider.Hint(provider.WithClass(provider.ErrRefused, err), "open a new shell to use your own accounts")
		}
	}
	return conn, nil
}

// Outside returns how a run reaches a server that is no vendor's, which is told nothing
// of the run, not even the version of credctl. A sandbox does not reach it.
func Outside(s *Session, baseURL string) (provider.Conn, error) {
	conn, err := connOf(s)
	conn.BaseURL, conn.HTTP = baseURL, &http.Client{Transport: rest.NewTransport()}
	return conn, err
}

// lock returns what carries something out under a lock that all runs with this journal share.
func lock(s *Session) func(ctx context.Context, name string, do func(context.Context) error) error {
	return func(ctx context.Context, name string, do func(context.Context) error) (err error) {
		store, err := s.Journal()
		if err != nil {
			return err
		}
		held, release, err := store.Lock(ctx, name, s.streams.Timeout)
		if err != nil {
			return err
		}
		defer backend.Release(held, release, &err)
		return do(held)
	}
}

// identified sets the User-Agent.
type identified struct {
	http.RoundTripper
	agent string
}

func (i identified) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", i.agent)
	return i.RoundTripper.RoundTrip(r)
}
