package provider_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// lister can list, and nothing else; replacer can delete and replace.
type (
	lister   struct{}
	replacer struct{ lister }
	rotator  struct{ lister }
)

func (lister) List(context.Context, provider.Input) iter.Seq2[provider.Credential, error] { return nil }

func (replacer) Delete(context.Context, string) error { return nil }

func (replacer) Replace(context.Context, provider.Credential, provider.Input) (provider.Credential, error) {
	return provider.Credential{}, nil
}

func (rotator) Rotate(context.Context, string, provider.Input) (provider.Credential, error) {
	return provider.Credential{}, nil
}

// but says why each verb cannot be done, but for some.
func but(verbs ...provider.Verb) map[provider.Verb]string {
	why := map[provider.Verb]string{}
	for _, v := range provider.Verbs() {
		if !slices.Contains(verbs, v) {
			why[v] = "there is no such API"
		}
	}
	return why
}

func opened[T any](provider.Conn) (T, error) {
	var t T
	return t, nil
}

func TestMethodsAreVerbs(t *testing.T) {
	k := provider.NewKind(provider.Kind{Name: "key", Unsupported: but(provider.List)}, opened[lister])
	assert.Equal(t, []provider.Verb{provider.List}, k.Verbs)
	k = provider.NewKind(provider.Kind{Name: "key", Unsupported: but(provider.List, provider.Delete, provider.Rotate)}, opened[*replacer])
	assert.Equal(t, []provider.Verb{provider.List, provider.Delete, provider.Rotate}, k.Verbs, "one that replaces and deletes can rotate")
	k = provider.NewKind(provider.Kind{Name: "key", Unsupported: but(provider.List, provider.Rotate), Issues: []provider.Verb{provider.Rotate}, Shape: provider.KeyPair()}, opened[rotator])
	assert.Equal(t, []provider.Verb{provider.List, provider.Rotate}, k.Verbs)
	svc, err := k.Open(provider.Conn{})
	require.NoError(t, err)
	assert.IsType(t, rotator{}, svc)
}

func TestNewKindPanics(t *testing.T) {
	for says, k := range map[string]provider.Kind{
		`provider: kind "key" does not say why it cannot create`:                                                {Unsupported: but(provider.List, provider.Create)},
		`provider: kind "key" declares something for "create", which provider_test.lister does not support`:     {Unsupported: but(provider.List), Issues: []provider.Verb{provider.Create}},
		`provider: kind "key" declares something for "delete", which provider_test.lister does not support`:     {Unsupported: but(provider.List), Effects: map[provider.Verb]string{provider.Delete: "x"}},
		`provider: kind "key" declares something for "update", which provider_test.lister does not support`:     {Unsupported: but(provider.List), Params: map[provider.Verb][]provider.AnyParam{provider.Update: nil}},
		`provider: kind "key" declares something for "frobnicate", which provider_test.lister does not support`: {Unsupported: but(provider.List), Issues: []provider.Verb{"frobnicate"}},
	} {
		k.Name = "key"
		assert.PanicsWithValue(t, says, func() { provider.NewKind(k, opened[lister]) })
	}
	shapeless := provider.Kind{Name: "key", Unsupported: but(provider.List, provider.Rotate), Issues: []provider.Verb{provider.Rotate}}
	assert.PanicsWithValue(t, `provider: kind "key" issues secrets, and does not say of which shape`, func() { provider.NewKind(shapeless, opened[rotator]) })
}

func TestFind(t *testing.T) {
	errLost := errors.New("lost")
	list := func(yield func(provider.Credential, error) bool) {
		_ = yield(provider.Credential{ID: "a"}, nil) && yield(provider.Credential{ID: "b", Name: "x"}, nil) && yield(provider.Credential{}, errLost)
	}
	c, err := provider.Find(list, "b")
	require.NoError(t, err)
	assert.Equal(t, "x", c.Name)
	_, err = provider.Find(list, "c")
	require.ErrorIs(t, err, errLost, "half a listing does not say that something is not there")
	_, err = provider.Find(func(func(provider.Credential, error) bool) {}, "c")
	require.ErrorIs(t, err, provider.ErrNotFound)
}

func TestConnReports(t *testing.T) {
	provider.Conn{}.Report("nobody listens")
	var got string
	provider.Conn{Progress: func(s string) { got = s }}.Report("waiting")
	assert.Equal(t, "waiting", got)
}
