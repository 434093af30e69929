package postgres

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/journaltest"
	"github.com/credctl/credctl/internal/journal/pgtest"
	"github.com/credctl/credctl/internal/journal/rekey"
	"github.com/credctl/credctl/internal/provider"
)

// kept is an answer that a host has kept.
type kept struct {
	state

	d      *Database
	notes  *[]string
	saved  *[]provider.Credential
	entry  journal.Entry
	id     string
	file   string
	intent journal.Entry
}

func keeping(t *testing.T) kept {
	t.Helper()
	s := initialised(t, pgtest.Shared(t))
	k := kept{state: s, notes: new([]string), entry: issued(), intent: intent()}
	k.intent.Snapshot = []string{"X"}
	j, d := s.on(t, s.URL(pgtest.App), k.notes)
	o, err := j.Create(k.intent)
	require.NoError(t, err)
	s.ReadOnly(t, true)
	require.ErrorIs(t, o.Append(k.entry), journal.ErrKept)
	s.ReadOnly(t, false)
	k.d, k.id, k.file = d, o.ID, filepath.Join(d.Spool().Dir, o.ID+".jsonl")
	require.FileExists(t, k.file)
	k.saved = new([]provider.Credential)
	d.options.Spool.Save = func(c provider.Credential) (string, error) {
		*k.saved = append(*k.saved, c)
		return "recovered", nil
	}
	return k
}

// elsewhere is the operation as another host reads it.
func (k kept) elsewhere(t *testing.T) *journal.Operation {
	t.Helper()
	o, err := k.open(t, k.URL(pgtest.App)).Load(k.id)
	require.NoError(t, err)
	return o
}

func at(step journal.Step) journal.Entry { return journal.Entry{Time: time.Now(), Step: step} }

// TestWhatWasKeptIsGivenBack after what another host did meanwhile, unless that has changed
// a credential.
func TestWhatWasKeptIsGivenBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meanwhile func(*testing.T, kept) []journal.Entry
		settled   bool
		wiped     bool
		discarded bool
		saved     bool // the secret is in a file
		entries   []journal.Step
	}{
		"it failed": {
			meanwhile: func(*testing.T, kept) []journal.Entry {
				return []journal.Entry{at("options"), at("lost"), at("pending"), at("failed"), at("unknown")}
			},
			entries: []journal.Step{"intent", "options", "lost", "pending", "failed", "unknown", "issued"},
		},
		"it failed, and dropped what it needed no more": {
			meanwhile: func(*testing.T, kept) []journal.Entry { return []journal.Entry{at("failed")} },
			settled:   true, entries: []journal.Step{"intent", "failed", "issued"},
		},
		"the entry was added": {
			meanwhile: func(_ *testing.T, k kept) []journal.Entry {
				return []journal.Entry{k.entry, at("verified")}
			},
			entries: []journal.Step{"intent", "issued", "verified"},
		},
		"the entry was added after a failure, and the rotation ended": {
			meanwhile: func(_ *testing.T, k kept) []journal.Entry {
				return []journal.Entry{at("failed"), k.entry, at("verified"), at("done")}
			},
			wiped: true, entries: []journal.Step{"intent", "failed", "issued", "verified", "done"},
		},
		"it issued another": {
			meanwhile: func(*testing.T, kept) []journal.Entry {
				return []journal.Entry{at("failed"), issued()}
			},
			discarded: true, entries: []journal.Step{"intent", "failed", "issued"},
		},
		"it revoked": {
			meanwhile: func(*testing.T, kept) []journal.Entry {
				return []journal.Entry{at("revoking"), at("failed")}
			},
			saved: true, entries: []journal.Step{"intent", "revoking", "failed"},
		},
		"it found what the vendor's own rotation made": {
			meanwhile: func(*testing.T, kept) []journal.Entry { return []journal.Entry{at("found"), at("unknown")} },
			saved:     true, entries: []journal.Step{"intent", "found", "unknown"},
		},
		"it ended the rotation by force": {
			meanwhile: func(*testing.T, kept) []journal.Entry { return []journal.Entry{at("aborted")} },
			wiped:     true, saved: true, entries: []journal.Step{"intent", "aborted"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := keeping(t)
			other := k.elsewhere(t)
			for _, e := range c.meanwhile(t, k) {
				require.NoError(t, other.Append(e))
			}
			if c.settled {
				require.NoError(t, other.Settle())
			}
			if c.wiped {
				require.NoError(t, other.Wipe())
			}
			again, err := Open(t.Context(), k.d.options)
			require.NoError(t, err)
			_, err = again.Index()
			require.NoError(t, err)
			assert.NoFileExists(t, k.file)
			require.Len(t, *k.notes, 1)
			said := "Added the local copy"
			switch {
			case c.discarded:
				said = "Discarded"
			case c.saved:
				said = "the secret of B, which may work, is in recovered"
			}
			require.Len(t, *k.saved, map[bool]int{true: 1}[c.saved])
			if c.saved {
				assert.Equal(t, provider.Credential{Provider: "acme", Kind: "key", ID: "B"}, provider.Credential{Provider: (*k.saved)[0].Provider, Kind: (*k.saved)[0].Kind, ID: (*k.saved)[0].ID})
				assert.Equal(t, "canary-5f", (*k.saved)[0].Secret.Reveal())
			}
			assert.Contains(t, (*k.notes)[0], said)

			now := k.elsewhere(t)
			require.NoError(t, now.Damaged)
			var steps []journal.Step
			for _, e := range now.Entries {
				steps = append(steps, e.Step)
			}
			assert.Equal(t, c.entries, steps)
			secrets, err := now.Secrets()
			require.NoError(t, err)
			if c.wiped {
				return
			}
			if !c.discarded && !c.saved {
				assert.Equal(t, "canary-5f", secrets[journal.NewSecret].Reveal())
			}
			require.NoError(t, now.Append(at("verified")))
		})
	}
}

