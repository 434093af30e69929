//go:build !linux

package fsafetest

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTraceIsForLinux(t *testing.T) {
	var inner *testing.T
	t.Run("trace", func(t *testing.T) {
		inner = t
		Trace(t, nil)
	})
	assert.True(t, inner.Skipped())
}
