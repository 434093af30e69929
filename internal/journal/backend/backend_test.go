package backend_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/provider"
)

// The error of a function whose lock was lost is that, unless an answer was kept: then it
// says where.
func TestReleaseOfALostLock(t *testing.T) {
	t.Parallel()
	lost := provider.WithClass(provider.ErrLocked, errors.New("the lock of A was lost"))
	kept := provider.WithClass(backend.ErrKept, fmt.Errorf("%w; the vendor's answer is in FILE", lost))
	for _, c := range []struct{ err, want error }{
		{nil, nil},
		{context.Canceled, lost},
		{errors.New("verify: canceled"), lost},
		{kept, kept},
	} {
		held, cancel := context.WithCancelCause(t.Context())
		cancel(lost)
		released := false
		err := c.err
		backend.Release(held, func() { released = true }, &err)
		assert.Equal(t, c.want, err)
		assert.True(t, released)
		if c.err != nil {
			require.ErrorIs(t, err, provider.ErrLocked, "exit status 75")
		}
	}
}
