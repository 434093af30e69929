package verify_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/failpoint"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/verify"
)

var (
	notYet = provider.WithClass(provider.ErrPending, errors.New("403 InvalidAccessKeyId"))
	unsure = provider.WithClass(provider.ErrUnavailable, errors.New("503"))
)

// script returns a try that goes through results, the last of which stays, and
// the times of the tries.
func script(results ...error) (func(context.Context) error, *[]time.Duration) {
	start, times := time.Now(), &[]time.Duration{}
	return func(context.Context) error {
		*times = append(*times, time.Since(start))
		return results[min(len(*times), len(results))-1]
	}, times
}

func TestWait(t *testing.T) {
	ms := failpoint.Wait(time.Millisecond)
	for name, c := range map[string]struct {
		results []error
		want    error
		times   []time.Duration
	}{
		"works at once":       {[]error{nil}, nil, []time.Duration{0, 500 * ms, 1000 * ms}},
		"not yet, then works": {[]error{notYet, notYet, nil}, nil, []time.Duration{0, 500 * ms, 1500 * ms, 2000 * ms, 2500 * ms}},
		"it takes three in a row": {
			[]error{nil, nil, notYet, nil, unsure, nil},
			nil,
			[]time.Duration{0, 500 * ms, 1000 * ms, 1500 * ms, 2000 * ms, 2500 * ms, 3000 * ms, 3500 * ms},
		},
		"denied is final":            {[]error{notYet, provider.ErrDenied}, provider.ErrDenied, []time.Duration{0, 500 * ms}},
		"so is what cannot be tried": {[]error{provider.Usage("no endpoint")}, provider.ErrUsage, []time.Duration{0}},
		"so is what credctl refuses": {[]error{provider.WithClass(provider.ErrRefused, errors.New("no server of the sandbox"))}, provider.ErrRefused, []time.Duration{0}},
		"so is no connection":        {[]error{notYet, provider.ErrUnreachable}, provider.ErrVerify, []time.Duration{0, 500 * ms}},
		"once, of a small limit":     {[]error{notYet, provider.ErrMetered}, nil, []time.Duration{0, 500 * ms}},
		"so is a broken command":     {[]error{provider.ErrVerify}, provider.ErrVerify, []time.Duration{0}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				try, times := script(c.results...)
				err := verify.Wait(t.Context(), try, verify.Options{})
				if c.want == nil {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, c.want)
				}
				assert.Equal(t, c.times, *times)
			})
		})
	}
}

func TestWaitEndsInTime(t *testing.T) {
	for name, c := range map[string]struct {
		try  func(context.Context) error
		says string
	}{
		"never accepted":                      {func(context.Context) error { return notYet }, "403 InvalidAccessKeyId"},
		"never, and then a limit of the rate": {func(context.Context) error { return provider.ErrRateLimited }, "rate limited"},
		"hangs": {func(ctx context.Context) error {
			<-ctx.Done()
			return provider.WithClass(provider.ErrUnavailable, errors.New("no answer"))
		}, "no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				err := verify.Wait(t.Context(), c.try, verify.Options{Timeout: time.Minute})
				assert.Equal(t, time.Minute, time.Since(start))
				require.ErrorIs(t, err, provider.ErrPending)
				require.NotErrorIs(t, err, provider.ErrUnavailable, "the class is that of the wait, not of the last try")
				require.ErrorContains(t, err, "within 1m0s")
				require.ErrorContains(t, err, c.says)
			})
		})
	}
	t.Run("with what stays wrong", func(t *testing.T) {
		for _, class := range []error{provider.ErrInvalid, provider.ErrNotFound, provider.ErrConflict, errors.New("what nobody knows")} {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				err := verify.Wait(t.Context(), func(context.Context) error { return provider.WithClass(class, errors.New("no key")) }, verify.Options{Timeout: time.Minute})
				assert.Equal(t, time.Minute, time.Since(start))
				require.ErrorIs(t, err, provider.ErrVerify, "more time does not heal it")
				require.NotErrorIs(t, err, provider.ErrPending)
				require.ErrorContains(t, err, "no key")
			})
		}
	})
	t.Run("five minutes unless said otherwise, and ever slower", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			try, times := script(notYet)
			require.ErrorIs(t, verify.Wait(t.Context(), try, verify.Options{}), provider.ErrPending)
			last := len(*times) - 1
			assert.Equal(t, failpoint.Wait(5*time.Second), (*times)[last]-(*times)[last-1])
			assert.Less(t, (*times)[last], 5*time.Minute)
			assert.Greater(t, (*times)[last], 290*time.Second)
		})
	})
}

func TestWaitHoldsWithTwoOfThree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		try, _ := script(notYet, nil)
		err := verify.Wait(t.Context(), try, verify.Options{Timeout: failpoint.Wait(1100 * time.Millisecond)})
		require.ErrorIs(t, err, provider.ErrPending)
		require.ErrorContains(t, err, "the new secret could not be verified 3 times within "+failpoint.Wait(1100*time.Millisecond).String()+"; last result: the new secret worked (2/3)")
	})
}

func TestWaitIsCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		start := time.Now()
		err := verify.Wait(ctx, func(context.Context) error { return notYet }, verify.Options{})
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, provider.ErrPending)
		assert.Equal(t, 3*time.Second, time.Since(start))
	})
}

func TestWaitReportsChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said []string
		try, _ := script(notYet, notYet, unsure, nil)
		require.NoError(t, verify.Wait(t.Context(), try, verify.Options{Report: func(s string) { said = append(said, s) }}))
		assert.Equal(t, []string{"403 InvalidAccessKeyId", "503", "the new secret worked (1/3)", "the new secret worked (2/3)"}, said)
	})
}
