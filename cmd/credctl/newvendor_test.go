//go:build unix

package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A newcomer is the program with the vendor and the destination of CONTRIBUTING.md.
type newcomer struct {
	testing.TB
	program string
	server  *httptest.Server
	store   *acmeStore
	env     []string
}

// withNewcomers builds the program with the code of CONTRIBUTING.md, and the lines that
// it says.
func withNewcomers(t *testing.T) string {
	t.Helper()
	const main = "cmd/credctl/main.go"
	text := withLine(t, main, "\t\tacme.Provider(),", "\t\tstratum.Provider(),")
	for line, before := range map[string]string{
		"\t\tacmekv.Scheme(),": "\t\tsops.Scheme(),",
		"\t\"github.com/credctl/credctl/internal/acme\"\n\t\"github.com/credctl/credctl/internal/deliver/acmekv\"": "\t\"github.com/credctl/credctl/internal/stratum\"",
	} {
		require.Equal(t, 1, strings.Count(text, "\n"+before), before)
		text = strings.Replace(text, "\n"+before, "\n"+line+"\n"+before, 1)
	}
	blocks := goBlocks(t)
	return overlaid(t, map[string]string{main: text, "internal/acme/acme.go": blocks[0], "internal/deliver/acmekv/acmekv.go": blocks[1]}, "-tags", "failpoint")
}

// arrive starts the vendor and the destination, which has the secret of a key.
func arrive(t *testing.T, program string) *newcomer {
	t.Helper()
	was := "old-key"
	n := &newcomer{TB: t, program: program, server: acmeServer(t), store: &acmeStore{value: &was, may: "write"}}
	place := httptest.NewServer(n.store)
	t.Cleanup(place.Close)
	n.env = privateVariables(t, "PATH="+os.Getenv("PATH"), "CREDCTL_ACME_BASE_URL="+n.server.URL, "ACME_TOKEN="+vendorsKey,
		"ACME_KV_URL="+place.URL, "ACME_KV_TOKEN="+acmeStoreToken)
	return n
}

