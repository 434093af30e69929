package rotation_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// elsewhere moves box:b to another account, where somebody else has such a secret, or none,
// until back is called.
func (h *house) elsewhere(account string) (back func()) {
	b := h.Boxes["box:b"]
	there := *b
	b.Account, b.Key, b.Secret = account, "theirs", "theirs"
	return func() {
		h.T.Helper()
		assert.Equal(h.T, "theirs", b.Secret, "nothing is written there")
		assert.Equal(h.T, there.Writes, b.Writes)
		*b = there
		h.Restart()
	}
}

// Where a destination is, is known from the check on: a rotation that ended before it noted its
// delivery is neither continued nor aborted in another account.
func TestARotationKilledBeforeItsDeliveryWasNotedStaysWhereItIs(t *testing.T) {
	for _, at := range []string{"issued.noted", "verified.noted", "deliver.writing", "deliver.written", "delivered.noted"} {
		for name, account := range map[string]string{"in another account": "AWS account 2", "not found": entry.Nowhere} {
			t.Run(at+", "+name, func(t *testing.T) {
				rotationtest.Bubble(t, func(t *testing.T) {
					h := newHouse(t, rotationtest.AsReplacer)
					h.V.All[0].Name = "other"
					h.Boxes["box:b"].Account = "AWS account 1"
					q := h.Request()
					q.To = []string{"box:b", "box:a"}
					h.dies(at, q)
					back := h.elsewhere(account)
					told := func(err error, where string) {
						t.Helper()
						require.ErrorIs(t, err, provider.ErrPartial, where)
						require.ErrorContains(t, err, "this rotation was started in AWS account 1", where)
						assert.Contains(t, provider.HintOf(err), "use the credentials for AWS account 1", where)
						assert.Len(t, h.Remaining(), 2, where)
						h.Restart()
					}
					if at != "issued.noted" { // else it is known that nothing was written
						_, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
						told(err, "abort")
					}
					_, err := h.Resume(t.Context(), h.Old.ID, rotation.ResumeOptions{})
					told(err, "resume")
					_, err = h.Rotate(t.Context(), q)
					told(err, "the same command")
					o := rotation.ResumeOptions{}
					o.To = q.To
					_, err = h.Resume(t.Context(), h.Old.ID, o)
					told(err, "resume --to")

					back()
					r, err := h.Resume(t.Context(), h.Old.ID, rotation.ResumeOptions{})
					require.NoError(t, err)
					assert.Equal(t, oplog.Done, r.State)
					require.NoError(t, h.Invariant(false))
				})
			})
		}
	}
}

// An abort that ended half way, or after it has restored the old secret, is not continued by a
// resume in another account: that would deliver there, and delete what the first one holds.
func TestAnAbortThatWasKilledIsNotResumedInAnotherAccount(t *testing.T) {
	for _, at := range []string{"restoring.noted", "restore.written", "restored.noted"} {
		for name, account := range map[string]string{"in another account": "AWS account 2", "not found": entry.Nowhere} {
			t.Run(at+", "+name, func(t *testing.T) {
				rotationtest.Bubble(t, func(t *testing.T) {
					h, _ := inGrace(t, func(b *rotationtest.Box) { b.Account = "AWS account 1" })
					require.NotEmpty(t, h.killed(2, at))
					back := h.elsewhere(account)
					o := rotation.ResumeOptions{}
					o.NoGrace = true
					_, err := h.Resume(t.Context(), h.Old.ID, o)
					require.ErrorIs(t, err, provider.ErrPartial)
					require.ErrorContains(t, err, "AWS account 1")
					assert.Contains(t, provider.HintOf(err), "use the credentials for AWS account 1")
					assert.Len(t, h.Remaining(), 2)
					h.Restart()
					_, err = h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
					require.ErrorIs(t, err, provider.ErrPartial)
					require.ErrorContains(t, err, "AWS account 1")
					assert.Len(t, h.Remaining(), 2)

					back()
					_, err = h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
					require.NoError(t, err)
					assert.Equal(t, h.Old.Secret, h.Boxes["box:b"].Secret)
					require.NoError(t, h.Invariant(false))
				})
			})
		}
	}
}

// Of a secret that did not exist at the check, the first delivery tells where it is. Where that
// cannot be told afterwards, nothing is written.
func TestADestinationThatTellsLateWhereItIs(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.V.All[0].Name = "other"
		b := h.Boxes["box:b"]
		b.Account, b.Key, b.Secret = entry.Nowhere, "", ""
		h.Probe = func(at string) {
			if at == "deliver.written" && b.Secret != "" {
				b.Account = "AWS account 1"
			}
		}
		q := h.Request()
		q.Grace = 24 * 3600e9
		_, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		h.Restart()
		for account, why := range map[string]string{"AWS account 2": "it is in AWS account 2 now", entry.Nowhere: "it is not found now", "": "does not tell whether it is in AWS account 1"} {
			back := h.elsewhere(account)
			o := rotation.ResumeOptions{}
			o.To, o.NoGrace = []string{"box:b"}, true
			_, err = h.Resume(t.Context(), h.Old.ID, o)
			require.ErrorContains(t, err, why)
			assert.Len(t, h.Remaining(), 2)
			back()
		}
		_, err = h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
		require.NoError(t, err)
		assert.Equal(t, h.Old.Secret, b.Secret)
	})
}
