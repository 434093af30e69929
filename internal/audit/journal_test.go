package audit

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/audit/ledger"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// A book is a journal to which operations are added.
type book struct {
	*testing.T
	*journal.Store
	dir string
}

func newBook(t *testing.T) book {
	dir := t.TempDir()
	s, err := folder.Open(dir)
	require.NoError(t, err)
	return book{t, s, dir}
}

// rotation adds a rotation of from to to, with these steps at a time.
func (b book) rotation(from, to string, at time.Time, strategy oplog.Strategy, steps ...journal.Step) *journal.Operation {
	ref := oplog.Subject{Provider: "acme", Kind: "key", ID: from}
	first, err := oplog.Event{Subject: &ref, Strategy: strategy, Options: &oplog.Options{}, Name: "web", Old: &provider.Credential{ID: from}}.Entry(oplog.StepIntent, at)
	require.NoError(b, err)
	first.Provider, first.Kind, first.OldID = "acme", "key", from
	op, err := b.Create(first)
	require.NoError(b, err)
	for _, step := range steps {
		event := oplog.Event{}
		switch step { //nolint:exhaustive // the others have no data
		case oplog.StepIssued:
			event.New = &provider.Credential{ID: to, Provider: "acme", Kind: "key"}
		case oplog.StepDelivered:
			event.To = oplog.Shown
		case oplog.StepGrace:
			event.Until = at.Add(48 * time.Hour)
		case oplog.StepFailed:
			event.At, event.Error = "retire", "403"
		}
		e, err := event.Entry(step, at)
		require.NoError(b, err)
		e.NewID = to
		require.NoError(b, op.Append(e))
	}
	return op
}

func (b book) facts() Facts {
	index, err := b.Index()
	require.NoError(b, err)
	f := facts()
	f.Journal, err = ledger.Read(index)
	require.NoError(b, err)
	return f
}

// kept are the steps of a rotation of which only the deletion is missing.
func kept() []journal.Step {
	return []journal.Step{oplog.StepIssued, oplog.StepVerified, oplog.StepDelivered, oplog.StepHooked, oplog.StepGrace}
}

func TestRulesOfTheJournal(t *testing.T) {
	done := append(kept(), oplog.StepRetiring, oplog.StepRetired, journal.Done)
	for name, x := range map[string]struct {
		journal func(b book)
		c       func(c *provider.Credential)
		lost    map[string][]string // destinations that hold something else, by ID
		want    map[string]string
		end     map[string]string
	}{
		"replaced, and still active": {
			journal: func(b book) { b.rotation("k1", "k2", ago(5), oplog.Replace, done...) }, c: func(*provider.Credential) {},
			want: map[string]string{"CRD007": "medium: still active, although k2 replaced it"},
		},
		"replaced, and revoked": {
			journal: func(b book) { b.rotation("k1", "k2", ago(5), oplog.Replace, done...) }, c: func(c *provider.Credential) { c.Revoked = true },
		},
		"the replacement": {
			journal: func(b book) { b.rotation("k1", "k2", ago(5), oplog.Replace, done...) }, c: func(c *provider.Credential) { c.ID = "k2" },
		},
		"in its grace period, however old": {
			journal: func(b book) { b.rotation("k1", "k2", ago(1), oplog.Replace, kept()...) }, c: func(c *provider.Credential) { c.Created = ago(100) },
		},
		"after its grace period": {
			journal: func(b book) { b.rotation("k1", "k2", ago(3), oplog.Replace, kept()...) }, c: func(*provider.Credential) {},
			end: map[string]string{"CRD011": "critical: should have been deleted on 2026-11-29"},
		},
		"the deletion failed": {
			journal: func(b book) {
				b.rotation("k1", "k2", ago(1), oplog.Replace, append(kept(), oplog.StepRetiring, oplog.StepFailed)...)
			},
			c: func(*provider.Credential) {}, end: map[string]string{"CRD011": "critical: could not be deleted: 403"},
		},
		"unfinished for an hour": {
			journal: func(b book) { b.rotation("k1", "k2", now.Add(-time.Hour), oplog.Replace, oplog.StepIssued) }, c: func(*provider.Credential) {},
		},
		"unfinished for two days": {
			journal: func(b book) { b.rotation("k1", "k2", ago(2), oplog.Replace, oplog.StepIssued) }, c: func(*provider.Credential) {},
			end: map[string]string{"CRD013": "high: "},
		},
		"renewed in place": {
			journal: func(b book) {
				b.rotation("k1", "k1", ago(5), oplog.Rotate, oplog.StepIssued, oplog.StepDelivered, oplog.StepVerified, oplog.StepHooked, journal.Done)
			},
			c: func(c *provider.Credential) { c.Created = ago(200) },
		},
		"changed behind credctl": {
			journal: func(b book) { b.rotation("k0", "k1", ago(9), oplog.Replace, done...) },
			c:       func(c *provider.Credential) { c.Updated = ago(3) },
			want:    map[string]string{"CRD014": "high: changed on 2026-11-27, after credctl rotated it on 2026-11-21"},
		},
		"overwritten at a destination": {
			journal: func(b book) { b.rotation("k0", "k1", ago(9), oplog.Replace, done...) },
			c:       func(*provider.Credential) {}, lost: map[string][]string{"k1": {"file:/a", "file:/b"}},
			want: map[string]string{"CRD014": "high: no longer as delivered: file:/a, file:/b"},
		},
		"overwritten, and in its grace period": {
			journal: func(b book) { b.rotation("k0", "k1", ago(1), oplog.Replace, kept()...) },
			c:       func(*provider.Credential) {}, lost: map[string][]string{"k0": {"file:/a"}, "k1": {"file:/a"}},
			want: map[string]string{"CRD014": "high: no longer as delivered: file:/a"},
		},
		"the old credential of one that was overwritten": {
			journal: func(b book) { b.rotation("k1", "k2", now, oplog.Replace, kept()...) },
			c:       func(*provider.Credential) {}, lost: map[string][]string{"k1": {"file:/a"}, "k2": {"file:/a"}},
		},
		"changed by the rotation": {
			journal: func(b book) { b.rotation("k0", "k1", ago(9), oplog.Replace, done...) },
			c:       func(c *provider.Credential) { c.Updated = ago(9).Add(time.Minute) },
		},
		"cannot be read": {
			journal: func(b book) {
				op := b.rotation("k1", "k2", ago(1), oplog.Replace, oplog.StepIssued)
				path := filepath.Join(b.dir, "operations", op.ID+".jsonl")
				require.NoError(b, os.WriteFile(path, []byte("\x00\x01 not JSON\n{}\n"), 0o600))
			},
			c: func(*provider.Credential) {}, end: map[string]string{"CRD020": "high: "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBook(t)
			x.journal(b)
			f := b.facts()
			f.Drifted = func(r journal.Ref) []string { return x.lost[r.ID] }
			a := New(f)
			_, got := a.Judge(credential(x.c))
			if x.want == nil {
				x.want = map[string]string{}
			}
			assert.Equal(t, x.want, found(got))
			end := found(a.End([]string{"acme"}))
			assert.Len(t, end, len(x.end), "%v", end)
			for rule, text := range x.end {
				assert.Contains(t, end[rule], text)
			}
		})
	}
}

