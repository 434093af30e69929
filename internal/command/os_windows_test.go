package command

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// TestALineOfCmd: cmd reads the line itself, and no other rule of quotes applies.
func TestALineOfCmd(t *testing.T) {
	for line, want := range map[string]string{
		`echo one& echo two`:      "one\r\ntwo\r\n",
		`echo "a b" c`:            "\"a b\" c\r\n",
		`echo %GREETING%`:         "hello\r\n",
		`cd. & echo "%GREETING%"`: "\"hello\"\r\n",
	} {
		var stdout bytes.Buffer
		err := Program{Args: Shell(line), Env: append(os.Environ(), "GREETING=hello"), Stdout: &stdout}.Run(t.Context())
		require.NoError(t, err, line)
		assert.Equal(t, want, stdout.String(), line)
	}
	require.ErrorContains(t, Program{Args: Shell("exit 3"), Env: os.Environ()}.Run(t.Context()), "exit status 3")
	assert.Empty(t, syntax("rm -rf /"), "a line is never tried out")
}

// TestAGroupIsKilledOnWindows: a command that starts another ends with it in time.
func TestAGroupIsKilledOnWindows(t *testing.T) {
	begin := time.Now()
	err := Program{Args: Shell("ping -n 10 127.0.0.1 >NUL"), Env: os.Environ(), Limit: 500 * time.Millisecond}.Run(t.Context())
	require.ErrorIs(t, err, provider.ErrUnavailable)
	assert.Less(t, time.Since(begin), 8*time.Second)
}
