package redelivery_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/journaltest"
	"github.com/credctl/credctl/internal/rotation"
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

// Where the journal could not be asked or told something, there is never a success that is
// none: only that an older operation is moved to the finished ones may wait. The same command,
// or the next run of a policy, delivers afterwards.
func TestADeliveryWhereTheJournalFails(t *testing.T) {
	plan := func(h *rotationtest.House, q redelivery.Request) error {
		_, _, err := rotation.Deliverer(h.Engine).Plan(t.Context(), q)
		return err
	}
	command := func(h *rotationtest.House, q redelivery.Request) error {
		_, err := deliver(t.Context(), h, q)
		return err
	}
	policy := func(h *rotationtest.House, q redelivery.Request) error {
		x, err := h.Journal.Index()
		if err != nil {
			return err
		}
		r, err := redelivery.Watcher{Deliverer: rotation.Deliverer(h.Engine), Index: x, Redeliver: true}.Watch(t.Context(), q)
		// what cannot be compared is a note, and the next run compares it
		if notes := strings.Join(r.Notes, "\n"); err == nil && strings.Contains(notes, journaltest.ErrFails.Error()) {
			err = errors.New(notes)
		}
		return err
	}
	for name, begin := range map[string]func(*rotationtest.House, redelivery.Request) error{"the command": command, "a policy": policy} {
		t.Run(name, func(t *testing.T) {
			refused := 0
			for n, done := int64(1), false; !done; n++ {
				rotationtest.Bubble(t, func(t *testing.T) {
					h, r := rotated(t, nil)
					h.Boxes["box:a"].Key, h.Boxes["box:a"].Secret = "", ""
					q := request(h, r.NewID, "box:a", "box:b")
					fail := func() (failed func() bool) {
						h.Restart()
						h.Journal, failed = journaltest.Failing(h.Journal, n)
						return failed
					}
					fail()
					if err := plan(h, q); err != nil {
						require.ErrorContains(t, err, journaltest.ErrFails.Error(), "the plan, call %d", n)
					}
					assert.Empty(t, h.Boxes["box:a"].Secret, "a plan writes nothing")

					failed := fail()
					err := begin(h, q)
					done = !failed()
					assert.Equal(t, []string{r.NewID}, h.Remaining(), "call %d", n)
					if err != nil {
						refused++
						require.ErrorContains(t, err, journaltest.ErrFails.Error(), "call %d", n)
						h.Restart()
						require.NoError(t, begin(h, q), "call %d", n)
					}
					assert.Equal(t, r.NewID, h.Owner(h.Boxes["box:a"].Secret), "call %d", n)
					h.Restart()
					assert.Zero(t, unfinished(t, h), "call %d", n)
				})
			}
			assert.Greater(t, refused, 15, "there are more calls than these")
		})
	}
}
