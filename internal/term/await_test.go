package term

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAnInterruptIsNoReasonToReadNothing: what was begun is ended well after it.
func TestAnInterruptIsNoReasonToReadNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		interrupted := make(chan struct{})
		slowly := func() (string, error) {
			time.Sleep(sameInterrupt / 2)
			return "text", nil
		}
		time.AfterFunc(sameInterrupt/4, func() { close(interrupted) })
		for range 2 { // before and while
			got, err := Await(interrupted, time.Second, Late("it", time.Second), slowly)
			require.NoError(t, err)
			assert.Equal(t, "text", got)
		}
		start := time.Now()
		_, err := Await(interrupted, time.Second, Late("it does not end", time.Second), func() (string, error) {
			time.Sleep(2 * time.Second)
			return "", nil
		})
		require.ErrorContains(t, err, "it does not end within 1s")
		assert.Equal(t, time.Second, time.Since(start))
		time.Sleep(time.Second)
	})
}
