package providertest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// healthy checks what comes of the verb when nothing fails, and returns it.
func (c *trial) healthy(t *testing.T) {
	r := c.call(t.Context(), t, nil, 0)
	require.NoError(t, r.err)
	require.NotEmpty(t, r.sent)
	for _, s := range r.sent {
		assert.Equal(t, vendorHost, s.host, "the token is for the vendor alone")
		assert.True(t, strings.HasPrefix(s.path, c.p.Prefix), "%s is not below the base URL", s.path)
		assert.Equal(t, s.body != "", s.header.Get("Content-Type") != "", "%s %s: Content-Type comes with a body", s.method, s.path)
	}
	if c.v == provider.Delete {
		return
	}
	require.NotEmpty(t, r.got)
	for _, got := range r.got {
		assert.Equal(t, c.p.Name, got.Provider)
		assert.Equal(t, c.k.Name, got.Kind)
		assert.NotEmpty(t, got.ID)
		hides(t, got)
	}
	switch c.v {
	case provider.List:
		assert.True(t, r.got[0].Secret.IsZero(), "a listing has no secrets")
		c.stops(t)
	case provider.Get, provider.Update, RepairRights:
		assert.Equal(t, c.s.ID, r.got[0].ID)
		assert.True(t, r.got[0].Secret.IsZero(), "%s issues no secret", c.v)
	case provider.Generate:
		assert.Equal(t, c.s.ID, r.got[0].ID)
	case provider.Create, provider.Rotate, provider.Delete: // all that is said of them is said above
	case Replace:
		assert.NotEqual(t, c.s.ID, r.got[0].ID, "the successor has an ID of its own")
	}
	c.quiet(t, r)
}

// stops checks that a listing may be left early, and be ranged over again.
func (c *trial) stops(t *testing.T) {
	t.Helper()
	svc := open(t, c.p, c.k, c.s, &vendor{healthy: c.s.Answers()}, provider.Conn{})
	list := svc.(provider.Lister).List(t.Context(), given(t, c.params(), c.s.Inputs[provider.List]))
	var first []string
	for range 2 {
		for got, err := range list {
			require.NoError(t, err)
			first = append(first, got.ID)
			break
		}
	}
	require.Len(t, first, 2)
	assert.Equal(t, first[0], first[1])
}

// hides checks that printing a credential does not show its secret.
func hides(t *testing.T, c provider.Credential) {
	t.Helper()
	if c.Secret.IsZero() {
		return
	}
	b, err := json.Marshal(c)
	require.NoError(t, err)
	for _, shown := range []string{string(b), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c)} {
		assert.NotContains(t, shown, c.Secret.Reveal())
	}
}

// parameters checks that what the verb reads is declared: with nothing given,
// and with everything given. Whether that makes sense is not asked.
func (c *trial) parameters(t *testing.T) {
	for _, in := range []provider.Input{{}, provider.NewInput(c.params()...), filled(t, c.params(), c.s.Inputs[c.inputs()])} {
		assert.NotPanics(t, func() { c.callWith(t.Context(), t, in, nil, 0) })
	}
}

// filled returns an input in which every parameter is given.
func filled(t *testing.T, params []provider.AnyParam, values map[string]string) provider.Input {
	t.Helper()
	in := provider.NewInput(params...)
	for _, p := range params {
		info, done := p.Info(), false
		for _, s := range append([]string{values[info.Name]}, append(info.Values, "1", "true", "k=v", "name", "2030-01-01", "0b7e4bb6-6a7d-4a5b-8a43-b43ad0a0b1f3", "{}")...) {
			if done = in.Value(info.Name).Set(s) == nil; done {
				break
			}
		}
		require.True(t, done, "no sample for %q", info.Name)
	}
	return in
}
