package survey

import (
	"context"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// TestAListThatRunsOutOfTimeSaysSo, however often it is tried: an empty one would look whole.
func TestAListThatRunsOutOfTimeSaysSo(t *testing.T) {
	for range 50 {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			seq, failed := Together(ctx, []Source{{"one", never{}}, {"two", never{}}})
			for range seq {
				t.Error("there is nothing")
			}
			assert.Len(t, failed(), 2)
		})
	}
}

// never lists nothing until the time is up.
type never struct{}

func (never) List(ctx context.Context, _ provider.Input) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		<-ctx.Done()
		yield(provider.Credential{}, ctx.Err())
	}
}

// some lists credentials of these names, after a while.
type some struct {
	after time.Duration
	names []string
}

func (l some) List(context.Context, provider.Input) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		time.Sleep(l.after)
		for _, name := range l.names {
			if !yield(provider.Credential{Name: name}, nil) {
				return
			}
		}
	}
}

// A vendor that never answers keeps nobody's rows back, and has failed after 30 seconds.
func TestAVendorThatNeverAnswersKeepsNothingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		seq, failed := Together(t.Context(), []Source{
			{"silent", never{}}, {"late", some{2 * time.Second, []string{"b"}}}, {"quick", some{0, []string{"a"}}}, {"slow", some{20 * time.Second, []string{"c"}}},
		})
		when := map[string]time.Duration{}
		for c, err := range seq {
			require.NoError(t, err)
			when[c.Name] = time.Since(begin)
		}
		assert.Equal(t, map[string]time.Duration{"a": time.Second, "b": 2 * time.Second, "c": 20 * time.Second}, when)
		assert.Equal(t, 30*time.Second, time.Since(begin))
		require.Len(t, failed(), 1)
		require.EqualError(t, failed()[0], "silent: no answer within 30s")
		assert.ErrorIs(t, failed()[0], provider.ErrUnavailable)
	})
}

// Vendors that answer soon are listed in their order, whichever is the first to answer.
func TestVendorsAreListedInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seq, _ := Together(t.Context(), []Source{{"one", some{900 * time.Millisecond, []string{"a", "b"}}}, {"two", some{0, []string{"c"}}}, {"none", some{}}})
		var names []string
		for c := range seq {
			names = append(names, c.Name)
		}
		assert.Equal(t, []string{"a", "b", "c"}, names)
	})
}

// A long listing is not silent.
func TestAListingMayTakeLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seq, failed := Together(t.Context(), []Source{{"long", trickle{}}})
		count := 0
		for range seq {
			count++
		}
		assert.Equal(t, 5, count)
		assert.Empty(t, failed())
	})
}

// trickle lists a credential each 20 seconds.
type trickle struct{}

func (trickle) List(ctx context.Context, _ provider.Input) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		for range 5 {
			select {
			case <-time.After(20 * time.Second):
			case <-ctx.Done():
				yield(provider.Credential{}, ctx.Err())
				return
			}
			if !yield(provider.Credential{}, nil) {
				return
			}
		}
	}
}
