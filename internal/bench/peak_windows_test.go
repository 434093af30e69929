package main

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestThePeakIsNotKnown(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "cmd", "/c", "exit 0")
	require.NoError(t, cmd.Run())
	assert.Zero(t, peak(cmd.ProcessState))
}
