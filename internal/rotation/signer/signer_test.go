package signer_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// A listing that fails tells nothing, and is no answer either.
func TestF13AListingThatFails(t *testing.T) {
	h := rotationtest.New(t, rotationtest.AsReplacer)
	h.Token = func(context.Context, rotation.Subject) (provider.Secret, error) {
		return provider.NewSecret("unknown"), nil
	}
	h.V.Faults["list"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}}
	_, _, err := h.Signer().Among(t.Context(), h.Request().Subject, h.Service, provider.ListScope(t.Context(), h.Service, provider.Credential{}), []string{h.Old.ID})
	require.ErrorIs(t, err, provider.ErrUnavailable)
}

// Where the journal tells, nothing is asked.
func TestF13TheJournalTells(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := rotationtest.New(t, rotationtest.AsReplacer)
		require.NoError(t, h.Journal.Issued(h.Request().Ref(), provider.NewSecret("own"), time.Now()))
		h.Token = func(context.Context, rotation.Subject) (provider.Secret, error) {
			return provider.NewSecret("own"), nil
		}
		looks := 0
		for _, c := range []struct {
			ids  []string
			self string
		}{{[]string{"x", h.Old.ID}, h.Old.ID}, {[]string{"x"}, ""}} {
			self, unknown, err := h.Signer().Among(t.Context(), h.Request().Subject, h.Service, func(func(provider.Credential, error) bool) { looks++ }, c.ids)
			require.NoError(t, err)
			assert.Equal(t, c.self, self)
			assert.Empty(t, unknown)
		}
		assert.Zero(t, looks)
	})
}

// What was found out for several is not looked for again for each of them.
func TestF13SeveralAreLookedForOnce(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := rotationtest.New(t, rotationtest.AsReplacer)
		h.Token = func(context.Context, rotation.Subject) (provider.Secret, error) {
			return provider.NewSecret("unknown"), nil
		}
		q := h.Request()
		_, _, err := h.Signer().Among(t.Context(), q.Subject, h.Service, provider.ListScope(t.Context(), h.Service, provider.Credential{}), []string{h.Old.ID, "id-2"})
		require.NoError(t, err)
		h.V.Faults["list"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}}
		_, _, err = h.Signer().Signs(t.Context(), q.Subject, h.Service, provider.ListScope(t.Context(), h.Service, provider.Credential{}))
		require.NoError(t, err, "it is not asked")
	})
}

// Where the store of the token names its key, nothing is asked either.
func TestF13TheStoreOfTheTokenTells(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := rotationtest.New(t, rotationtest.AsReplacer)
		h.Token = func(context.Context, rotation.Subject) (provider.Secret, error) {
			return provider.NewSecret("unknown"), nil
		}
		named, looks := "", 0
		h.TokenID = func(context.Context, rotation.Subject) (string, error) { return named, nil }
		all := func(yield func(provider.Credential, error) bool) {
			looks++
			provider.ListScope(t.Context(), h.Service, provider.Credential{})(yield)
		}
		for _, c := range []struct {
			named, self string
			looks       bool
		}{{h.Old.ID, h.Old.ID, false}, {"another", "", false}, {"", "", true}} {
			named, looks = c.named, 0
			self, _, err := h.Signer().Among(t.Context(), h.Request().Subject, h.Service, all, []string{h.Old.ID})
			require.NoError(t, err)
			assert.Equal(t, c.self, self)
			assert.Equal(t, c.looks, looks > 0)
		}
	})
}

// What is known of one of several says nothing of the others.
func TestF13WhatIsKnownOfOneIsNotSaidOfAll(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		ask := func(h *rotationtest.House, ids ...string) []string {
			_, unknown, err := h.Signer().Among(t.Context(), h.Request().Subject, h.Service, provider.ListScope(t.Context(), h.Service, provider.Credential{}), ids)
			require.NoError(t, err)
			return unknown
		}
		house := func() *rotationtest.House {
			h := rotationtest.New(t, rotationtest.AsReplacer)
			h.V.Unstamped = true
			h.Token = func(context.Context, rotation.Subject) (provider.Secret, error) {
				return provider.NewSecret("unknown"), nil
			}
			return h
		}
		h := house()
		ask(h, h.Old.ID)
		assert.ElementsMatch(t, []string{h.Old.ID, "id-2"}, ask(h, h.Old.ID, "id-2"))
		assert.ElementsMatch(t, []string{h.Old.ID, "id-2"}, ask(house(), h.Old.ID, "id-2"))
	})
}

// Which credential credctl authenticates with is told by the journal where that knows it, and
// one of another kind is none of these.
func TestTheSignerIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		token string
		issue func(h *rotationtest.House) error
		want  string
	}{
		"no token": {},
		"it is known": {token: "own", issue: func(h *rotationtest.House) error {
			return h.Journal.Issued(h.Request().Ref(), provider.NewSecret("own"), time.Now())
		}, want: "id-1"},
		"of another kind": {token: "own", issue: func(h *rotationtest.House) error {
			other := h.Request().Ref()
			other.Kind = "other"
			return h.Journal.Issued(other, provider.NewSecret("own"), time.Now())
		}},
	} {
		t.Run(name, func(t *testing.T) {
			h := rotationtest.New(t, rotationtest.AsReplacer)
			h.Token = func(context.Context, rotation.Subject) (provider.Secret, error) {
				return provider.NewSecret(c.token), nil
			}
			if c.issue != nil {
				require.NoError(t, c.issue(h))
			}
			h.V.Unstamped = true
			got, err := h.Signer().Self(t.Context(), h.Request().Subject, h.Service, func(func(provider.Credential, error) bool) { assert.Fail(t, "nothing is asked") })
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
			assert.Zero(t, h.V.Reads["list"])
		})
	}
}
