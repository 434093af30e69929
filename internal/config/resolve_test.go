package config

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// A command that prints a token may ask a person something each time.
func TestATokenCommandRunsOnce(t *testing.T) {
	c, dir := inFolder(t, `katapult: {token_command: [sh, -c, "echo >>ran; echo one"]}`)
	t.Chdir(dir)
	runs := func() int {
		text, err := os.ReadFile(filepath.Join(dir, "ran"))
		require.NoError(t, err)
		return strings.Count(string(text), "\n")
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			account := accountOf(t, c, "katapult")
			s, err := c.Resolve(t.Context(), account)
			if !assert.NoError(t, err) { //nolint:testifylint // it is another goroutine
				return
			}
			assert.Equal(t, "one", provider.Token.Get(s.Input).Reveal())
			assert.False(t, account.Given.Value("token-file").IsSet(), "an account is not changed")
		})
	}
	all.Wait()
	assert.Equal(t, 1, runs())
	c.Forget("katapult")
	_, err := c.Resolve(t.Context(), accountOf(t, c, "katapult"))
	require.NoError(t, err)
	assert.Equal(t, 2, runs(), "but again when its token was replaced")
}

// A command that never ends is abandoned with what it was called for: a completion
// waits for three seconds, everything else for ten.
func TestATokenCommandThatHangs(t *testing.T) {
	c, _ := inFolder(t, `stratum: {token_command: [sleep, "60"]}`)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := c.Resolve(ctx, accountOf(t, c, "stratum"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Less(t, time.Since(began), 5*time.Second)
}

// A rotation may deliver the token that credctl authenticates with into its file.
func TestATokenFileIsReadAsItIsNow(t *testing.T) {
	c, dir := inFolder(t, `katapult: {token_file: token}`)
	for _, token := range []string{"one", "two"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "token"), []byte(token), 0o600))
		s, err := c.Resolve(t.Context(), accountOf(t, c, "katapult"))
		require.NoError(t, err)
		assert.Equal(t, token, provider.Token.Get(s.Input).Reveal())
	}
}