// The only copy of a secret stays where it is if it cannot be saved, until it can.
func TestWhatCannotBeSavedStaysKept(t *testing.T) {
	t.Parallel()
	k := keeping(t)
	require.NoError(t, k.elsewhere(t).Append(at("found")))
	save := k.d.options.Spool.Save
	k.d.options.Spool.Save = func(provider.Credential) (string, error) { return "", errors.New("no space left on device") }
	again, err := Open(t.Context(), k.d.options)
	require.NoError(t, err)
	_, err = again.Index()
	require.ErrorContains(t, err, "could not save the secret of B")
	require.FileExists(t, k.file)
	k.d.options.Spool.Save = save
	_, err = again.Index()
	require.NoError(t, err)
	assert.NoFileExists(t, k.file)
	require.Len(t, *k.saved, 1)
}

// TestWhatCannotBeOpenedStaysKept where the state was encrypted for another identity
// meanwhile.
func TestWhatCannotBeOpenedStaysKept(t *testing.T) {
	t.Parallel()
	k := keeping(t)
	id, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	require.NoError(t, rekey.Prepare(t.Context(), k.open(t, k.URL(pgtest.Owner)), id, journaltest.LockChain))
	k.identity = id
	_, err = rekey.Finish(t.Context(), k.open(t, k.URL(pgtest.Owner)), journaltest.LockChain)
	require.NoError(t, err)

	o := k.d.options
	o.Identity = k.state.options(t, k.URL(pgtest.App)).Identity
	again, err := Open(t.Context(), o)
	require.NoError(t, err)
	_, err = again.Index()
	require.ErrorContains(t, err, k.id+" in "+k.d.Spool().Dir)
	assert.Contains(t, provider.HintOf(err), "if the identity was changed")
	_, err = os.Stat(k.file)
	require.NoError(t, err)
	assert.Empty(t, *k.notes)
	assert.Len(t, k.elsewhere(t).Entries, 1)
}

// TestAnOperationIsSetAsideOnce although the answer was lost, and the statement is sent again.
func TestAnOperationIsSetAsideOnce(t *testing.T) {
	t.Parallel()
	s := initialised(t, pgtest.Shared(t))
	j := s.open(t, s.URL(pgtest.App))
	o, err := j.Create(intent())
	require.NoError(t, err)
	for range 2 {
		where, err := j.Backend().SetAside(o.ID)
		require.NoError(t, err)
		assert.Contains(t, where, o.ID)
	}
	_, err = j.Backend().SetAside("none")
	require.Error(t, err)
}
