//go:build unix

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/sandbox"
)

// TestF1KilledWhileTheIndexIsMade kills the first run that writes to the folder of an
// older credctl, a prune, at each failpoint: the next run knows the whole chain.
func TestF1KilledWhileTheIndexIsMade(t *testing.T) {
	t.Parallel()
	older := func(t *testing.T) *scene {
		t.Helper()
		s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{"file:%s/key"}})
		require.NoError(t, os.CopyFS(s.state(), os.DirFS(filepath.Join("..", "..", "internal", "journal", "testdata", "state1"))))
		return s
	}
	check := func(s *scene) {
		store, err := folder.Open(s.state())
		require.NoError(s, err)
		x, err := store.Index()
		require.NoError(s, err)
		now, err := x.Current(journal.Ref{Provider: "katapult", Kind: "access-key", ID: "objkey_sbxBackup0000001"})
		require.NoError(s, err)
		assert.Equal(s, "objkey_RF5jD3vHpDsuhREn", now.ID)
		require.Len(s, x.Unfinished(), 1)
		assert.Equal(s, "objkey_W3F7uaxPJnR95hxp", x.Unfinished()[0].NewID())
	}
	for name, args := range map[string][]string{"prune": {"rotation", "prune", "--older-than", "0d"}} {
		t.Run(name, func(t *testing.T) {
			s := older(t)
			log := filepath.Join(s.dir, "failpoints")
			p := s.command("", args...)
			p.Env = append(p.Env, "CREDCTL_FAILPOINT_LOG="+log)
			require.NoError(t, p.Run(), p.stderr.String())
			check(s)
			text, err := os.ReadFile(log)
			require.NoError(t, err)
			points := steps(string(text))
			require.Subset(t, points, []string{"index.adding:1", "index.added:1", "index.moved:1", "index.moved:2"})
			for _, point := range points {
				t.Run(point, func(t *testing.T) {
					s := older(t)
					p := s.command("", args...)
					p.Env = append(p.Env, "CREDCTL_FAILPOINT="+point)
					require.Error(t, p.Run())
					killed(t, p)
					check(s)
					require.Zero(t, s.run(args...).status)
					check(s)
				})
			}
		})
	}
}