// TestUpdatesThroughCredctlAreNotBehindIt: the audit trail has them.
func TestUpdatesThroughCredctlAreNotBehindIt(t *testing.T) {
	b := newBook(t)
	b.rotation("k0", "k1", ago(9), oplog.Replace, append(kept(), oplog.StepRetired, journal.Done)...)
	f := b.facts()
	f.Updated = func(journal.Ref) time.Time { return ago(3) }
	_, got := New(f).Judge(credential(func(c *provider.Credential) { c.Updated = ago(3) }))
	assert.Empty(t, got)
}

// TestWhatIsSaidOfAChainSurvivesRotations: owners, exceptions and fingerprints.
func TestWhatIsSaidOfAChainSurvivesRotations(t *testing.T) {
	b := newBook(t)
	old := func(c *provider.Credential) { c.ID, c.Created = "k0", ago(100) }
	said := func() *Inventory {
		at := journal.Ref{Provider: "acme", Kind: "key", ID: "k0"}
		return &Inventory{
			Credentials: []Entry{{Ref: at, Owner: "me", Purpose: "x", Review: ago(-9)}},
			Exceptions:  []Exception{{Rule: "CRD001", Match: Match{Ref: at}, Reason: "r", Until: ago(-9)}},
		}
	}
	judge := func(f Facts, change func(c *provider.Credential)) (Standing, []Finding) {
		f.Inventory = said()
		return New(f).Judge(credential(change))
	}
	_, before := judge(b.facts(), old)
	b.rotation("k0", "k1", ago(95), oplog.Replace, append(kept(), oplog.StepRetired, journal.Done)...)
	b.rotation("k1", "k2", ago(94), oplog.Replace, append(kept(), oplog.StepRetired, journal.Done)...)
	s, after := judge(b.facts(), func(c *provider.Credential) { c.ID, c.Created = "k2", ago(94) })
	require.Len(t, before, 1)
	require.Len(t, after, 1)
	assert.Equal(t, "k0", s.Root)
	assert.Equal(t, "me", s.Owner.Owner)
	assert.NotNil(t, after[0].Muted)
	assert.Equal(t, before[0].Fingerprint, after[0].Fingerprint)
	assert.False(t, after[0].Counts())
}

