package rotation

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
)

// selecting is an entry that selects by name.
func selecting(name, pattern string, to ...string) Rotation {
	return Rotation{Name: name, Subject: Subject{Provider: "acme", Kind: "key"}, MaxAge: 30 * day, Select: &Selection{Name: pattern}, Options: Options{To: to}}
}

func TestNoTwoSecretsGoToOnePlace(t *testing.T) {
	for name, c := range map[string]struct {
		names   []string
		entries []Rotation
		place   string
	}{
		"the same name":            {[]string{"dup", "dup"}, []Rotation{selecting("s", "dup", "box:{name}")}, "box:dup"},
		"one of two is shared":     {[]string{"x1", "x2"}, []Rotation{selecting("s", "x*", "box:{name}", "box:a")}, "box:a"},
		"no name in it":            {[]string{"x1", "x2"}, []Rotation{selecting("s", "x*", "box:a")}, "box:a"},
		"what another entry names": {[]string{"x1", "a"}, []Rotation{selecting("s", "x*", "box:a"), selecting("t", "a", "box:{name}")}, "box:a"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, asReplacer)
				var ids []string
				for _, name := range c.names {
					ids = append(ids, h.v.add(provider.Credential{Name: name, Status: "active"}).ID)
					h.entry(name, "", 0)
				}
				h.clock = 40 * day
				for _, o := range []PolicyOptions{{DryRun: true}, {Force: true}} {
					_, err := h.RunPolicy(t.Context(), Policy{Rotations: c.entries}, o)
					require.ErrorIs(t, err, provider.ErrUsage)
					for _, want := range append(ids, c.place) {
						require.ErrorContains(t, err, want)
					}
				}
				assert.Empty(t, h.v.calls, "nothing was changed")
				h.clock = 0
				_, err := h.RunPolicy(t.Context(), Policy{Rotations: c.entries}, PolicyOptions{})
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
			bubble(t, func(t *testing.T) {
				h := newHouse(t, asReplacer)
				h.Destination = func(spec string, _ Subject, _ bool) (deliver.Destination, error) {
					return deliver.Parse(spec, deliver.Options{Shape: provider.KeyPair()})
				}
				dir := t.TempDir()
				require.NoError(t, os.Symlink("real", filepath.Join(dir, "link")))
				ci := h.v.add(provider.Credential{Name: "ci", Status: "active"})
				var entries []string
				for i, to := range []string{c.first, c.second} {
					entries = append(entries, fmt.Sprintf("{name: n%d, provider: acme, kind: key, id: %s, max_age: 30d, to: [%q]}", i, []string{h.old.ID, ci.ID}[i], fmt.Sprintf(to, dir)))
				}
				_, err := h.ParsePolicy("r.yaml", []byte("rotations: ["+strings.Join(entries, ", ")+"]"))
				if c.clash {
					require.ErrorContains(t, err, "is written by the rotation in line 1 too")
				} else {
					require.NoError(t, err)
				}
				h.clock = 40 * day
				p := Policy{Rotations: []Rotation{
					selecting("web", "ci", fmt.Sprintf(c.first, dir)), h.entry("n", h.old.ID, 30*day),
				}}
				p.Rotations[1].To = []string{fmt.Sprintf(c.second, dir)}
				_, err = h.RunPolicy(t.Context(), p, PolicyOptions{})
				if c.clash {
					require.ErrorIs(t, err, provider.ErrUsage)
					require.ErrorContains(t, err, "would overwrite one another at "+fmt.Sprintf(c.first, dir))
					assert.Empty(t, h.v.calls, "nothing was changed")
					return
				}
				require.NoError(t, err)
				assert.Equal(t, 2, h.count("create"))
			})
		})
	}
}

func TestOneEntryForACredential(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, asReplacer)
		first, second := h.entry("first", h.old.ID, 30*day), h.entry("second", h.old.ID, 30*day)
		third := h.v.add(provider.Credential{Name: "third"})
		p := Policy{Rotations: []Rotation{first, second, h.entry("third", third.ID, 30*day)}}
		h.clock = 40 * day
		h.v.faults["get"] = []fault{{err: errDown}} // though it is not known now whether the first one is due
		got, err := h.RunPolicy(t.Context(), p, PolicyOptions{})
		require.ErrorIs(t, err, provider.ErrPartial)
		require.ErrorIs(t, got[1].Err, provider.ErrUsage)
		assert.Contains(t, got[1].Error, `"first"`)
		assert.False(t, got[1].Changed)
		assert.True(t, got[2].Changed)
		assert.Equal(t, 1, h.count("create"), "the third")
		got, err = h.RunPolicy(t.Context(), p, PolicyOptions{})
		require.ErrorIs(t, err, provider.ErrPartial)
		assert.True(t, got[0].Changed)
		require.ErrorIs(t, got[1].Err, provider.ErrUsage)
		p.Rotations[1].ID = got[0].NewID // it is the same one
		got, err = h.RunPolicy(t.Context(), p, PolicyOptions{})
		require.ErrorIs(t, err, provider.ErrPartial)
		require.ErrorIs(t, got[1].Err, provider.ErrUsage)
		assert.Equal(t, 2, h.count("create"))
	})
}

// The name of a credential is what anybody chose who may name one.
func TestNamesInDestinations(t *testing.T) {
	for name, want := range map[string][2]bool{ // in a path, in a command line
		"ci-1":          {true, true},
		"web.prod":      {true, true},
		"a b":           {true, false},
		"$(id)":         {true, false},
		"`id`":          {true, false},
		"x;rm":          {true, false},
		"it's":          {true, false},
		"-rf":           {true, false},
		"../etc/passwd": {false, false},
		".hidden":       {false, true},
		"a\nb":          {false, false},
		"":              {false, false},
	} {
		_, err := addressed([]string{"file:/k/{name}"}, name)
		assert.Equal(t, want[0], err == nil, "%q", name)
		_, err = addressed([]string{"exec:store {name}"}, name)
		assert.Equal(t, want[1], err == nil, "%q", name)
		_, err = addressed([]string{"exec:store", "file:/k"}, name)
		assert.NoError(t, err, "%q is no part of these", name)
	}
}
