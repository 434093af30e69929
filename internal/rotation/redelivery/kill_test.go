package redelivery_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/rotation/redelivery"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

func index(t *testing.T, h *rotationtest.House) journal.Index {
	t.Helper()
	x, err := h.Journal.Index()
	require.NoError(t, err)
	return x
}

func ref(id string) journal.Ref { return journal.Ref{Provider: "acme", Kind: "key", ID: id} }

// killed delivers, and ends at the nth point where it can; "" where there are fewer.
func killed(t *testing.T, h *rotationtest.House, q redelivery.Request, n int) (at string) {
	t.Helper()
	points := 0
	h.Probe = func(name string) {
		if points++; points == n {
			panic(name)
		}
	}
	defer func() {
		if died, ok := recover().(string); ok {
			at = died
			h.Restart()
		}
	}()
	_, err := deliver(t.Context(), h, q)
	require.NoError(t, err)
	return ""
}

// Killed at any point, the same command delivers. One destination is left from which the
// secret is known.
func TestF1ADeliveryKilledAnywhere(t *testing.T) {
	for n := 1; ; n++ {
		at := ""
		rotationtest.Bubble(t, func(t *testing.T) {
			h, r := rotated(t, nil)
			h.Boxes["box:a"].Key, h.Boxes["box:a"].Secret = "", ""
			q := request(h, r.NewID, "box:a")
			if at = killed(t, h, q, n); at != "" {
				_, err := deliver(t.Context(), h, q)
				require.NoError(t, err, at)
			}
			assert.Equal(t, r.NewID, h.Owner(h.Boxes["box:a"].Secret), at)
			assert.Equal(t, []string{r.NewID}, h.Remaining(), at)
			assert.Zero(t, unfinished(t, h), at)
		})
		if at == "" {
			assert.Greater(t, n, 10, "it has more points than these")
			return
		}
	}
}
