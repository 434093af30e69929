package providertest

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// tracked checks that a verb which issues in several requests gives the credential to
// the [provider.Tracker] after the first of them, sends nothing more when that
// fails, and uses the temporary name where an update can change it.
func (c *trial) tracked(t *testing.T) {
	const name = "temporary-name"
	var recorded []provider.Credential
	in := given(t, c.params(), c.s.Inputs[c.inputs()]).Track(provider.Tracker{TemporaryName: name, Record: func(made provider.Credential) error {
		recorded = append(recorded, made)
		return errors.New("the disk is full")
	}})
	r := c.callWith(t.Context(), t, in, nil, 0)
	require.NotEmpty(t, r.sent)
	last := r.sent[len(r.sent)-1]
	assert.True(t, last.changes(), "%s %s is sent before what was issued is recorded", last.method, last.path)
	for _, s := range r.sent[:len(r.sent)-1] {
		assert.False(t, s.changes(), "%s %s is sent after what was issued could not be recorded", last.method, last.path)
	}
	if _, ok := open(t, c.p, c.k, c.s, &vendor{}, provider.Conn{}).(provider.RightsRepairer); ok {
		assert.Contains(t, last.body, name, "the temporary name is not used")
	}
	if recorded == nil { // it was all that there is to send
		require.NoError(t, r.err)
		return
	}
	require.Len(t, recorded, 1)
	require.ErrorIs(t, r.err, provider.ErrPartial)
	require.ErrorContains(t, r.err, "the disk is full")
	assert.NotEmpty(t, recorded[0].ID)
	assert.Equal(t, recorded[0].ID, r.got[0].ID, "the issued credential was not recorded")
}
