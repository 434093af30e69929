package deliver

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/command"
	"github.com/credctl/credctl/internal/provider"
)

// A command that was not started has read nothing; one that failed may have stored the secret.
func TestACommandSaysWhetherItWasStarted(t *testing.T) {
	c := provider.Credential{Secret: provider.NewSecret("s3cret")}
	d := parse(t, "exec:exit 127", Options{Shape: provider.SingleSecret("X")})
	require.NotErrorIs(t, d.Write(t.Context(), c), command.ErrNotStarted, "the shell was, and what it ran may have ended so")
	t.Setenv("PATH", t.TempDir())
	err := d.Write(t.Context(), c)
	require.ErrorIs(t, err, command.ErrNotStarted)
	assert.NotContains(t, err.Error(), "s3cret")
	require.ErrorIs(t, d.ReadBack(t.Context(), c), ErrNoReadBack)
}
