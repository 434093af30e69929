//go:build unix

package playground

import (
	"context"
	"io"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/sandbox"
)

// An interrupts is a context that is ended by interrupts from when it is first asked.
type interrupts struct {
	context.Context
	asked bool
}

func (i *interrupts) Done() <-chan struct{} {
	i.asked = true
	return i.Context.Done()
}

// A reader does something with what is printed.
type reader func()

func (r reader) Write(p []byte) (int, error) {
	r()
	return len(p), nil
}

// TestAnInterruptOfAReadySandboxEndsIt: who has read that it serves may interrupt it at
// once, and its folder is removed, which Wine cannot do.
func TestAnInterruptOfAReadySandboxEndsIt(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	i := &interrupts{Context: ctx}
	printed := false
	out := reader(func() {
		printed = true
		assert.True(t, i.asked, "an interrupt would end the program as it is")
		cancel()
	})
	run := invocation.New(func() []provider.Provider { return nil }, func() []deliver.Scheme { return nil }, "", nil, nil, out, io.Discard)
	require.NoError(t, serve(i, run, sandbox.Options{}, nil))
	assert.True(t, printed)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}
