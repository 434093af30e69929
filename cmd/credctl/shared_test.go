//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// grant puts these keys of Katapult, and no others, on both lists of a bucket.
func (s *scene) grant(bucket string, ids ...string) {
	s.Helper()
	body, err := json.Marshal(map[string]any{
		"object_storage_cluster": map[string]any{"region": "uk-lon-1"}, "bucket": map[string]any{"name": bucket},
		"properties": map[string]any{"access_control_list": map[string]any{"read_key_ids": ids, "write_key_ids": ids}},
	})
	require.NoError(s, err)
	r, err := http.NewRequest(http.MethodPatch, s.URL("katapult")+"/core/v1/object_storage/object_storage_cluster/buckets/bucket", bytes.NewReader(body))
	require.NoError(s, err)
	r.Header.Set("Authorization", "Bearer "+sandbox.KatapultToken)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(s, err)
	defer resp.Body.Close()
	require.Equal(s, http.StatusOK, resp.StatusCode)
}

// Keys that share a bucket are on one list, which is written whole: neither the
// rotations of one run nor those of several take one another's keys off it.
func TestRotationsThatShareABucketKeepOneAnothersGrants(t *testing.T) {
	t.Parallel()
	const n = 6
	s := newScene(t, sandbox.Options{Count: n, Latency: 5 * time.Millisecond})
	ids := make([]string, n)
	var policy strings.Builder
	policy.WriteString("max_changes: 6\nrotations:\n")
	for i := range ids {
		ids[i] = fmt.Sprintf("objkey_%016d", i+1)
		fmt.Fprintf(&policy, "  - {name: e%d, provider: katapult, id: %s, max_age: 30d, to: [%q]}\n", i, ids[i], fmt.Sprintf("file:key-%d", i))
	}
	s.grant("web-assets", ids...)
	whole := func() {
		made := s.made("katapult")
		assert.Len(t, made, n)
		for _, c := range made {
			assert.ElementsMatch(t, []string{"read:web-assets", "write:web-assets"}, c.Grants, c.ID)
		}
	}
	got := s.run(s.policy(policy.String(), "--force", "--parallel", "6")...)
	require.Equal(t, 0, got.status, got.stderr)
	whole()
	assert.Equal(t, n, s.count("katapult", "create"), "none was given up, and made again")
	granted := 0 // without those refused because a key on the list was deleted meanwhile
	for _, r := range s.Requests("katapult") {
		if r.Verb == "grant" && r.Committed {
			granted++
		}
	}
	assert.Equal(t, n+1, granted, "ours, and none had to be mended")

	var all sync.WaitGroup
	for i, e := range entries(t, got) {
		all.Go(func() {
			got := s.run("katapult", "rotate", e.NewID, "--to", fmt.Sprintf("file:key-%d", i))
			assert.Equal(t, 0, got.status, got.stderr)
		})
	}
	all.Wait()
	whole()
	assert.Equal(t, 2*n, s.count("katapult", "create"))
}
