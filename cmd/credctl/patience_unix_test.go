//go:build unix

package main

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAFileThatNobodyWrites(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for _, flag := range []string{"--token-file", "--config"} {
		within(t, 10*time.Second, func() {
			got := credctl(t, append(privateVariables(t), "KATAPULT_ORGANIZATION=acme"), "", "katapult", "list", flag, pipe, "--timeout", "100ms")
			assert.Equal(t, 2, got.status)
			assert.Contains(t, got.stderr, "the file does not end within 100ms", flag)
		})
	}
}
