package prom_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/prom"
	"github.com/credctl/credctl/internal/provider"
)

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "credctl.prom")
	at := time.Date(2026, 11, 30, 4, 0, 0, 0, time.UTC)
	assert.True(t, prom.Last(path, prom.LastSuccess).IsZero())

	var f prom.File
	f.SetBool(prom.RunSuccess, false, "policy", "/etc/a.yaml")
	f.SetBool(prom.RunSuccess, true, "policy", "/etc/\"b\"\\\n.yaml", "verb", "")
	f.SetTime(prom.LastSuccess, at)
	f.SetTime(prom.Created, time.Time{}, "id", "unknown")
	f.Set(prom.Build, 1, "version", "v1.0.0")
	require.NoError(t, f.Write(path))

	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, `# HELP credctl_build_info Version of credctl; always 1.
# TYPE credctl_build_info gauge
credctl_build_info{version="v1.0.0"} 1
# HELP credctl_run_success 1 if the last run succeeded, 0 if it did not.
# TYPE credctl_run_success gauge
credctl_run_success{policy="/etc/\"b\"\\\n.yaml"} 1
credctl_run_success{policy="/etc/a.yaml"} 0
# HELP credctl_last_success_timestamp_seconds When the last successful run ended.
# TYPE credctl_last_success_timestamp_seconds gauge
credctl_last_success_timestamp_seconds 1796011200
`, string(text))
	assert.True(t, prom.Last(path, prom.LastSuccess).Equal(at))
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o644), info.Mode().Perm(), "the collector is another user")
	all, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	require.NoError(t, err)
	assert.Equal(t, []string{path}, all, "nothing is left beside it")
}

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, prom.Check(filepath.Join(dir, "a.prom")))
	for _, path := range []string{filepath.Join(dir, "a"), filepath.Join(dir, "none", "a.prom")} {
		require.ErrorIs(t, prom.Check(path), provider.ErrUsage)
	}
	require.ErrorContains(t, (&prom.File{}).Write(filepath.Join(dir, strings.Repeat("a", 300)+".prom")), "cannot write the metrics file")
}
