package redelivery_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/redelivery"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// rotated is a house whose credential was rotated to both boxes.
func rotated(t *testing.T, change func(*rotation.Request)) (*rotationtest.House, rotation.Result) {
	t.Helper()
	h := rotationtest.New(t, rotationtest.AsReplacer)
	q := h.Request()
	if change != nil {
		change(&q)
	}
	r, err := h.Rotate(t.Context(), q)
	require.NoError(t, err)
	return h, r
}

// request asks for the secret of a credential to be delivered.
func request(h *rotationtest.House, id string, to ...string) redelivery.Request {
	return redelivery.Request{Subject: rotation.Subject{Provider: "acme", Kind: "key", ID: id}, Options: rotation.Options{To: to}, Service: h.Service}
}

func deliver(ctx context.Context, h *rotationtest.House, q redelivery.Request) (rotation.Result, error) {
	return rotation.Deliverer(h.Engine).Deliver(ctx, q)
}

func unfinished(t *testing.T, h *rotationtest.House) int {
	t.Helper()
	open, err := h.List(false)
	require.NoError(t, err)
	return len(open)
}

// The secret comes from the destination that still holds it. The operation knows of both
// then, and the secret is as old as it was.
func TestTheSecretOfAnotherDestination(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, r := rotated(t, nil)
		made, _, err := index(t, h).Made(ref(r.NewID))
		require.NoError(t, err)
		h.Boxes["box:a"].Key, h.Boxes["box:a"].Secret = "", ""
		time.Sleep(time.Hour)
		got, err := deliver(t.Context(), h, request(h, r.NewID, "box:a"))
		require.NoError(t, err)
		assert.Equal(t, oplog.Done, got.State)
		assert.Equal(t, oplog.Deliver, got.Strategy)
		assert.True(t, got.Changed)
		assert.Equal(t, r.NewID, h.Owner(h.Boxes["box:a"].Secret))
		require.Len(t, got.Destinations, 2)
		for _, d := range got.Destinations {
			assert.Equal(t, oplog.Delivered, d.State, d.To)
			assert.Equal(t, "value", d.Proof, d.To)
		}
		assert.Equal(t, time.Hour, got.Destinations[0].ProvedAt.Sub(got.Destinations[1].ProvedAt), "that of box:b was proved before")
		again, _, err := index(t, h).Made(ref(r.NewID))
		require.NoError(t, err)
		assert.Equal(t, got.Operation, again.Operation)
		assert.Equal(t, made.Issued, again.Issued)
		op, err := h.Journal.Load(got.Operation)
		require.NoError(t, err)
		assert.True(t, op.Wiped())
		assert.Equal(t, []string{r.NewID}, h.Remaining())
	})
}

func TestASecretThatAPersonSupplies(t *testing.T) {
	for name, test := range map[string]struct {
		secret string
		class  error
	}{
		"the right one": {secret: "s3cret-1$"},
		"another one":   {secret: "wrong", class: provider.ErrVerify},
		"none":          {class: provider.ErrUsage},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := rotationtest.New(t, rotationtest.AsReplacer)
				h.Boxes["box:a"].Key, h.Boxes["box:a"].Secret = "", ""
				q := request(h, h.Old.ID, "box:a")
				q.Secret = provider.NewSecret(test.secret)
				got, err := deliver(t.Context(), h, q)
				require.ErrorIs(t, err, test.class)
				all, lerr := h.List(true)
				require.NoError(t, lerr)
				if test.class != nil {
					assert.Empty(t, all, "nothing began")
					assert.Empty(t, h.Boxes["box:a"].Secret)
					return
				}
				assert.Equal(t, h.Old.ID, got.ID)
				assert.Equal(t, h.Old.Key, h.Boxes["box:a"].Key)
				assert.Equal(t, h.Old.Secret, h.Boxes["box:a"].Secret)
				assert.Len(t, all, 1)
			})
		})
	}
}

// A vendor may accept the secret of any of its keys: the journal knows whose it is.
func TestTheSecretOfAnotherCredentialIsRefused(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, r := rotated(t, nil)
		q := h.Request()
		q.ID, q.To, q.Force = "id-2", []string{"box:b"}, true
		h.Boxes["box:b"].Key, h.Boxes["box:b"].Secret = "", ""
		_, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		d := request(h, r.NewID, "box:a")
		d.Secret = provider.NewSecret(h.Boxes["box:b"].Secret)
		_, err = deliver(t.Context(), h, d)
		require.ErrorIs(t, err, provider.ErrRefused)
		require.ErrorContains(t, err, "not of "+r.NewID)
		assert.Equal(t, r.NewID, h.Owner(h.Boxes["box:a"].Secret))
	})
}

func TestWhatWasReplacedIsNotDelivered(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, r := rotated(t, nil)
		q := request(h, h.Old.ID, "box:a")
		q.Secret = provider.NewSecret(h.Old.Secret)
		_, err := deliver(t.Context(), h, q)
		require.ErrorIs(t, err, provider.ErrUsage)
		require.EqualError(t, err, h.Old.ID+" was replaced by "+r.NewID)
		h.Boxes["box:a"].Secret = ""
		got, err := deliver(t.Context(), h, request(h, h.Old.ID, "box:a"))
		require.NoError(t, err, "without a secret, that of the replacement is meant")
		assert.Equal(t, r.NewID, got.ID)
		assert.Equal(t, r.NewID, h.Owner(h.Boxes["box:a"].Secret))
	})
}

