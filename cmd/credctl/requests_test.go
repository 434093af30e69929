//go:build unix

package main

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// requests are what a command sent to a vendor, by verb, next to what waits for a key or
// proves what a secret may do.
func (s *scene) requests(vendor string, args ...string) map[string]int {
	s.Helper()
	before := len(s.Requests(vendor))
	got := s.run(args...)
	require.Equal(s, 0, got.status, got.stderr)
	count := map[string]int{}
	for _, r := range s.Requests(vendor)[before:] {
		waits := r.Status == http.StatusUnprocessableEntity // until Katapult has provisioned the key
		proves := r.Verb == "tenant" || r.Verb == "audit" && strings.HasSuffix(r.Query, "limit=1")
		if !waits && !proves {
			count[r.Verb]++
		}
	}
	return count
}

// TestTheRequestsOfARotation is what a rotation costs at each vendor, with every
// strategy: next to what proves that the new secret works, and to the listing that looks
// for a replacement which the journal does not know, at most 8 at Katapult and 6 at
// Stratum.
func TestTheRequestsOfARotation(t *testing.T) {
	t.Parallel()
	want := map[string]map[string]int{
		"katapult replace":  {"list": 1, "get": 2, "create": 1, "generate": 1, "bucket": 1, "grant": 1, "update": 1, "delete": 1},
		"katapult in place": {"list": 1, "get": 2, "generate": 1},
		"stratum route":     {"list": 2, "other": 1, "audit": 1, "rotate": 1}, // whether this server has a route that newer ones have
		"stratum overlap":   {"list": 3, "audit": 1, "create": 1, "delete": 1},
		"medianova replace": {"list": 1, "get": 4, "create": 1, "update": 1, "delete": 1},
	}
	for _, w := range ways() {
		expected, ok := want[w.name]
		if !ok {
			continue
		}
		delete(want, w.name)
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, w.options, w.subjects...)
			if w.setup != nil {
				w.setup(s)
			}
			vendor := w.subjects[0].vendor
			if vendor == "stratum" { // the journal knows the key that credctl authenticates with
				rotated := s.subjects
				s.admin("file:" + s.dir + "/token")
				s.subjects = rotated
			}
			got := s.requests(vendor, w.args(s)...)
			assert.Equal(t, expected, got)
		})
	}
	assert.Empty(t, slices.Collect(maps.Keys(want)), "which are measured")
}

// A rotation at Losant reads the credential once before it changes it, and what uses it;
// after that, that the change was made, and the permissions.
func TestTheRequestsOfARotationAtLosant(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{})
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "given"), []byte("given"), 0o600))
	for verb, args := range map[string][]string{
		"update":   {losantArchive, "--set-file", "secretAccessKey=given"},
		"generate": {losantSnowflake, "--to", "file:public"},
	} {
		got := s.requests("losant", append([]string{"losant", "rotate", "--yes"}, args...)...)
		assert.Equal(t, map[string]int{"get": 3, "linked": 1, "application": 1, verb: 1}, got, args)
	}
}

// Where nothing tells which key credctl authenticates with, three more looks at the
// listing find it, once: later rotations know it.
func TestTheRequestsThatFindTheSigner(t *testing.T) {
	t.Parallel()
	for _, overlap := range []bool{true, false} {
		s := newScene(t, sandbox.Options{}, subject{vendor: "stratum", id: stratumCI, places: []string{"file:%s/key"}})
		want, way := map[string]int{"list": 2, "other": 1, "audit": 1, "rotate": 1}, "--yes"
		if overlap {
			want, way = map[string]int{"list": 3, "audit": 1, "create": 1, "delete": 1}, "--overlap"
		}
		want["list"] += 3 // the last of which also shows what exists before the request
		assert.Equal(t, want, s.requests("stratum", s.rotate(way)...), way)
		want["list"] -= 3
		got := s.requests("stratum", "stratum", "rotate", stratumBackup, way, "--to", "file:"+s.dir+"/backup")
		assert.Equal(t, want, got, way)
	}
}

// The keys of one policy run share one look for the key that credctl authenticates with,
// also where it finds nothing.
func TestAPolicyLooksForTheSignerOnce(t *testing.T) {
	t.Parallel()
	for stamps, looks := range map[string]int{"": 3, "never": 1} {
		s := newScene(t, sandbox.Options{StratumStamps: stamps})
		args := s.policy(fmt.Sprintf("rotations:\n- {name: ci, provider: stratum, id: %s, max_age: 1d, to: ['file:%s/ci']}\n- {name: backup, provider: stratum, id: %s, max_age: 1d, to: ['file:%s/backup']}\n",
			stratumCI, s.dir, stratumBackup, s.dir), "--dry-run")
		before := s.count("stratum", "list")
		got := s.run(args...)
		assert.Equal(t, 1+looks, s.count("stratum", "list")-before, "%s: %s", stamps, got.stderr)
	}
}

// Many keys of Stratum, which reads one by listing all, take one listing.
func TestManyKeysAreReadWithOneListing(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{Count: 1000})
	ids := s.run("stratum", "list", "-o", "name").stdout
	require.Greater(t, strings.Count(ids, "\n"), 1000)
	before := len(s.Requests("stratum"))
	p := s.command(ids, "stratum", "get", "-", "-o", "name")
	require.NoError(t, p.Run(), p.stderr.String())
	assert.Equal(t, ids, p.stdout.String())
	assert.Len(t, s.Requests("stratum"), before+1)
}

// The entries of a policy share one listing of each account: here three pages, because
// nothing is due.
func TestThePolicyListsEachAccountOnce(t *testing.T) {
	t.Parallel()
	for vendor, pages := range map[string]int{"katapult": 3, "stratum": 1} {
		s := newScene(t, sandbox.Options{Count: 250})
		var policy strings.Builder
		policy.WriteString("rotations:\n")
		for i := 1; i <= 50; i++ {
			fmt.Fprintf(&policy, "- {name: e%d, provider: %s, select: {name: 'seed-%06d'}, max_age: 3650d, to: ['file:%s/%d']}\n", i, vendor, i, s.dir, i)
		}
		require.NoError(t, os.WriteFile(filepath.Join(s.dir, "policy.yaml"), []byte(policy.String()), 0o600))
		assert.Equal(t, map[string]int{"list": pages}, s.requests(vendor, "rotate", "-f", "policy.yaml"))
	}
}
