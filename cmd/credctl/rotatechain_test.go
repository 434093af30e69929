//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// The IDs of one chain are one credential: who is at work on one of them keeps
// others from all.
func TestF6TwoIDsOfOneChainAtOnce(t *testing.T) {
	t.Parallel()
	s := web(t, sandbox.Options{})
	require.Zero(t, s.run(s.rotate("--grace", "1h")...).status)
	successor := s.made("katapult")[0].ID
	again := []string{"katapult", "rotate", successor}
	for _, to := range s.subjects[0].places {
		again = append(again, "--to", to)
	}
	p := s.command("", append(again, "--hook", "touch began; sleep 20")...)
	require.NoError(t, p.Start())
	require.Eventually(t, func() bool { _, err := os.Stat(filepath.Join(s.dir, "began")); return err == nil }, 20*time.Second, 10*time.Millisecond)
	changes := s.changing("katapult")
	for _, args := range [][]string{
		s.rotate("--grace", "0s"),
		again,
		{"rotation", "abort", katapultWeb, "--yes"},
		{"rotation", "resume", katapultWeb, "--force-unverified"},
	} {
		got := s.run(append(args, "-o", "json")...)
		assert.Equal(t, 75, got.status, "%s: %s%s", args, got.stdout, got.stderr)
		assert.Equal(t, "locked", failed(t, got).Code)
	}
	assert.Equal(t, changes, s.changing("katapult"), "nothing was done meanwhile")
	require.NoError(t, p.Process.Kill())
	require.Error(t, p.Wait())
	s.invariant("killed in its hook")
}

// reads returns how often a vendor was read since it was last changed.
func (s *scene) reads(vendor string) (n int) {
	for _, r := range slices.Backward(s.Requests(vendor)) {
		if r.Method != "GET" {
			break
		}
		n++
	}
	return n
}

// What is put back is read back like what is delivered: until then the new credential, which
// may be what the destination has, is not revoked.
func TestAnAbortReadsBackWhatItPutBack(t *testing.T) {
	t.Parallel()
	to := []string{"json:%s/key.json", "losant:66a0c0de5eed000000000001/" + losantArchive}
	begun := func() *scene {
		s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: to})
		require.Zero(t, s.run(s.rotate("--grace", "1h")...).status)
		return s
	}
	abort := []string{"rotation", "abort", katapultWeb, "--yes", "-o", "json", "--max-wait", "100ms"}
	s := begun()
	before, delivered := s.count("losant", "get"), s.reads("losant")
	require.Zero(t, s.run(abort...).status)
	last := s.count("losant", "get") - before
	assert.Equal(t, delivered, s.reads("losant"), "as often as when it was delivered")

	s = begun()
	successor := s.made("katapult")[0].ID
	s.fault(fmt.Sprintf("losant:get:500:%d+", last-1))
	got := s.run(abort...)
	assert.Equal(t, 8, failed(t, got).Exit, got.stderr)
	assert.Contains(t, got.stderr, "did not delete "+successor)
	assert.True(t, s.credential("katapult", successor).Live)
	s.ClearFaults()
	require.Zero(t, s.run(abort...).status)
	assert.False(t, s.credential("katapult", successor).Live)
	assert.True(t, s.credential("katapult", katapultWeb).Live)
	s.invariant("aborted")
}

// As many as max_changes says may be due, and not one more.
func TestF16MaxChangesAtItsBoundary(t *testing.T) {
	t.Parallel()
	for most, text := range map[int]string{3: "max_changes: 3, ", 5: ""} {
		for _, due := range []int{most, most + 1} {
			t.Run(fmt.Sprintf("%d of %d", due, most), func(t *testing.T) {
				t.Parallel()
				s := newScene(t, sandbox.Options{Count: due})
				got := s.run(s.policy(`{` + text + `rotations: [{name: all, provider: katapult, select: {name: "seed-*"}, max_age: 30d, to: ["file:{name}"]}]}`)...)
				require.Len(t, entries(t, got), due)
				want := map[bool]int{true: 0, false: 5}[due == most]
				assert.Equal(t, want, got.status, got.stderr)
				made := map[bool]int{true: due, false: 0}[due == most]
				assert.Len(t, s.made("katapult"), made)
			})
		}
	}
}

// A vendor that breaks off in the middle leaves the array of all vendors open.
func TestAVendorThatBreaksOffLeavesTheListOpen(t *testing.T) {
	t.Parallel()
	_, env := withFaults(t, sandbox.Options{Count: 350}, "katapult:list:500:1+")
	got := credctl(t, env, "", "list", "-o", "json", "--max-wait", "100ms")
	assert.Equal(t, 8, failed(t, got).Exit)
	assert.True(t, strings.HasPrefix(got.stdout, "[\n{"))
	assert.Contains(t, got.stdout, `"provider":"katapult"`, "some of it had come")
	assert.Contains(t, got.stdout, `"provider":"stratum"`, "the others are whole")
	assert.False(t, json.Valid([]byte(got.stdout)), "what is not whole must not look whole")
	assert.NotContains(t, got.stdout, "\n]")
}
