package policy

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// selecting is an entry that selects by name.
func selecting(name, pattern string, to ...string) Entry {
	return Entry{Name: name, Subject: rotation.Subject{Provider: "acme", Kind: "key"}, MaxAge: 30 * duration.Day, Select: &Selection{Name: pattern}, Options: rotation.Options{To: to}}
}

func TestNoTwoSecretsGoToOnePlace(t *testing.T) {
	for name, c := range map[string]struct {
		names   []string
		entries []Entry
		place   string
	}{
		"the same name":            {[]string{"dup", "dup"}, []Entry{selecting("s", "dup", "box:{name}")}, "box:dup"},
		"one of two is shared":     {[]string{"x1", "x2"}, []Entry{selecting("s", "x*", "box:{name}", "box:a")}, "box:a"},
		"no name in it":            {[]string{"x1", "x2"}, []Entry{selecting("s", "x*", "box:a")}, "box:a"},
		"what another entry names": {[]string{"x1", "a"}, []Entry{selecting("s", "x*", "box:a"), selecting("t", "a", "box:{name}")}, "box:a"},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				var ids []string
				for _, name := range c.names {
					ids = append(ids, h.V.Add(provider.Credential{Name: name, Status: "active"}).ID)
					h.entry(name, "", 0)
				}
				h.Clock = 40 * duration.Day
				for _, o := range []Options{{DryRun: true}, {Force: true}} {
					_, err := Run(t.Context(), h.Engine, Policy{Rotations: c.entries}, o)
					require.ErrorIs(t, err, provider.ErrUsage)
					for _, want := range append(ids, c.place) {
						require.ErrorContains(t, err, want)
					}
				}
				assert.Empty(t, h.V.Calls, "nothing was changed")
				h.Clock = 0
				_, err := Run(t.Context(), h.Engine, Policy{Rotations: c.entries}, Options{})
				assert.ErrorIs(t, err, provider.ErrUsage, "it is so whether they are due or not")
			})
		})
	}
}

// A file has more than one name, and more than one destination may be in it.
func TestNoTwoSecretsGoToOneFile(t *testing.T) {
	for name, c := range map[string]struct {
		first, second string
		clash         bool
	}{
		"a symlink":               {"file:%s/real", "file:%s/link", true},
		"another format":          {"file:%s/real", "json:%s/real", true},
		"the prefix that is used": {"dotenv:%s/real", "dotenv:%s/link?prefix=AWS_", true},
		"another prefix":          {"dotenv:%s/real", "dotenv:%s/link?prefix=S3_", false},
		"another profile":         {"aws:web@%s/real", "aws:ci@%s/link", false},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				h.Destination = func(spec string, _ rotation.Subject, _ bool) (deliver.Destination, error) {
					return deliver.Parse(spec, deliver.Options{Shape: provider.KeyPair()})
				}
				dir := t.TempDir()
				require.NoError(t, os.Symlink("real", filepath.Join(dir, "link")))
				ci := h.V.Add(provider.Credential{Name: "ci", Endpoint: "https://s3.acme.example", Status: "active"})
				var entries []string
				for i, to := range []string{c.first, c.second} {
					entries = append(entries, fmt.Sprintf("{name: n%d, provider: acme, kind: key, id: %s, max_age: 30d, to: [%q]}", i, []string{h.Old.ID, ci.ID}[i], fmt.Sprintf(to, dir)))
				}
				_, err := Parse(h.Engine, "r.yaml", []byte("rotations: ["+strings.Join(entries, ", ")+"]"))
				if c.clash {
					require.ErrorContains(t, err, "is also written by the entry in line 1")
				} else {
					require.NoError(t, err)
				}
				h.Clock = 40 * duration.Day
				p := Policy{Rotations: []Entry{
					selecting("web", "ci", fmt.Sprintf(c.first, dir)), h.entry("n", h.Old.ID, 30*duration.Day),
				}}
				p.Rotations[1].To = []string{fmt.Sprintf(c.second, dir)}
				_, err = Run(t.Context(), h.Engine, p, Options{})
				if c.clash {
					require.ErrorIs(t, err, provider.ErrUsage)
					require.ErrorContains(t, err, "would overwrite each other:\n  "+fmt.Sprintf(c.first, dir))
					assert.Empty(t, h.V.Calls, "nothing was changed")
					return
				}
				require.NoError(t, err)
				assert.Equal(t, 2, h.Count("create"))
			})
		})
	}
}

