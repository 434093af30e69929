package playground

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestASessionOfItsOwnStarts(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "cmd", "/c", "exit 0")
	cmd.SysProcAttr = newSession()
	require.NoError(t, cmd.Run())
}