// The new credential is in use, and the old credential is kept for its grace period.
func TestWhatIsBeingReplacedIsNotDelivered(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, r := rotated(t, func(q *rotation.Request) { q.Grace = time.Hour })
		q := request(h, h.Old.ID, "box:a")
		q.Secret = provider.NewSecret(h.Old.Secret)
		_, err := deliver(t.Context(), h, q)
		require.ErrorIs(t, err, provider.ErrUsage)
		assert.Equal(t, "to continue the rotation: credctl rotation resume "+r.Operation, provider.HintOf(err))
	})
}

// The journal has the secret. The grace period stays as it is, and nothing is deleted, also
// when it has ended.
func TestInTheGracePeriod(t *testing.T) {
	for name, after := range map[string]time.Duration{"before its end": time.Minute, "after its end": 2 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h, r := rotated(t, func(q *rotation.Request) { q.Grace = time.Hour })
				for _, b := range h.Boxes {
					b.Key, b.Secret = "", ""
				}
				h.Clock = after
				got, err := deliver(t.Context(), h, request(h, r.NewID, "box:a", "box:b"))
				require.NoError(t, err)
				assert.Equal(t, r.Operation, got.Operation)
				assert.Equal(t, oplog.Grace, got.State)
				for _, b := range h.Boxes {
					assert.Equal(t, r.NewID, h.Owner(b.Secret))
				}
				assert.Equal(t, []string{h.Old.ID, r.NewID}, h.Remaining())
			})
		})
	}
}

func TestF7OnlyWhatFailedIsDeliveredAgain(t *testing.T) {
	for name, more := range map[string]func(h *rotationtest.House, q redelivery.Request) (rotation.Result, error){
		"the same command": func(h *rotationtest.House, q redelivery.Request) (rotation.Result, error) {
			return deliver(context.Background(), h, q)
		},
		"resume": func(h *rotationtest.House, q redelivery.Request) (rotation.Result, error) {
			return h.Resume(context.Background(), q.ID, rotation.ResumeOptions{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := rotationtest.New(t, rotationtest.AsReplacer)
				h.Boxes["box:a"].Secret, h.Boxes["box:b"].Secret = "", ""
				h.Boxes["box:b"].Faults["write"] = []error{errors.New("box:b: the disk is full")}
				q := request(h, h.Old.ID, "box:a", "box:b")
				q.Secret = provider.NewSecret(h.Old.Secret)
				got, err := deliver(t.Context(), h, q)
				require.ErrorIs(t, err, provider.ErrPartial)
				require.ErrorContains(t, err, h.Old.ID+" was not delivered everywhere: box:b: the disk is full")
				assert.Equal(t, 1, unfinished(t, h))
				h.Restart()
				next, err := more(h, q)
				require.NoError(t, err)
				assert.Equal(t, got.Operation, next.Operation)
				assert.Equal(t, oplog.Done, next.State)
				assert.Equal(t, h.Old.Secret, h.Boxes["box:b"].Secret)
				assert.Zero(t, unfinished(t, h))
			})
		})
	}
}

func TestADeliveryIsAborted(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, r := rotated(t, nil)
		h.Boxes["box:a"].Secret = ""
		h.Boxes["box:a"].Faults["write"] = []error{errors.New("full")}
		got, err := deliver(t.Context(), h, request(h, r.NewID, "box:a"))
		require.ErrorIs(t, err, provider.ErrPartial)
		end, err := h.Abort(t.Context(), got.Operation, rotation.AbortOptions{})
		require.NoError(t, err)
		assert.Equal(t, oplog.Aborted, end.State)
		assert.Equal(t, []string{r.NewID}, h.Remaining(), "nothing is revoked")
	})
}

// What the delivery would write is not in use any more.
func TestADeliveryEndsWhenItsCredentialIsRotated(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, first := rotated(t, nil)
		h.Boxes["box:a"].Secret = ""
		h.Boxes["box:a"].Faults["write"] = []error{errors.New("full")}
		got, err := deliver(t.Context(), h, request(h, first.NewID, "box:a"))
		require.ErrorIs(t, err, provider.ErrPartial)
		q := h.Request()
		q.ID = first.NewID
		second, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, oplog.Done, second.State, "the delivery is not in its way")
		end, err := h.Resume(t.Context(), got.Operation, rotation.ResumeOptions{})
		require.NoError(t, err)
		assert.Equal(t, oplog.Aborted, end.State)
		assert.Equal(t, second.NewID, h.Owner(h.Boxes["box:a"].Secret))
	})
}

func TestTheSecretOfWhatDoesNotWorkIsNotDelivered(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, r := rotated(t, nil)
		h.V.Find(r.NewID).Expired = true
		h.Boxes["box:a"].Secret = ""
		_, err := deliver(t.Context(), h, request(h, r.NewID, "box:a"))
		require.ErrorIs(t, err, provider.ErrUsage)
		require.EqualError(t, err, r.NewID+" no longer works, so its secret was not delivered")
		assert.Empty(t, h.Boxes["box:a"].Secret)
		assert.Zero(t, unfinished(t, h))
	})
}

// The plan of a delivery that has not ended is to write each destination that is asked for,
// also one that has the secret. It changes nothing.
func TestThePlanOfAnUnfinishedDelivery(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, first := rotated(t, nil)
		h.Boxes["box:a"].Secret = ""
		h.Boxes["box:a"].Faults["write"] = []error{errors.New("full")}
		q := request(h, first.NewID, "box:a", "box:b")
		_, err := deliver(t.Context(), h, q)
		require.ErrorIs(t, err, provider.ErrPartial)
		h.Restart()
		planned, checks, err := rotation.Deliverer(h.Engine).Plan(t.Context(), q)
		require.NoError(t, err)
		assert.NotEmpty(t, checks)
		assert.Empty(t, planned.Op.Delivered)
		assert.Empty(t, h.Boxes["box:a"].Secret)
		assert.Equal(t, 1, unfinished(t, h))
	})
}
