package rights

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// empty is an environment whose journal knows nothing.
func empty(t *testing.T) run.Env {
	t.Helper()
	store, err := folder.Open(t.TempDir())
	require.NoError(t, err)
	return run.Env{Journal: store}
}

// knows is a vendor that knows before a rotation which rights the new credential gets.
type knows struct {
	keep   map[string]string
	unseen []string
	err    error
}

func (k knows) CheckRights(context.Context, provider.Credential, bool, provider.Input, map[string]string) (keep map[string]string, unseen []string, err error) {
	return k.keep, k.unseen, k.err
}

// Rights that would be lost stop a rotation before anything is issued, unless that was
// accepted; what cannot be seen is said.
func TestCheck(t *testing.T) {
	lost := provider.WithClass(provider.ErrVerify, errors.New("it would lack write"))
	for name, c := range map[string]struct {
		service  provider.Service
		strategy oplog.Strategy
		accept   bool
		said     []string
		err      error
	}{
		"all is kept":               {service: knows{}, strategy: oplog.Replace},
		"something is lost":         {service: knows{err: lost}, strategy: oplog.Replace, err: provider.ErrVerify},
		"and that is accepted":      {service: knows{err: lost}, strategy: oplog.Replace, accept: true, said: []string{"it would lack write"}},
		"it cannot be read":         {service: knows{err: provider.ErrUnavailable}, strategy: oplog.Replace, accept: true, err: provider.ErrUnavailable},
		"some cannot be seen":       {service: knows{unseen: []string{"a", "b"}}, strategy: oplog.Rotate, said: []string{"a", "b"}},
		"only a secret is replaced": {service: knows{err: lost}, strategy: oplog.Generate},
		"nothing is known":          {service: struct{}{}, strategy: oplog.Replace},
	} {
		t.Run(name, func(t *testing.T) {
			r := &run.Run{Env: empty(t), Service: c.service, Op: &oplog.OpState{Strategy: c.strategy, Options: oplog.Options{AcceptDrift: c.accept}}, Old: provider.Credential{ID: "old"}}
			said, err := Check(t.Context(), r)
			require.ErrorIs(t, err, c.err)
			assert.Equal(t, c.said, said)
			assert.Nil(t, r.Op.Options.Keeps)
		})
	}
}

// What keeps the rights becomes part of the request, but for what the user gave.
func TestWhatKeepsTheRightsIsAskedFor(t *testing.T) {
	r := &run.Run{
		Env:     empty(t),
		Service: knows{keep: map[string]string{"role": "admin"}}, Input: provider.NewInput(provider.String("role", ""), provider.String("name", "")),
		Op: &oplog.OpState{Strategy: oplog.Replace, Subject: oplog.Subject{Params: map[string]string{"name": "web"}}},
	}
	_, err := Check(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, []string{"role"}, r.Op.Options.Keeps)
	assert.Equal(t, map[string]string{"role": "admin", "name": "web"}, r.Op.Subject.Params)
	assert.Equal(t, "admin", r.Input.Value("role").String())
}
