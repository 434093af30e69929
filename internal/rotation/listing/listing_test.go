package listing

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// A vendor lists these credentials, each time in a second unless it takes longer.
type vendor struct {
	names []string
	lists atomic.Int64
	err   error
	takes time.Duration
}

func (v *vendor) List(context.Context, provider.Input) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		v.lists.Add(1)
		time.Sleep(cmp.Or(v.takes, time.Second))
		if v.err != nil {
			yield(provider.Credential{}, v.err)
			return
		}
		for _, name := range v.names {
			if !yield(provider.Credential{ID: "id-" + name, Name: name}, nil) {
				return
			}
		}
	}
}

// All who need the listing at once share it, until it is too old.
func TestOneListsForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{names: []string{"b", "a"}}
		var accounts Accounts
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				found, err := accounts.Of(v).All(t.Context(), Lately())
				if assert.NoError(t, err) {
					assert.Len(t, found, 2)
				}
			})
		}
		all.Wait()
		assert.EqualValues(t, 1, v.lists.Load())
		c, found, err := accounts.Of(v).Find(t.Context(), "id-a")
		require.NoError(t, err)
		assert.True(t, found)
		assert.Equal(t, "a", c.Name)
		_, found, err = accounts.Of(v).Find(t.Context(), "id-c")
		require.NoError(t, err)
		assert.False(t, found)
		assert.EqualValues(t, 1, v.lists.Load())
		time.Sleep(Recent)
		_, found = accounts.Of(v).Cached("id-a", Lately())
		assert.False(t, found, "it is too old")
		kept, _, _ := accounts.Of(v).Candidates()
		assert.Nil(t, kept)
		for range accounts.Of(v).Again(t.Context()) {
		}
		assert.EqualValues(t, 2, v.lists.Load())
		kept, _, took := accounts.Of(v).Candidates()
		assert.Equal(t, time.Second, took)
		for range kept {
		}
		assert.EqualValues(t, 2, v.lists.Load())
	})
}

// A listing that takes longer than it is recent serves those who waited for it.
func TestASlowListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{names: []string{"a"}, takes: 2 * Recent}
		_, found, err := new(Accounts).Of(v).Find(t.Context(), "id-a")
		require.NoError(t, err)
		assert.True(t, found)
	})
}

// What a run has listed since it began serves it, however long it takes to ask for it.
func TestAListingOfTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{names: []string{"a"}}
		began, account := time.Now(), new(Accounts).Of(v)
		for range 3 {
			_, err := account.All(t.Context(), began)
			require.NoError(t, err)
			time.Sleep(time.Hour)
		}
		assert.EqualValues(t, 1, v.lists.Load())
	})
}

// A listing that fails is not kept, and is tried again.
func TestAFailedListingIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{names: []string{"a"}, err: errors.New("down")}
		var accounts Accounts
		_, err := accounts.Of(v).All(t.Context(), Lately())
		require.ErrorIs(t, err, v.err)
		v.err = nil
		found, err := accounts.Of(v).All(t.Context(), Lately())
		require.NoError(t, err)
		assert.Len(t, found, 1)
	})
}

func TestSelected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{names: []string{"ci-2", "web", "ci-10", "ci", "cj", "ci-2"}}
		account := new(Accounts).Of(v)
		for prefix, want := range map[string][]string{
			"": v.names, "ci": {"ci-2", "ci-10", "ci", "ci-2"}, "ci-2": {"ci-2", "ci-2"}, "w": {"web"}, "x": nil, "ci-3": nil,
		} {
			found, err := account.Selected(t.Context(), Lately(), prefix)
			require.NoError(t, err)
			var names []string
			for _, c := range found {
				names = append(names, c.Name)
			}
			assert.Equal(t, want, names, prefix)
		}
		assert.EqualValues(t, 1, v.lists.Load())
	})
}
