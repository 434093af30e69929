package drift_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/host"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// The secret is taken from the first destination that still holds it.
func TestTheHolderOfASecret(t *testing.T) {
	for name, test := range map[string]struct {
		opens  func(spec string) error
		change func(*rotationtest.Box)
		want   bool
	}{
		"the first":                  {want: true},
		"the first cannot be opened": {opens: func(spec string) error { return map[string]error{"box:a": provider.ErrUsage}[spec] }, want: true},
		"the first is empty":         {change: func(b *rotationtest.Box) { b.Key, b.Secret = "", "" }, want: true},
		"the first was changed":      {change: func(b *rotationtest.Box) { b.Secret = "another" }, want: true},
		"none can be had":            {opens: func(string) error { return provider.ErrUsage }},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h, r := rotated(t, rotationtest.AsReplacer, nil)
				held := h.Boxes["box:b"].Secret
				if test.change != nil {
					test.change(h.Boxes["box:a"])
				}
				c := checker(h)
				c.Destination = func(spec string, s oplog.Subject, insecure bool) (deliver.Destination, error) {
					if test.opens != nil && test.opens(spec) != nil {
						return nil, test.opens(spec)
					}
					return h.Destination(spec, s, insecure)
				}
				op, err := c.Of(r.NewID)
				require.NoError(t, err)
				secret, _, err := c.Holder(t.Context(), op)
				require.NoError(t, err)
				assert.Equal(t, !test.want, secret.IsZero())
				assert.True(t, !test.want || secret.Equal(provider.NewSecret(held)))
			})
		})
	}
}

// What a rotation that failed has written is not known before it is continued or undone; once
// it is undone, it has delivered nothing.
func TestTheDestinationsOfARotationThatFailed(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := rotationtest.New(t, rotationtest.AsReplacer)
		for _, b := range h.Boxes {
			b.Faults["write"] = []error{errors.New("full")}
		}
		r, err := h.Rotate(t.Context(), h.Request())
		require.Error(t, err)
		_, err = checker(h).Of(h.Old.ID)
		require.ErrorIs(t, err, provider.ErrPartial)
		require.ErrorContains(t, err, "rotation "+r.Operation+" is not finished")
		_, err = h.Abort(t.Context(), r.Operation, rotation.AbortOptions{})
		require.NoError(t, err)
		_, err = checker(h).Of(h.Old.ID)
		require.EqualError(t, err, "credctl knows of no destination of "+h.Old.ID)
	})
}

// Of the destinations that are asked about, those on another host are named.
func TestWhatIsOnAnotherHost(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, r := rotated(t, rotationtest.AsReplacer, nil)
		c := checker(h)
		c.Destination = func(spec string, _ oplog.Subject, _ bool) (deliver.Destination, error) {
			return nil, fmt.Errorf("%s: %w", spec, host.ErrOther)
		}
		op, err := c.Of(r.NewID)
		require.NoError(t, err)
		moved, err := c.Moved(t.Context(), op, []string{"box:b"})
		require.NoError(t, err)
		require.Len(t, moved, 1)
		require.ErrorContains(t, moved[0], "box:b")
		c.Destination = h.Destination
		moved, err = c.Moved(t.Context(), op, []string{"box:a", "box:b"})
		require.NoError(t, err)
		assert.Empty(t, moved)
	})
}

// Of the destinations, only those are looked at that are asked for, wherever they stand.
func TestOnlySomeDestinationsAreChecked(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, r := rotated(t, rotationtest.AsReplacer, nil)
		for _, b := range h.Boxes {
			b.Secret = "another"
		}
		for _, to := range []string{"box:a", "box:b"} {
			c := checker(h)
			c.Among = []string{to}
			op, err := c.Of(r.NewID)
			require.NoError(t, err)
			s, err := c.Check(t.Context(), op)
			require.NoError(t, err)
			assert.Equal(t, []string{to}, oplog.Drifted(s))
		}
	})
}
