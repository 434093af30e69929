package locks

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// Two runs of one chain, or of one creation, take the same lock.
func TestOf(t *testing.T) {
	for name, c := range map[string]struct {
		old, made string
		strategy  oplog.Strategy
		want      []string
	}{
		"a rotation":              {"A", "B", oplog.Replace, []string{"acme key root of A"}},
		"a creation":              {"", "", oplog.Create, []string{"create acme key new"}},
		"a creation that created": {"", "C", oplog.Create, []string{"create acme key new", "acme key root of C"}},
		"a delivery":              {"", "D", oplog.Deliver, []string{"acme key root of D"}},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := oplog.Event{Subject: &oplog.Subject{Provider: "acme", Kind: "key", ID: c.old}, Strategy: c.strategy, Old: &provider.Credential{}, Name: "new"}.Entry(oplog.StepIntent, time.Now())
			require.NoError(t, err)
			e.Provider, e.Kind, e.OldID, e.NewID = "acme", "key", c.old, c.made
			names, err := Of(&journal.Operation{Entries: []journal.Entry{e}}, func(r journal.Ref) (journal.Ref, error) { return r.With("root of " + r.ID), nil })
			require.NoError(t, err)
			assert.Equal(t, c.want, names)
		})
	}
}
