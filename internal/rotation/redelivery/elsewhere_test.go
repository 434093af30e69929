package redelivery_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// What delivers already is not continued in another account. The journal keeps that the first
// one has the secret.
func TestADeliveryIsNotContinuedInAnotherAccount(t *testing.T) {
	refused := func(t *testing.T, h *rotationtest.House, id string) {
		t.Helper()
		b := h.Boxes["box:a"]
		there := *b
		b.Account, b.Key, b.Secret = "AWS account 2", "theirs", "theirs"
		_, err := deliver(t.Context(), h, request(h, id, "box:a"))
		require.ErrorIs(t, err, provider.ErrPartial)
		require.ErrorContains(t, err, "it is in AWS account 2 now, but this rotation was started in AWS account 1")
		assert.Contains(t, provider.HintOf(err), "use the credentials for AWS account 1, then: credctl rotation resume ")
		assert.Equal(t, "theirs", b.Secret)
		*b = there
		h.Restart()
	}
	t.Run("a rotation in its grace period", func(t *testing.T) {
		rotationtest.Bubble(t, func(t *testing.T) {
			h := rotationtest.New(t, rotationtest.AsReplacer)
			h.Boxes["box:a"].Account = "AWS account 1"
			q := h.Request()
			q.Grace = time.Hour
			r, err := h.Rotate(t.Context(), q)
			require.NoError(t, err)
			refused(t, h, r.NewID)
			op, err := h.Journal.Load(r.Operation)
			require.NoError(t, err)
			s, err := oplog.Fold(op)
			require.NoError(t, err)
			assert.Contains(t, s.Delivered, "box:a")
		})
	})
	t.Run("a delivery that was killed", func(t *testing.T) {
		rotationtest.Bubble(t, func(t *testing.T) {
			h, r := rotated(t, func(*rotation.Request) {})
			h.Boxes["box:a"].Account, h.Boxes["box:a"].Secret = "AWS account 1", ""
			q := request(h, r.NewID, "box:a")
			at := ""
			for n := 1; at != "deliver.writing"; n++ {
				at = killed(t, h, q, n)
				require.NotEmpty(t, at)
			}
			refused(t, h, r.NewID)
			_, err := deliver(t.Context(), h, q)
			require.NoError(t, err)
			assert.Equal(t, r.NewID, h.Owner(h.Boxes["box:a"].Secret))
			assert.Zero(t, unfinished(t, h))
		})
	})
}

// The journal knows one place of each name: that the one of another host is not checked any more
// is said.
func TestADeliveryToTheFileOfThatNameOnAnotherHostSaysSo(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := rotationtest.New(t, rotationtest.AsReplacer)
		h.Local, h.Host = []string{"box:a"}, "web-1"
		first, err := h.Rotate(t.Context(), h.Request())
		require.NoError(t, err)
		own := *h.Boxes["box:a"]
		own.Secret, own.Key = "", ""
		h.Boxes["box:a"], h.Host = &own, "web-2"
		h.Restart()
		r, err := deliver(t.Context(), h, request(h, first.NewID, "box:a"))
		require.NoError(t, err)
		assert.Contains(t, strings.Join(r.Notes, "\n"), "from now on, credctl checks what is delivered here, and not what was delivered before: box:a: this rotation was started on another host, web-1")
		assert.Equal(t, first.NewID, h.Owner(own.Secret))
	})
}
