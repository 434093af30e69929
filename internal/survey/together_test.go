package survey

import (
	"context"
	"errors"
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
			all := New(ctx, []Source{{Vendor: "one", Lister: never{}}, {Vendor: "two", Lister: never{}}}, 0)
			for range all.AsTheyCome() {
				t.Error("there is nothing")
			}
			assert.Len(t, all.Failed(), 2)
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
			if !yield(provider.Credential{ID: name, Name: name}, nil) {
				return
			}
		}
	}
}

// A vendor that never answers keeps nobody's rows back where they come as they are, and
// has failed after 30 seconds.
func TestAVendorThatNeverAnswersKeepsNothingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		all := New(t.Context(), []Source{
			{Vendor: "silent", Lister: never{}},
			{Vendor: "late", Lister: some{2 * time.Second, []string{"b"}}},
			{Vendor: "quick", Lister: some{0, []string{"a"}}},
			{Vendor: "slow", Lister: some{20 * time.Second, []string{"c"}}},
		}, 0)
		when := map[string]time.Duration{}
		for c, err := range all.AsTheyCome() {
			require.NoError(t, err)
			when[c.Name] = time.Since(begin)
		}
		assert.Equal(t, map[string]time.Duration{"a": 0, "b": 2 * time.Second, "c": 20 * time.Second}, when)
		assert.Equal(t, 30*time.Second, time.Since(begin))
		require.Len(t, all.Failed(), 1)
		require.EqualError(t, all.Failed()[0], "silent: no answer within 30s")
		assert.ErrorIs(t, all.Failed()[0], provider.ErrUnavailable)
	})
}

// In order, the slowest vendor decides how long it takes, wherever it stands.
func TestVendorsAreListedInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		all := New(t.Context(), []Source{
			{Vendor: "one", Lister: some{9 * time.Second, []string{"a", "b"}}},
			{Vendor: "two", Lister: some{0, []string{"c"}}},
			{Vendor: "none", Lister: some{}},
		}, 0)
		assert.Equal(t, []string{"a", "b", "c"}, names(t, all.InOrder()))
		assert.Equal(t, 9*time.Second, time.Since(begin))
	})
}

// What two profiles reach is listed once, with the first of them, also where the rows of
// the second come first.
func TestAnAccountOfTwoProfilesIsListedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		of := func(profile, account string, after time.Duration, ids ...string) Source {
			return Source{"acme", profile, account, identified{after, ids}}
		}
		sources := []Source{of("a", "x key", time.Second, "1", "2"), of("b", "x key", 0, "2", "3"), of("c", "y key", 0, "2")}
		for _, rows := range []func(*Survey) iter.Seq2[provider.Credential, error]{(*Survey).InOrder, (*Survey).AsTheyCome} {
			var got []string
			for c, err := range rows(New(t.Context(), sources, 0)) {
				require.NoError(t, err)
				got = append(got, c.Profile+c.ID)
			}
			assert.Equal(t, []string{"a1", "a2", "b3", "c2"}, got)
		}
	})
}

// A listing that broke off in the middle ends with an error; others are whole.
func TestAListingThatBreaksOffDoesNotLookWhole(t *testing.T) {
	for _, rows := range []func(*Survey) iter.Seq2[provider.Credential, error]{(*Survey).InOrder, (*Survey).AsTheyCome} {
		all := New(t.Context(), []Source{{Vendor: "breaks", Lister: breaking{}}, {Vendor: "whole", Lister: some{0, []string{"b", "c"}}}}, 0)
		var count int
		var last error
		for _, err := range rows(all) {
			if last = err; err == nil {
				count++
			}
		}
		assert.Equal(t, 3, count)
		require.ErrorIs(t, last, provider.ErrPartial)
		require.ErrorContains(t, last, "breaks: it broke")
		assert.Len(t, all.Failed(), 1)
	}
}

// Requests that end because nobody reads the rest are no failures.
func TestReadingNoMoreIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := New(t.Context(), []Source{{Vendor: "one", Lister: some{0, []string{"a", "b"}}}, {Vendor: "two", Lister: never{}}}, 0)
		for _, err := range First(1, all.AsTheyCome()) {
			require.NoError(t, err)
		}
		assert.Empty(t, all.Failed())
	})
}

// A vendor that limits the rate is waited for as long as the run allows.
func TestAWaitForTheRateLimitIsNoSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := New(t.Context(), []Source{{Vendor: "limits", Lister: some{time.Minute, []string{"a"}}}, {Vendor: "silent", Lister: never{}}}, 65*time.Second)
		assert.Equal(t, []string{"a"}, names(t, all.InOrder()))
		require.Len(t, all.Failed(), 1)
		assert.EqualError(t, all.Failed()[0], "silent: no answer within 1m35s")
	})
}

// A long listing is not silent.
func TestAListingMayTakeLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := New(t.Context(), []Source{{Vendor: "long", Lister: trickle{}}}, 0)
		assert.Len(t, names(t, all.InOrder()), 5)
		assert.Empty(t, all.Failed())
	})
}

func names(t *testing.T, seq iter.Seq2[provider.Credential, error]) (all []string) {
	t.Helper()
	for c, err := range seq {
		require.NoError(t, err)
		all = append(all, c.Name)
	}
	return all
}

// identified lists credentials with these IDs, after a while.
type identified struct {
	after time.Duration
	ids   []string
}

func (l identified) List(context.Context, provider.Input) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		time.Sleep(l.after)
		for _, id := range l.ids {
			if !yield(provider.Credential{ID: id}, nil) {
				return
			}
		}
	}
}

// breaking lists one credential and fails.
type breaking struct{}

func (breaking) List(context.Context, provider.Input) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		_ = yield(provider.Credential{ID: "a", Name: "a"}, nil) && yield(provider.Credential{}, errors.New("it broke"))
	}
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
