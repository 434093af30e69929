package guard

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// lost is the error of a repeated deletion that found nothing.
var lost = provider.WithClass(provider.ErrGone, absent("404"))

// account is what can be read before a deletion, and after it.
type account struct {
	before, after []provider.Credential
	down          error // what reading meets after it
	deleted       bool
}

func (a *account) now() ([]provider.Credential, error) {
	if a.deleted {
		return a.after, a.down
	}
	return a.before, nil
}

func (a *account) List(context.Context, provider.Input) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		all, err := a.now()
		for _, c := range all {
			if !yield(c, nil) {
				return
			}
		}
		if err != nil {
			yield(provider.Credential{}, err)
		}
	}
}

func (a *account) Get(_ context.Context, id string) (provider.Credential, error) {
	all, err := a.now()
	for _, c := range all {
		if c.ID == id {
			return c, nil
		}
	}
	if err == nil {
		err = absent("404")
	}
	return provider.Credential{}, err
}

// Only a credential that was there, and is not now, was deleted by a try whose answer was lost.
func TestSettle(t *testing.T) {
	live, revoked := []provider.Credential{{ID: "x"}}, []provider.Credential{{ID: "x", Revoked: true}}
	gateway := provider.WithClass(provider.ErrNotFound, errors.New("404 of a gateway"))
	for name, c := range map[string]struct {
		account
		err  error
		want error // nil: it is deleted
		says string
	}{
		"it was deleted":                    {account{before: live}, nil, nil, ""},
		"it was not there":                  {account{}, absent("404"), provider.ErrNotFound, ""},
		"the answer was lost":               {account{before: live}, lost, provider.ErrGone, ""},
		"so, and it is revoked now":         {account{before: live, after: revoked}, lost, provider.ErrGone, ""},
		"it was never there":                {account{}, lost, provider.ErrNotFound, "nothing shows that x existed"},
		"it was revoked before":             {account{before: revoked, after: revoked}, lost, provider.ErrNotFound, ""},
		"it is still there":                 {account{before: live, after: live}, lost, provider.ErrNotFound, "x still exists"},
		"it cannot be read":                 {account{before: live, down: provider.ErrUnavailable}, lost, provider.ErrUnknown, "x cannot be read"},
		"a gateway says that it is not":     {account{before: live, down: gateway}, lost, provider.ErrNotFound, "nothing shows"},
		"it fails in another way":           {account{before: live}, provider.ErrUnavailable, provider.ErrUnavailable, ""},
		"it could not be read before it":    {account{before: nil}, lost, provider.ErrNotFound, "nothing shows"},
		"another one of the same was there": {account{before: []provider.Credential{{ID: "y"}}}, lost, provider.ErrNotFound, "nothing shows"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, ids := range [][]string{{"x"}, {"x", "z"}} {
				c.deleted = false
				f := &Findings{IDs: ids, service: &c.account, seen: newSurvey(t.Context(), &c.account, ids)}
				f.seen.read(t.Context())
				c.deleted = true
				err := f.Settle(t.Context(), "x", c.err)
				if c.want == nil {
					require.NoError(t, err)
					continue
				}
				require.ErrorIs(t, err, c.want)
				require.ErrorContains(t, err, c.says)
				assert.Equal(t, errors.Is(c.want, provider.ErrGone), errors.Is(err, provider.ErrGone))
			}
		})
	}
}

// What is not there is ignored in an account that can be read alone.
func TestIgnorable(t *testing.T) {
	a := &account{deleted: true}
	f := &Findings{IDs: []string{"x"}, service: a, seen: newSurvey(t.Context(), a, []string{"x"})}
	ignorable, err := f.Ignorable(absent("404"))
	require.NoError(t, err)
	assert.True(t, ignorable)
	ignorable, err = f.Ignorable(provider.WithClass(provider.ErrNotFound, errors.New("404 of a router")))
	require.NoError(t, err)
	assert.False(t, ignorable)
	a.down = provider.ErrDenied
	_, err = f.Ignorable(absent("404"))
	require.ErrorIs(t, err, provider.ErrDenied)
}

func TestMissing(t *testing.T) {
	a := &account{before: []provider.Credential{{ID: "x"}, {ID: "r", Revoked: true}}}
	ids := []string{"x", "r", "none"}
	f := &Findings{IDs: ids, service: a, seen: newSurvey(t.Context(), a, ids)}
	require.NoError(t, f.Missing("none"), "nothing was read yet")
	f.seen.read(t.Context())
	require.NoError(t, f.Missing("x"))
	require.ErrorIs(t, f.Missing("r"), provider.ErrAbsent)
	require.ErrorIs(t, f.Missing("none"), provider.ErrNotFound)
}
