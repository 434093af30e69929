package rotation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// inGrace is a house whose rotation waits for the end of its grace period. Its box:b is as
// change makes it.
func inGrace(t *testing.T, change func(*rotationtest.Box)) (*house, rotation.Result) {
	t.Helper()
	h := newHouse(t, rotationtest.AsReplacer)
	h.V.All[0].Name = "other" // else a box that is not read could hold it
	change(h.Boxes["box:b"])
	q := h.Request()
	q.Grace = 24 * time.Hour
	r, err := h.Rotate(t.Context(), q)
	require.NoError(t, err)
	h.Restart()
	return h, r
}

// killed aborts the rotation, and ends at the nth point where it can, or at the nth with a name.
func (h *house) killed(n int, name string) (died string) {
	h.T.Helper()
	points := 0
	point := func(at string) {
		if name != "" && at != name {
			return
		}
		if points++; points == n {
			panic(death{at})
		}
	}
	h.Probe = point
	h.Boxes["box:b"].Half = func() { point("half of box:b is written") }
	defer func() {
		h.Boxes["box:b"].Half = nil
		if d, dead := recover().(death); dead {
			died = d.at
			h.Restart()
		}
	}()
	_, err := h.Abort(h.T.Context(), h.Old.ID, rotation.AbortOptions{})
	require.NoError(h.T, err)
	return ""
}

func sorts() map[string]func(*rotationtest.Box) {
	return map[string]func(*rotationtest.Box){
		"is replaced at once": func(*rotationtest.Box) {},
		"is overwritten":      func(b *rotationtest.Box) { b.InPlace = true },
		"cannot be read back": func(b *rotationtest.Box) { b.Sealed = true },
	}
}

// An abort that is killed at any point is completed by the next. A resume delivers the new
// secret again instead, unless the revocation of the new credential was recorded.
func TestF11AnAbortKilledAnywhere(t *testing.T) {
	t.Parallel()
	for sort, change := range sorts() {
		t.Run(sort, func(t *testing.T) {
			t.Parallel()
			abortKilledAnywhere(t, change)
		})
	}
}

func abortKilledAnywhere(t *testing.T, change func(*rotationtest.Box)) {
	for n := 1; ; n++ {
		died := ""
		rotationtest.Bubble(t, func(t *testing.T) {
			h, _ := inGrace(t, change)
			if died = h.killed(n, ""); died == "" {
				return
			}
			when := "killed at " + died
			r, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
			if died != "wiped" && died != "aborted.noted" {
				require.NoError(t, err, when)
				assert.Equal(t, oplog.Aborted, r.State, when)
				assert.NotContains(t, strings.Join(r.Notes, "\n"), "was changed", when)
			}
			for _, box := range h.Boxes {
				assert.Equal(t, h.Old.Secret, box.Secret, when)
			}
			assert.Equal(t, []string{h.Old.ID}, h.Remaining(), when)
		})
		if died == "" {
			assert.Greater(t, n, 15, "it has more points than these")
			break
		}
		rotationtest.Bubble(t, func(t *testing.T) {
			h, _ := inGrace(t, change)
			died := h.killed(n, "")
			when := "killed at " + died + ", and resumed"
			for range 2 {
				_, err := h.ResumeAll(t.Context(), rotation.ResumeOptions{})
				require.NoError(t, err, when)
				require.NoError(t, h.Invariant(false), when)
				h.Clock = 25 * time.Hour
			}
			require.Len(t, h.Remaining(), 1, when)
			for _, box := range h.Boxes {
				assert.Equal(t, h.Remaining()[0], h.Owner(box.Secret), when)
			}
		})
	}
}

// What gets the new secret again after a restore has a whole grace period from then on.
func TestANewGracePeriodAfterARestore(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, _ := inGrace(t, func(*rotationtest.Box) {})
		require.NotEmpty(t, h.killed(1, "restored.noted"))
		h.Clock = 25 * time.Hour
		for _, left := range []int{2, 1} {
			_, err := h.ResumeAll(t.Context(), rotation.ResumeOptions{})
			require.NoError(t, err)
			assert.Len(t, h.Remaining(), left)
			h.Clock += 25 * time.Hour
		}
	})
}

// A rotation that was killed when half of a destination was overwritten can be aborted.
func TestAbortRestoresWhatWasHalfDelivered(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		h.Boxes["box:b"].InPlace = true
		h.Boxes["box:b"].Half = func() { panic(death{"half of it is written"}) }
		require.Panics(t, func() { _, _ = h.Rotate(t.Context(), h.Request()) })
		h.Boxes["box:b"].Half = nil
		h.Restart()
		_, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
		require.NoError(t, err)
		assert.Equal(t, h.Old.Secret, h.Boxes["box:b"].Secret)
		assert.Equal(t, []string{h.Old.ID}, h.Remaining())
	})
}

