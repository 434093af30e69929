package session

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/config/environment"
	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/katapult"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/stratum"
	"github.com/credctl/credctl/internal/term"
)

// newTest returns a session with this configuration file, in the folder that it returns.
func newTest(t *testing.T, file string) (s *Session, dir string) {
	t.Helper()
	dir = t.TempDir()
	t.Chdir(dir)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "credctl"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "credctl", "config.yaml"), []byte(file), 0o600))
	return newTestIn(t, dir)
}

// newTestIn is newTest in a folder that is there.
func newTestIn(t *testing.T, dir string) (*Session, string) {
	t.Helper()
	streams := term.New(strings.NewReader(""), io.Discard, io.Discard)
	env := environment.New([]string{"XDG_CONFIG_HOME=" + dir, "XDG_STATE_HOME=" + dir, "CREDCTL_KEYRING=off", "PATH=" + os.Getenv("PATH")})
	vendors := func() []provider.Provider { return []provider.Provider{katapult.Provider(), stratum.Provider()} }
	return New(config.New(env, vendors, streams), func() []deliver.Scheme { return nil }, streams, "credctl/test", func(error) int { return 1 }), dir
}

const twoCommands = `katapult: {org: acme, token_command: [sh, -c, "echo >>ran; echo one"]}
profiles:
  other:
    stratum: {token: three}
stratum: {token_command: [sh, -c, "echo >>ran; echo two"]}
`

func TestAKindIsOpenedOnce(t *testing.T) {
	s, dir := newTest(t, twoCommands)
	open := func(subject rotation.Subject, token provider.Secret) provider.Service {
		svc, _, err := s.openSubject(t.Context(), subject, token)
		require.NoError(t, err)
		return svc
	}
	subject := rotation.Subject{Provider: "stratum"}
	first := open(subject, provider.Secret{})
	assert.Same(t, first, open(rotation.Subject{Provider: "stratum", Kind: "api-key", ID: "x"}, provider.Secret{}))
	ran, err := os.ReadFile(filepath.Join(dir, "ran"))
	require.NoError(t, err)
	assert.Len(t, ran, 1)
	assert.NotSame(t, first, open(subject, provider.NewSecret("replacement")), "it is signed with another token")
	assert.NotSame(t, first, open(rotation.Subject{Provider: "stratum", Profile: "other"}, provider.Secret{}))
}

// What can be no token is not compared with one, which a person may have to give.
func TestAKindThatIsNoTokenResolvesNone(t *testing.T) {
	s, dir := newTest(t, twoCommands)
	token, err := s.tokenLike(t.Context(), rotation.Subject{Provider: "katapult"})
	require.NoError(t, err)
	assert.True(t, token.IsZero())
	assert.NoFileExists(t, filepath.Join(dir, "ran"))
	token, err = s.tokenLike(t.Context(), rotation.Subject{Provider: "stratum"})
	require.NoError(t, err)
	assert.Equal(t, "two", token.Reveal())
}

func TestTheProfileOfASubject(t *testing.T) {
	s, _ := newTest(t, twoCommands)
	assert.Nil(t, s.profileOf(rotation.Subject{}), "that of the run")
	assert.Equal(t, "other", *s.profileOf(rotation.Subject{Profile: "other"}))
	assert.Empty(t, *s.profileOf(rotation.Subject{Bound: true}), "none, whatever the run says")
	s.config.Flags.Profile = "flag"
	assert.Nil(t, s.profileOf(rotation.Subject{Profile: "other"}), "the flag wins")
	assert.Equal(t, "other", *s.profileOf(rotation.Subject{Profile: "other", Bound: true}))

	s.config.Flags.Profile = ""
	bound, err := s.bind(t.Context(), rotation.Subject{Provider: "katapult", Settings: map[string]string{"region": "uk-lon-1"}})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"org": "acme", "region": "uk-lon-1", "base-url": "https://api.katapult.io/core/v1"}, bound.Settings)
	assert.True(t, bound.Bound)
}
