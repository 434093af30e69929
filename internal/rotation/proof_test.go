package rotation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// A stamped destination only accepts what is written.
type stamped struct{ *rotationtest.Box }

func (stamped) Proof() deliver.Proof { return deliver.ByStamp }

// Where neither a verification nor a destination proves the new secret, the old
// credential is kept for a day at least.
func TestWhatNothingProvesKeepsTheOldCredential(t *testing.T) {
	for name, test := range map[string]struct {
		verify  string
		stamp   bool
		grace   time.Duration
		noGrace bool
		want    time.Duration
	}{
		"neither":                         {verify: "none", stamp: true, want: 24 * time.Hour},
		"neither, and no grace period":    {verify: "none", stamp: true, noGrace: true, want: 24 * time.Hour},
		"neither, and a shorter one":      {verify: "none", stamp: true, grace: time.Hour, want: 24 * time.Hour},
		"neither, and a longer one":       {verify: "none", stamp: true, grace: 48 * time.Hour, want: 48 * time.Hour},
		"it was verified":                 {stamp: true},
		"every destination was read back": {verify: "none"},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := rotationtest.New(t, rotationtest.AsReplacer)
				h.V.Find("id-2").Name = "another"
				boxes := h.Destination
				h.Destination = func(spec string, s rotation.Subject, insecure bool) (deliver.Destination, error) {
					if spec == "box:a" && test.stamp {
						return stamped{h.Boxes[spec]}, nil
					}
					return boxes(spec, s, insecure)
				}
				q := h.Request()
				q.Verify, q.Grace, q.NoGrace = test.verify, test.grace, test.noGrace
				r, err := h.Rotate(t.Context(), q)
				require.NoError(t, err)
				if test.want == 0 {
					assert.Equal(t, oplog.Done, r.State)
					return
				}
				assert.Equal(t, oplog.Grace, r.State)
				assert.WithinDuration(t, h.V.Now().Add(test.want), r.Retires, time.Minute)
				assert.Contains(t, h.Remaining(), h.Old.ID)
			})
		})
	}
}
