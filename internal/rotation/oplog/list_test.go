package oplog_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// Of a chain in which only deletions are left, the last credential is in use.
func TestStayInUse(t *testing.T) {
	store, err := folder.Open(t.TempDir())
	require.NoError(t, err)
	rotate := func(from, to string, ends bool) {
		o, err := store.Create(journal.Entry{Time: time.Now(), Step: oplog.StepIntent, Provider: "acme", Kind: "key", OldID: from})
		require.NoError(t, err)
		require.NoError(t, o.Append(journal.Entry{Time: time.Now(), Step: journal.Issued, NewID: to}))
		if ends {
			require.NoError(t, o.Append(journal.Entry{Time: time.Now(), Step: journal.Done, NewID: to}))
		}
	}
	rotate("A", "B", false)
	rotate("B", "C", false)
	rotate("C", "D", true)
	rotate("D", "E", false)
	rotate("E", "F", false)
	rotate("F", "G", true)
	op := &oplog.OpState{Subject: oplog.Subject{Provider: "acme", Kind: "key", ID: "A"}, New: provider.Credential{ID: "B"}}
	ids, err := oplog.StayInUse(store, op)
	require.NoError(t, err)
	assert.Equal(t, []string{"B", "D", "E", "G"}, ids)
}

// Of the unfinished rotations, the one about given credentials is meant, if there is only one.
func TestWhichRotationIsMeant(t *testing.T) {
	at := func(old, made string, change ...func(*oplog.Status)) oplog.Status {
		s := oplog.Status{Provider: "acme", Kind: "key", OldID: old, NewID: made, Strategy: oplog.Replace}
		for _, c := range change {
			c(&s)
		}
		return s
	}
	open := []oplog.Status{
		at("A", "B"), at("C", "D"), at("E", "F", func(s *oplog.Status) { s.Kind = "other" }), at("G", "H", func(s *oplog.Status) { s.Provider = "other" }),
		at("", "I", func(s *oplog.Status) { s.Strategy = oplog.Create }), at("J", "", func(s *oplog.Status) { s.Strategy = oplog.Deliver }),
	}
	for want, ids := range map[string][]string{"A": {"B", "X"}, "C": {"C"}} {
		assert.Equal(t, want, oplog.Among(open, "acme", "key", ids))
	}
	for _, ids := range [][]string{nil, {"X"}, {"A", "D"}, {"E"}, {"H"}, {"I"}, {"J"}} {
		assert.Empty(t, oplog.Among(open, "acme", "key", ids), ids)
	}
}

// In force is what an operation has issued, and not what one is about to replace.
func TestWhatIsInForce(t *testing.T) {
	store, err := folder.Open(t.TempDir())
	require.NoError(t, err)
	begin := func(from, to string) *journal.Operation {
		o, err := store.Create(journal.Entry{Time: time.Now(), Step: oplog.StepIntent, Provider: "acme", Kind: "key", OldID: from})
		require.NoError(t, err)
		data, err := json.Marshal(oplog.Event{New: oplog.Bare(provider.Credential{ID: to})})
		require.NoError(t, err)
		require.NoError(t, o.Append(journal.Entry{Time: time.Now(), Step: journal.Issued, NewID: to, Data: data}))
		return o
	}
	ended := begin("A", "B")
	require.NoError(t, ended.Append(journal.Entry{Time: time.Now(), Step: journal.Done, NewID: "B"}))
	open := begin("B", "C")
	x, err := store.Index()
	require.NoError(t, err)
	for id, want := range map[string]string{"A": "", "B": ended.ID, "C": open.ID, "D": ""} {
		op, err := oplog.InForce(store, x, journal.Ref{Provider: "acme", Kind: "key", ID: id})
		require.NoError(t, err, id)
		if want == "" {
			assert.Nil(t, op, id)
			continue
		}
		require.NotNil(t, op, id)
		assert.Equal(t, want, op.ID, id)
	}
}
