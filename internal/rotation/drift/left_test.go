package drift_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// All destinations that would keep a secret that stops working are named, and those that have an
// earlier one are none of them.
func TestAllThatWouldBeCutOffAreNamed(t *testing.T) {
	at := func(to string, inForce bool, unread error) drift.Left {
		return drift.Left{Holding: oplog.Holding{To: to}, InForce: inForce, Unread: unread}
	}
	earlier := at("file:/earlier", false, errors.New("not asked"))
	require.NoError(t, drift.CutOff("key-1", nil, ""))
	require.NoError(t, drift.CutOff("key-1", []drift.Left{earlier}, ""))
	err := drift.CutOff("key-1", []drift.Left{earlier, at("file:/a", true, nil), earlier, at("file:/b c", true, nil)}, ", or pass --force")
	require.ErrorIs(t, err, provider.ErrRefused)
	require.ErrorIs(t, err, drift.ErrCutOff)
	require.EqualError(t, err, "the secret of key-1 was delivered to file:/a and file:/b c, which does not get the new secret")
	assert.Equal(t, "to deliver it there, too: add --to file:/a --to 'file:/b c'; if no program reads it there: delete it there, or pass --force", provider.HintOf(err))
	err = drift.CutOff("key-1", []drift.Left{at("file:/a", true, errors.New("no answer")), at("file:/b", true, errors.New("no right"))}, "")
	require.ErrorContains(t, err, "(cannot tell whether the old secret is still there: no answer; no right)")
}