func TestExceptions(t *testing.T) {
	at := func(id string) Match { return Match{Ref: journal.Ref{Provider: "acme", ID: id}} }
	for name, x := range map[string]struct {
		Exception
		muted bool
		end   string
	}{
		"of the credential":      {Exception: Exception{Rule: "CRD001", Match: at("k1"), Until: ago(-1)}, muted: true},
		"on its last day":        {Exception: Exception{Rule: "CRD001", Match: at("k1"), Until: now.Truncate(24 * time.Hour)}, muted: true},
		"ended yesterday":        {Exception: Exception{Rule: "CRD001", Match: at("k1"), Until: ago(1).Truncate(24 * time.Hour)}, end: "high: the exception for CRD001 ended on 2026-11-29"},
		"ended, matches nothing": {Exception: Exception{Rule: "CRD005", Match: at("k1"), Until: ago(9)}, end: "low: the exception for CRD005 ended on 2026-11-21"},
		"matches nothing":        {Exception: Exception{Rule: "CRD005", Match: at("k1"), Until: ago(-1)}, end: "low: the exception for CRD005 matches nothing"},
		"of another":             {Exception: Exception{Rule: "CRD001", Match: at("k"), Until: ago(-1)}, end: "low: the exception for CRD001 matches nothing"},
		"a pattern without glob": {Exception: Exception{Rule: "CRD001", Match: at("k*"), Until: ago(-1)}, end: "low: the exception for CRD001 matches nothing"},
		"a pattern":              {Exception: Exception{Rule: "CRD001", Match: Match{Ref: at("k*").Ref, Glob: true}, Until: ago(-1)}, muted: true},
		"a name":                 {Exception: Exception{Rule: "CRD001", Match: Match{Ref: at("").Ref, Name: "web"}, Until: ago(-1)}, muted: true},
		"a name in part":         {Exception: Exception{Rule: "CRD001", Match: Match{Ref: at("").Ref, Name: "we"}, Until: ago(-1)}, end: "low: the exception for CRD001 matches nothing"},
		"another kind":           {Exception: Exception{Rule: "CRD001", Match: Match{Ref: journal.Ref{Provider: "acme", Kind: "token", ID: "k1"}}, Until: ago(-1)}, end: "low: the exception for CRD001 matches nothing"},
		"of a vendor that failed": {
			Exception: Exception{Rule: "CRD001", Match: Match{Ref: journal.Ref{Provider: "other", ID: "k1"}}, Until: ago(-1)},
		},
		"of a rule that was not judged": {Exception: Exception{Rule: "CRD010", Match: at("k1"), Until: ago(-1)}},
	} {
		t.Run(name, func(t *testing.T) {
			f := facts()
			f.Inventory = &Inventory{Exceptions: []Exception{x.Exception}, Credentials: []Entry{{Ref: at("k1").Ref, Owner: "o", Purpose: "p", Review: ago(-9)}}}
			a := New(f)
			_, got := a.Judge(credential(func(c *provider.Credential) { c.Created = ago(100) }))
			require.Len(t, got, 1)
			assert.Equal(t, x.muted, got[0].Muted != nil)
			want := map[string]string{}
			if x.end != "" {
				want["CRD018"] = x.end
			}
			assert.Equal(t, want, found(a.End([]string{"acme"})))
		})
	}
}

// TestWhatHasEndedIsReadWhereItIsAskedFor: of many rotations that have ended, whatever is
// in the ID. A record that was changed is a finding, and the others are judged.
func TestWhatHasEndedIsReadWhereItIsAskedFor(t *testing.T) {
	b := newBook(t)
	ended := append(kept(), oplog.StepRetired, journal.Done)
	const chains = 15 // more than the lines that every run reads
	id := func(chain, link int) string { return fmt.Sprintf("k<%d>\"\\%d", chain, link) }
	for chain := range chains {
		for link := range 2 {
			require.NoError(t, b.rotation(id(chain, link), id(chain, link+1), ago(9-link), oplog.Replace, ended...).Wipe())
		}
		require.NoError(t, b.rotation(id(chain, 2), id(chain, 2), ago(5), oplog.Generate, ended...).Wipe())
	}
	b.facts() // moves what has ended
	path := filepath.Join(b.dir, "index.jsonl")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := bytes.SplitAfter(text, []byte("\n"))
	require.Len(t, lines, 3*chains+1)
	changed := slices.IndexFunc(lines, func(line []byte) bool { return bytes.Contains(line, []byte(`"id":"k\u003c1\u003e\"\\0",`)) })
	require.GreaterOrEqual(t, changed, 0)
	lines[changed] = bytes.Replace(lines[changed], []byte(`"began":"2026`), []byte(`"began":"2025`), 1)
	require.NoError(t, os.WriteFile(path, bytes.Join(lines, nil), 0o600))

	a := New(b.facts())
	for chain := range chains {
		s, got := a.Judge(credential(func(c *provider.Credential) { c.ID, c.Name, c.Created = id(chain, 2), id(chain, 2), ago(100) }))
		assert.Equal(t, ago(5), s.Since, "renewed in place")
		assert.Empty(t, got)
		if chain != 1 {
			assert.Equal(t, id(chain, 0), s.Root)
		}
	}
	_, got := a.Judge(credential(func(c *provider.Credential) { c.ID = id(7, 0) }))
	assert.Equal(t, map[string]string{"CRD007": "medium: still active, although " + id(7, 1) + " replaced it"}, found(got))
	assert.Equal(t, map[string]string{"CRD020": fmt.Sprintf("high: line %d of the index of the journal: a line is not as credctl wrote it", changed+1)}, found(a.End([]string{"acme"})))
}
