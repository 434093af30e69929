package main

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// connect resolves what p needs. in holds what the command line gives.
func (a *app) connect(ctx context.Context, p provider.Provider, in provider.Input, baseFlag string) (provider.Conn, error) {
	s, err := a.settle(ctx, p, in, baseFlag)
	if err != nil {
		return provider.Conn{}, err
	}
	if err := needSettings(p, in, s.trouble); err != nil {
		return provider.Conn{}, err
	}
	conn := provider.Conn{
		HTTP:        a.httpClient(),
		BaseURL:     s.base,
		Settings:    in,
		MaxWait:     a.global.maxWait,
		MaxThrottle: a.global.hold,
		Save:        a.save,
		Progress:    a.progress(),
		Lock:        a.lock,
	}
	if a.dryRun != nil {
		conn.DryRun = a.dryRun.add
	}
	if a.global.debug {
		conn.Log = slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return conn, nil
}

// lock waits for a lock that all runs share.
func (a *app) lock(ctx context.Context, name string) (release func(), err error) {
	store, err := a.journal()
	if err != nil {
		return nil, err
	}
	return store.Lock(ctx, name, a.global.timeout)
}

// httpClient sends for every vendor. It identifies the program.
func (a *app) httpClient() *http.Client {
	return &http.Client{Transport: identified{rest.NewTransport(), "credctl/" + version()}}
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