// What another program sets stays, also where an earlier abort has written, or has begun to
// write what cannot be half written.
func TestAbortLeavesWhatWasChangedAfterARestore(t *testing.T) {
	for name, sealed := range map[string]bool{"a value": false, "a stamp, which does not say to what": true} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h, begun := inGrace(t, func(b *rotationtest.Box) { b.Sealed = sealed })
				require.NotEmpty(t, h.killed(2, "restored.noted"))
				b := h.Boxes["box:b"]
				b.Key, b.Secret, b.Writes = "theirs", "theirs", b.Writes+1
				r, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
				if sealed {
					require.ErrorIs(t, err, provider.ErrRefused, "it may be the new secret")
					assert.Contains(t, h.Remaining(), begun.NewID)
					r, err = h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{Force: true})
				}
				require.NoError(t, err)
				assert.Equal(t, "theirs", b.Secret)
				assert.Contains(t, r.Notes, "box:b was changed after delivery, so the old secret was not restored there")
			})
		})
	}
	t.Run("before it was restored", func(t *testing.T) {
		rotationtest.Bubble(t, func(t *testing.T) {
			h, _ := inGrace(t, func(*rotationtest.Box) {})
			h.Boxes["box:b"].Faults["write"] = []error{rotationtest.ErrDown}
			_, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
			require.Error(t, err)
			h.Boxes["box:b"].Key, h.Boxes["box:b"].Secret = "theirs", "theirs"
			_, err = h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
			require.NoError(t, err)
			assert.Equal(t, "theirs", h.Boxes["box:b"].Secret)
		})
	})
}

// Where the answer to the write was lost, the next abort writes the same again.
func TestAbortAfterALostAnswer(t *testing.T) {
	for sort, change := range sorts() {
		rotationtest.Bubble(t, func(t *testing.T) {
			h, r := inGrace(t, change)
			h.Boxes["box:b"].Faults["answer"] = []error{rotationtest.ErrLost}
			_, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
			require.Error(t, err, sort)
			assert.Contains(t, h.Remaining(), r.NewID, sort)
			h.Restart()
			r, err = h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
			require.NoError(t, err, sort)
			assert.Equal(t, oplog.Aborted, r.State, sort)
			assert.Equal(t, h.Old.Secret, h.Boxes["box:b"].Secret, sort)
			assert.NotContains(t, strings.Join(r.Notes, "\n"), "was changed", sort)
		})
	}
}

// What a resume has written after an abort restored the old secret, and could not record, the
// next abort does not take for the old secret, or for a change by another program.
func TestAbortAfterAResumeThatWasNotRecorded(t *testing.T) {
	for sort, change := range map[string]func(*rotationtest.Box){
		"it tells nothing":     func(b *rotationtest.Box) { b.Sealed, b.Mute = true, true },
		"it tells a stamp":     func(b *rotationtest.Box) { b.Sealed = true },
		"it can be read":       func(*rotationtest.Box) {},
		"it is written inside": func(b *rotationtest.Box) { b.InPlace = true },
	} {
		for _, dies := range []bool{false, true} {
			t.Run(fmt.Sprint(sort, ", killed: ", dies), func(t *testing.T) {
				rotationtest.Bubble(t, func(t *testing.T) {
					h, r := inGrace(t, change)
					require.NotEmpty(t, h.killed(2, "restored.noted"))
					if dies {
						writes := 0
						h.Probe = func(at string) {
							if at == "deliver.written" {
								if writes++; writes == 2 {
									panic(death{at})
								}
							}
						}
						require.Panics(t, func() { _, _ = h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{}) })
					} else {
						h.Boxes["box:b"].Faults["answer"] = []error{rotationtest.ErrLost}
						_, err := h.Resume(t.Context(), r.Operation, rotation.ResumeOptions{})
						require.Error(t, err)
					}
					require.Equal(t, r.NewID, h.Owner(h.Boxes["box:b"].Secret))
					h.Restart()
					_, err := h.Abort(t.Context(), r.Operation, rotation.AbortOptions{})
					require.NoError(t, err)
					assert.Equal(t, h.Old.Secret, h.Boxes["box:b"].Secret)
					require.NoError(t, h.Invariant(false))
				})
			})
		}
	}
}

// What a person sets in a file after a kill is neither secret, nor parts of both.
func TestAbortLeavesWhatAPersonSetAfterAKill(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, _ := inGrace(t, func(b *rotationtest.Box) { b.InPlace = true })
		require.NotEmpty(t, h.killed(1, "half of box:b is written"))
		h.Boxes["box:b"].Key, h.Boxes["box:b"].Secret = "theirs", "theirs"
		r, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
		require.NoError(t, err)
		assert.Equal(t, "theirs", h.Boxes["box:b"].Secret)
		assert.Contains(t, strings.Join(r.Notes, "\n"), "was changed")
	})
}

