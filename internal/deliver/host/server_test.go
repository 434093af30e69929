package host

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
)

// An atServer is a destination at a server.
type atServer struct {
	url, within, bound string
	secret, stamp      string
	proof              deliver.Proof
	retired            bool
}

func (a *atServer) String() string                        { return "vault:secret/web" }
func (a *atServer) Spec() string                          { return "vault:secret/web?url=" + a.url }
func (a *atServer) Server() string                        { return a.url }
func (a *atServer) Proof() deliver.Proof                  { return a.proof }
func (a *atServer) Within() string                        { return a.within }
func (a *atServer) Bind(within string)                    { a.bound = within }
func (a *atServer) Check(context.Context) error           { return nil }
func (a *atServer) Stamp(context.Context) (string, error) { return a.stamp, nil }
func (a *atServer) Retire(context.Context) error          { a.retired = true; return nil }
func (a *atServer) Write(_ context.Context, c provider.Credential) error {
	a.secret = c.Secret.Reveal()
	return nil
}

func (a *atServer) ReadBack(_ context.Context, c provider.Credential) error {
	switch {
	case a.proof == deliver.ByStamp:
		return deliver.ErrNoReadBack
	case a.secret != c.Secret.Reveal():
		return provider.WithClass(provider.ErrVerify, errors.New("another"))
	}
	return nil
}

func (a *atServer) Current(context.Context) (string, provider.Secret, error) {
	return "", provider.NewSecret(a.secret), nil
}

// What an address of this machine leads to is kept to this machine; what any other does is not.
func TestWhichServersAreOfOneHost(t *testing.T) {
	for url, local := range map[string]bool{
		"http://127.0.0.1:8200": true, "https://localhost:8200": true, "https://[::1]": true, "https://0.0.0.0:6443": true, "https://vault.localhost": true, "https://[::]:1": true,
		"https://vault.example.com": false, "https://10.0.0.1": false, "": false,
	} {
		d, err := Here([]string{"CREDCTL_HOST=web-1"})(&atServer{url: url, proof: deliver.ByValue}, nil)
		require.NoError(t, err)
		_, ok := d.(*Server)
		assert.Equal(t, local, ok, url)
	}
}

func TestAServerOfAnotherName(t *testing.T) {
	a := &atServer{url: "http://127.0.0.1:8200", within: "namespace team", secret: "old", proof: deliver.ByValue}
	bound := ServedOn(a, Name("web-1", "")).Within()
	assert.Equal(t, "host web-1 -; namespace team", bound)

	s := ServedOn(a, Name("web-2", ""))
	s.Bind(bound)
	assert.Equal(t, "namespace team", a.bound, "the account is kept, too")
	_, _, err := s.Current(t.Context())
	_, serr := s.Stamp(t.Context())
	for what, err := range map[string]error{
		"check": s.Check(t.Context()), "write": s.Write(t.Context(), secret("new")), "read back": s.ReadBack(t.Context(), secret("old")), "current": err,
		"stamp": serr, "retire": s.Retire(t.Context()), "check for": s.CheckFor(t.Context(), secret("new")),
	} {
		require.ErrorIs(t, err, ErrOther, what)
		require.ErrorContains(t, err, "another host, web-1; here, on web-2, ", what)
	}
	assert.Equal(t, "old", a.secret)
	assert.False(t, a.retired)
	s.ProvedBy(func(ctx context.Context, d deliver.Destination) bool { return d.ReadBack(ctx, secret("old")) == nil })
	require.NoError(t, s.Write(t.Context(), secret("new")), "it is the same server, as at the other end of a tunnel")
	require.NoError(t, s.Retire(t.Context()))
	assert.True(t, a.retired)

	for within, host := range map[string]string{"": "host web-1 -", entry.Nowhere: "host web-1 -"} {
		a.within = within
		assert.Equal(t, host, ServedOn(a, Name("web-1", "")).Within())
	}
	for _, earlier := range []string{"", "namespace team"} {
		s = ServedOn(a, Name("web-2", ""))
		s.Bind(earlier)
		require.NoError(t, s.Check(t.Context()), "an earlier version has recorded no host")
		assert.Equal(t, earlier, a.bound)
	}
}

// A stamp says on which host it was seen. Before the first one, only the host is known.
func TestTheStampOfAServer(t *testing.T) {
	a := &atServer{url: "http://localhost:1", stamp: "2026-11-30", proof: deliver.ByStamp}
	s := ServedOn(a, Name("web-1", ""))
	assert.False(t, Stamped(s.Pending()))
	stamp, err := s.Stamp(t.Context())
	require.NoError(t, err)
	assert.True(t, Stamped(stamp))
	for _, bound := range []string{s.Pending(), stamp} {
		s = ServedOn(a, This([]string{"CREDCTL_HOST=web-1"}))
		s.Bind(bound)
		now, err := s.Stamp(t.Context())
		require.NoError(t, err)
		assert.Equal(t, stamp, now, "the same host, by another name of it")

		s = ServedOn(a, Name("pod-2", ""))
		s.Bind(bound)
		require.ErrorIs(t, s.Write(t.Context(), secret("new")), ErrOther, "it is no command that the next container repeats")
		_, err = s.Stamp(t.Context())
		require.ErrorIs(t, err, ErrOther)
	}
	s.Bind("2026-11-30")
	now, err := s.Stamp(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "2026-11-30", now, "as an earlier version has recorded it")
	a.stamp = ""
	s = ServedOn(a, Name("web-1", ""))
	now, err = s.Stamp(t.Context())
	require.NoError(t, err)
	assert.False(t, Stamped(now), "the server tells none")
}
