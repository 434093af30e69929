package session

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/config/tokenstore"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
)

// Whoever stores another token, or removes it, has not made it unreadable: an abort, say,
// must leave that token alone.
func TestAStoredTokenThatIsAnotherOne(t *testing.T) {
	s, _ := newTest(t, "")
	secret := func(text string) provider.Credential { return provider.Credential{Secret: provider.NewSecret(text)} }
	l, err := loginPlace(s.config, "stratum", provider.SingleSecret("STRATUM_API_KEY").Starting("sk_"))
	require.NoError(t, err)
	require.ErrorIs(t, l.ReadBack(t.Context(), secret("sk_old")), provider.ErrVerify, "nothing is stored")

	store := s.config.Store
	require.NoError(t, os.Mkdir(filepath.Dir(store.Path("stratum", "")), 0o700))
	require.NoError(t, store.Replace("stratum", "", tokenstore.Stored{Secrets: map[string]string{l.setting: "sk_old"}, Place: tokenstore.InTokenFile}))
	require.NoError(t, l.ReadBack(t.Context(), secret("sk_old")))
	require.NoError(t, l.Write(t.Context(), secret("sk_new")))
	require.NoError(t, l.ReadBack(t.Context(), secret("sk_new")))
	err = l.ReadBack(t.Context(), secret("sk_old"))
	require.ErrorIs(t, err, provider.ErrVerify)
	require.EqualError(t, err, "login:stratum: the stored token is not the new secret")

	_, err = store.Delete("stratum", "")
	require.NoError(t, err)
	require.ErrorIs(t, l.ReadBack(t.Context(), secret("sk_new")), provider.ErrVerify)
}

// An unseen store is one of an application that is not found.
type unseen struct{ provider.SecretStore }

func (unseen) Check(context.Context, string, map[string]string, provider.Credential) error {
	return provider.WithClass(provider.ErrAbsent, provider.WithClass(provider.ErrNotFound, errors.New("Application was not found")))
}

// An application that is not found may be one that the token is not allowed to see.
func TestAnApplicationThatIsNotFoundMayBeHidden(t *testing.T) {
	err := keeper{unseen{}}.Check(t.Context(), "cred", nil, provider.Credential{})
	require.ErrorIs(t, err, provider.ErrNotFound)
	require.ErrorIs(t, err, entry.ErrHidden)
	require.NotErrorIs(t, err, provider.ErrAbsent)
}