// Where another account is reached than at the delivery, nothing tells what the destination
// holds: its consumers may need either credential.
func TestADestinationInAnotherAccount(t *testing.T) {
	for name, account := range map[string]string{"one that has such a secret": "AWS account 2", "one that has none": entry.Nowhere} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h, r := inGrace(t, func(b *rotationtest.Box) { b.Account = "AWS account 1" })
				b := h.Boxes["box:b"]
				there := *b
				b.Account, b.Key, b.Secret = account, "theirs", "theirs"
				for range 2 {
					_, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
					require.ErrorIs(t, err, provider.ErrPartial)
					require.ErrorContains(t, err, "AWS account 1")
					assert.Contains(t, provider.HintOf(err), "use the credentials for AWS account 1")
					assert.Contains(t, provider.HintOf(err), "--force")
					h.Restart()
				}
				index, err := h.Journal.Index()
				require.NoError(t, err)
				op, err := h.Journal.Load(r.Operation)
				require.NoError(t, err)
				status, err := drift.Checker{Journal: h.Journal, Index: index, Destination: h.Destination}.Check(t.Context(), op)
				require.ErrorContains(t, err, "AWS account 1")
				assert.Empty(t, oplog.Drifted(status), "that cannot be told")
				_, err = h.PlanAbort(t.Context(), h.Old.ID, false)
				require.ErrorContains(t, err, "AWS account 1")
				h.Clock = 25 * time.Hour
				_, err = h.Resume(t.Context(), h.Old.ID, rotation.ResumeOptions{})
				require.ErrorIs(t, err, provider.ErrPartial)
				require.ErrorContains(t, err, "AWS account 1")
				assert.Contains(t, provider.HintOf(err), ", then: credctl rotation resume "+r.Operation+"; ")
				assert.Equal(t, account == entry.Nowhere, strings.Contains(provider.HintOf(err), "if the secret was deleted there, create it again"))
				assert.Len(t, h.Remaining(), 2)
				assert.Equal(t, "theirs", b.Secret)

				*b = there
				h.Restart()
				r, err = h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
				require.NoError(t, err)
				assert.Equal(t, oplog.Aborted, r.State)
				assert.Equal(t, h.Old.Secret, b.Secret)
			})
		})
	}
	t.Run("it cannot be read, by force", func(t *testing.T) {
		rotationtest.Bubble(t, func(t *testing.T) {
			h, r := inGrace(t, func(b *rotationtest.Box) { b.Account = "AWS account 1" })
			for range 9 {
				h.Boxes["box:b"].Faults["readback"] = append(h.Boxes["box:b"].Faults["readback"], rotationtest.ErrDown)
			}
			for _, force := range []bool{false, true} {
				_, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{Force: force})
				require.ErrorContains(t, err, rotationtest.ErrDown.Error())
				assert.NotContains(t, provider.HintOf(err), "account")
				assert.NotContains(t, provider.HintOf(err), "--force")
				assert.Contains(t, h.Remaining(), r.NewID)
			}
		})
	})
	t.Run("by force", func(t *testing.T) {
		rotationtest.Bubble(t, func(t *testing.T) {
			h, _ := inGrace(t, func(b *rotationtest.Box) { b.Account = "AWS account 1" })
			b := h.Boxes["box:b"]
			b.Account, b.Key, b.Secret = entry.Nowhere, "", ""
			r, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{Force: true})
			require.NoError(t, err)
			assert.Equal(t, oplog.Aborted, r.State)
			assert.Empty(t, b.Secret, "it is not created there")
			assert.Equal(t, h.Old.Secret, h.Boxes["box:a"].Secret)
		})
	})
}

// By force, an abort does not leave the new secret at a destination that surely has it, also
// where an earlier abort has begun to restore the old secret.
func TestAbortByForceAfterARestoreThatFailed(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, r := inGrace(t, func(b *rotationtest.Box) { b.Sealed = true })
		for _, force := range []bool{false, true, true} {
			h.Boxes["box:b"].Faults["write"] = []error{rotationtest.ErrDown}
			_, err := h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{Force: force})
			require.ErrorIs(t, err, provider.ErrPartial)
			assert.NotContains(t, provider.HintOf(err), "--force")
			assert.Contains(t, h.Remaining(), r.NewID)
			h.Restart()
		}
	})
}

// A person sets the same value again at a destination that tells only when it was set: an abort
// does not delete the key that it has.
func TestAbortWhereAStampMoved(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, r := inGrace(t, func(b *rotationtest.Box) { b.Sealed = true })
		h.Boxes["box:b"].Writes++
		_, err := h.PlanAbort(t.Context(), h.Old.ID, false)
		require.ErrorIs(t, err, provider.ErrRefused)
		_, err = h.Abort(t.Context(), h.Old.ID, rotation.AbortOptions{})
		require.ErrorIs(t, err, provider.ErrRefused)
		assert.Contains(t, provider.HintOf(err), "credctl rotation abort "+r.Operation+" --force")
		assert.Contains(t, h.Remaining(), r.NewID)
	})
}
