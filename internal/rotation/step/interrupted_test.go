package step

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// TestAnInterruptedVerificationSaysHowToContinue: also with another secret, where the
// user supplied it.
func TestAnInterruptedVerificationSaysHowToContinue(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	for supplied, want := range map[bool]string{
		false: "run the same command again, or: credctl rotation resume op",
		true:  "run the same command again, or: credctl rotation resume op; to supply the secret again: credctl rotation resume op --secret-file -",
	} {
		r := &run.Run{Op: &oplog.OpState{ID: "op", Strategy: oplog.Replace, Reached: oplog.Issued, Supplied: supplied}}
		err := notVerified(ctx, r, provider.WithClass(ctx.Err(), errors.New("interrupted while verifying the new secret")))
		require.EqualError(t, err, "interrupted while verifying the new secret")
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, want, provider.HintOf(err))
	}
}