func (n *newcomer) run(more []string, args ...string) outcome {
	n.Helper()
	var stdout, stderr strings.Builder
	cmd := exec.Command(n.program, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = slices.Concat(n.env, more), &stdout, &stderr
	_ = cmd.Run() // its status tells
	assert.NotContains(n, stdout.String()+stderr.String(), "secret-of-")
	return outcome{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// keys returns the IDs of the keys that the vendor has.
func (n *newcomer) keys() (ids []string) {
	n.Helper()
	r, err := http.NewRequest(http.MethodGet, n.server.URL+"/v1/api-keys", nil)
	require.NoError(n, err)
	r.Header.Set("Authorization", "Bearer "+vendorsKey)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(n, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(n, err)
	var listed struct{ Items []struct{ ID string } }
	require.NoError(n, json.Unmarshal(b, &listed))
	for _, item := range listed.Items {
		ids = append(ids, item.ID)
	}
	return ids
}

// held returns what the destination holds.
func (n *newcomer) held() (value string) {
	n.store.set(func() { value = *n.store.value })
	return value
}

// TestNewcomersSurviveKills rotates a key of the vendor of CONTRIBUTING.md to its
// destination, and kills the program at each step: the same command continues.
func TestNewcomersSurviveKills(t *testing.T) {
	t.Parallel()
	program := withNewcomers(t)
	rotate := []string{"acme", "rotate", "key1", "--to", "acme-kv:web", "--grace", "0"}
	log := filepath.Join(t.TempDir(), "log")
	first := arrive(t, program)
	first.known()
	whole := first.run([]string{"CREDCTL_FAILPOINT_LOG=" + log}, rotate...)
	require.Zero(t, whole.status, whole.stderr)
	text, err := os.ReadFile(log)
	require.NoError(t, err)
	points := strings.Fields(string(text))
	slices.Sort(points)
	points = slices.Compact(points)
	require.Greater(t, len(points), 10)
	var unknown []string
	for _, point := range points {
		n := arrive(t, program)
		assert.Equal(t, -1, n.run([]string{"CREDCTL_FAILPOINT=" + point}, rotate...).status, "killed at %s", point)
		if held := n.held(); held == "old-key" {
			assert.Contains(t, n.keys(), "key1", "killed at %s: its secret is still in use", point)
		}
		var got outcome
		for range 3 { // an answer that was lost takes a run more
			if got = n.run(nil, rotate...); got.status == 0 {
				break
			}
		}
		if got.status == 9 { // the vendor does not tell who created a key, so nothing is deleted
			assert.Equal(t, []string{"key1", "new1"}, n.keys(), "killed at %s", point)
			assert.Equal(t, "old-key", n.held(), "killed at %s", point)
			unknown = append(unknown, point)
			continue
		}
		require.Zero(t, got.status, "killed at %s: %s", point, got.stderr)
		assert.Equal(t, []string{"new1"}, n.keys(), "killed at %s", point)
		assert.Equal(t, "secret-of-web", n.held(), "killed at %s", point)
	}
	assert.Subset(t, []string{"issue.answered", "issued.noting"}, unknown, "only while an answer is not written down")
}

// known: help, completion, audit and lists have the newcomers, without another line.
func (n *newcomer) known() {
	n.Helper()
	for _, c := range []struct{ args, want string }{
		{"--help", "acme"},
		{"acme --help", "deploy-token"},
		{"__complete acme rotate key1 --to acme-", "acme-kv:"},
		{"list -o name", "key1"},
		{"audit -o json", "key1"},
		{"auth status -o csv", "acme,"},
	} {
		o := n.run(nil, strings.Fields(c.args)...)
		assert.Contains(n, o.stdout, c.want, "%s: %s", c.args, o.stderr)
	}
}

// TestTheSkeletonOfAVendor runs the test that `make new-vendor` writes, against what it writes.
func TestTheSkeletonOfAVendor(t *testing.T) {
	t.Parallel()
	root, tree := filepath.Join("..", ".."), t.TempDir()
	for _, dir := range []string{".ci/new-vendor", "cmd/credctl/testdata/acme", "docs/commands"} {
		require.NoError(t, os.MkdirAll(filepath.Join(tree, filepath.Dir(dir)), 0o750))
		link, err := filepath.Abs(filepath.Join(root, filepath.FromSlash(dir)))
		require.NoError(t, err)
		require.NoError(t, os.Symlink(link, filepath.Join(tree, dir)))
	}
	require.NoError(t, os.Mkdir(filepath.Join(tree, "internal"), 0o750))
	write := func(name string) (string, error) {
		out, err := exec.CommandContext(t.Context(), "sh", filepath.Join(tree, ".ci", "new-vendor"), name).CombinedOutput()
		return string(out), err
	}
	for name, why := range map[string]string{"": "pass a name", "a b": "pass a name", "type": "a word of Go", "list": "is a command already"} {
		out, err := write(name)
		require.Error(t, err, name)
		assert.Contains(t, out, why)
	}
	out, err := write("globex")
	require.NoError(t, err, out)
	files := map[string]string{}
	for _, path := range []string{"internal/globex/globex.go", "internal/globex/globex_test.go"} {
		text, err := os.ReadFile(filepath.Join(tree, path))
		require.NoError(t, err)
		assert.NotContains(t, strings.ToLower(string(text)), "acme")
		files[path] = string(text)
	}
	program := filepath.Join(tree, "globex.test")
	cmd := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-o", program, "-overlay", overlay(t, files), "./internal/globex")
	cmd.Dir = root
	compiled, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", compiled)
	tested, err := exec.CommandContext(t.Context(), program, "-test.v").CombinedOutput()
	require.NoError(t, err, "%s", tested)
	assert.Contains(t, string(tested), "--- PASS: TestContract/deploy-token", "each kind")
}