func TestOneEntryForACredential(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		first, second := h.entry("first", h.Old.ID, 30*duration.Day), h.entry("second", h.Old.ID, 30*duration.Day)
		third := h.V.Add(provider.Credential{Name: "third"})
		p := Policy{Rotations: []Entry{first, second, h.entry("third", third.ID, 30*duration.Day)}}
		h.Clock = 40 * duration.Day
		h.V.Faults["get"] = []rotationtest.Fault{{Err: rotationtest.ErrDown}} // though it is not known now whether the first one is due
		got, err := Run(t.Context(), h.Engine, p, Options{})
		require.ErrorIs(t, err, provider.ErrPartial)
		require.ErrorIs(t, got[1].Err, provider.ErrUsage)
		assert.Contains(t, got[1].Error, `"first"`)
		assert.False(t, got[1].Changed)
		assert.True(t, got[2].Changed)
		assert.Equal(t, 1, h.Count("create"), "the third")
		got, err = Run(t.Context(), h.Engine, p, Options{})
		require.ErrorIs(t, err, provider.ErrPartial)
		assert.True(t, got[0].Changed)
		require.ErrorIs(t, got[1].Err, provider.ErrUsage)
		p.Rotations[1].ID = got[0].NewID // it is the same one
		got, err = Run(t.Context(), h.Engine, p, Options{})
		require.ErrorIs(t, err, provider.ErrPartial)
		require.ErrorIs(t, got[1].Err, provider.ErrUsage)
		assert.Equal(t, 2, h.Count("create"))
	})
}

// The name of a credential is what anybody chose who may name one.

// A destination that cannot be opened, of which its own rotation says so, hides no clash of the
// others.
func TestAClashBehindADestinationThatCannotBeOpened(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		ci := h.V.Add(provider.Credential{Name: "ci", Status: "active"})
		a, b := h.entry("web", h.Old.ID, 30*duration.Day), h.entry("ci", ci.ID, 30*duration.Day)
		a.To, b.To = []string{"box:unknown", "box:web"}, []string{"box:web"}
		_, err := Run(t.Context(), h.Engine, Policy{Rotations: []Entry{a, b}}, Options{})
		require.ErrorIs(t, err, provider.ErrUsage)
		require.ErrorContains(t, err, "would overwrite each other")
		assert.Empty(t, h.V.Calls)
	})
}

// An operation of which nothing can be read may be about any credential: no rotation begins.
func TestADamagedOperationMayBeAboutAny(t *testing.T) {
	for _, dry := range []bool{false, true} {
		rotationtest.Bubble(t, func(t *testing.T) {
			h := newHouse(t, rotationtest.AsReplacer)
			p := Policy{Rotations: []Entry{h.entry("web", h.Old.ID, 30*duration.Day)}}
			_, err := h.Journal.Key()
			require.NoError(t, err)
			path := filepath.Join(h.Dir, "operations", "20000101-000000-00000000.jsonl")
			require.NoError(t, os.WriteFile(path, []byte("nothing of it\nis left\n"), 0o600))
			h.Clock = 40 * duration.Day
			got, err := Run(t.Context(), h.Engine, p, Options{DryRun: dry})
			require.NotEmpty(t, got, err)
			require.ErrorContains(t, err, "20000101-000000-00000000: entry 1 cannot be read, so that it may be about any credential")
			assert.Empty(t, h.V.Calls)
			assert.FileExists(t, path)
		})
	}
}
