package session

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// A Connection is a vendor as an account reaches it. Its Settings are those that
// are in force.
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
	conn := connOf(s)
	conn.BaseURL, conn.Settings = settings.BaseURL, settings.Input
	return Connection{conn, s, a.Vendor}, nil
}

// connOf returns how a run reaches servers, without the address of one.
func connOf(s *Session) provider.Conn {
	conn := provider.Conn{
		HTTP:        &http.Client{Transport: identified{rest.NewTransport(), s.userAgent}},
		MaxWait:     s.MaxWait,
		MaxThrottle: s.MaxThrottle,
		Save:        s.save,
		DryRun:      s.DryRun,
		Progress:    s.streams.Progress(),
		Lock:        s.lock,
	}
	if s.Debug {
		conn.Log = slog.New(slog.NewTextHandler(s.streams.Err, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return conn
}

// lock waits for a lock that all runs share.
func (s *Session) lock(ctx context.Context, name string) (release func(), err error) {
	store, err := s.Journal()
	if err != nil {
		return nil, err
	}
	return store.Lock(ctx, name, s.streams.Timeout)
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
