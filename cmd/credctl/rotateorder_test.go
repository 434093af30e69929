//go:build unix

package main

import (
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

func TestF2OrderOfRequests(t *testing.T) {
	t.Parallel()
	to := "losant:66a0c0de5eed000000000001/" + losantArchive
	s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{to}})
	got := s.run(s.rotate("--hook", "credctl sandbox --help >/dev/null 2>&1; true")...)
	require.Equal(t, 0, got.status, got.stderr)
	var order []string
	for _, r := range s.Requests("") {
		what := r.Vendor + " " + r.Verb
		if len(order) == 0 || order[len(order)-1] != what {
			order = append(order, what)
		}
	}
	assert.Equal(t, []string{
		"katapult get", "losant get", "katapult list", // the plan, which the run begins with
		"katapult create", "katapult generate", "katapult bucket", "katapult grant", "katapult update", // the new credential, and its rights
		"s3 buckets", "losant get", "losant update", "losant get", // it works, is delivered and read back
		"katapult get", "katapult delete", // the new key is read before the old key is deleted
	}, slices.Compact(order))
}

func TestF2WithoutAReadBackTheOldOneStays(t *testing.T) {
	t.Parallel()
	to := subject{vendor: "katapult", id: katapultWeb, places: []string{"losant:66a0c0de5eed000000000001/" + losantArchive}}
	s := newScene(t, sandbox.Options{}, to)
	require.Equal(t, 0, s.run(s.rotate()...).status)
	last := s.count("losant", "get")

	s = newScene(t, sandbox.Options{}, to)
	s.fault(fmt.Sprintf("losant:get:500:%d+", last-2))
	got := s.run(s.rotate("-o", "json", "--max-wait", "100ms")...)
	e := failed(t, got)
	assert.Equal(t, 8, e.Exit)
	assert.Contains(t, e.Message, "could not read it back")
	assert.Equal(t, 1, s.count("losant", "update"))
	s.kept()
}

// A grace period may last for days: before it deletes the old key, credctl reads the destinations again.
func TestF2WhatWasDeliveredMustStillBeThereAfterTheGrace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil  func(s *scene)
		status int
	}{
		"a destination was overwritten": {func(s *scene) { s.fill(s.subjects[0]) }, 8},
		"the new one was deleted": {func(s *scene) {
			require.Equal(s, 0, s.run("katapult", "delete", s.made("katapult")[0].ID, "--yes", "--force").status)
		}, 7},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := web(t, sandbox.Options{})
			require.Equal(t, 0, s.run(s.rotate("--grace", "1s")...).status)
			c.spoil(s)
			time.Sleep(1100 * time.Millisecond)
			for _, args := range [][]string{s.rotate("-o", "json"), {"rotation", "resume", "--all", "-o", "json"}} {
				got := s.run(args...)
				assert.Equal(t, c.status, failed(t, got).Exit, got.stderr)
				assert.True(t, s.credential("katapult", katapultWeb).Live)
			}
			got := s.run("rotation", "resume", katapultWeb, "--force-unverified")
			if c.status == 7 {
				assert.Equal(t, 7, got.status, "nothing deletes the last key")
				assert.Contains(t, got.stderr, ": credctl rotation abort ")
				got = s.run("rotation", "abort", katapultWeb, "--yes")
				assert.Equal(t, 0, got.status, got.stderr)
				assert.True(t, s.credential("katapult", katapultWeb).Live)
				return
			}
			assert.Equal(t, 0, got.status, got.stderr)
			assert.False(t, s.credential("katapult", katapultWeb).Live)
		})
	}
}

func TestTheHookRunsWhenAllIsDelivered(t *testing.T) {
	t.Parallel()
	s := web(t, sandbox.Options{})
	got := s.run(s.rotate("--hook", `grep -q "$CREDCTL_KEY" aws && grep -q "$CREDCTL_KEY" key.json && echo "$CREDCTL_OLD_ID" >hooked`)...)
	require.Equal(t, 0, got.status, got.stderr)
	b, err := os.ReadFile(filepath.Join(s.dir, "hooked"))
	require.NoError(t, err)
	assert.Equal(t, katapultWeb+"\n", string(b))
}

func TestAHookThatIsAddedLaterRuns(t *testing.T) {
	t.Parallel()
	s := web(t, sandbox.Options{})
	hook := func(name string) []string {
		return s.rotate("--grace", "1h", "--hook", `echo "$CREDCTL_KEY" >>`+filepath.Join(s.dir, name))
	}
	ran := func(name string) []string {
		b, _ := os.ReadFile(filepath.Join(s.dir, name))
		return strings.Fields(string(b))
	}
	sub := s.subjects[0]
	earlier, _ := s.holds(sub, sub.places[0])
	require.Equal(t, 0, s.run(s.rotate("--grace", "1h")...).status)
	later, _ := s.holds(sub, sub.places[0])
	got := s.run(append(hook("one"), "--dry-run")...)
	assert.Contains(t, got.stdout, "1. run echo ")
	assert.Contains(t, got.stdout, "2. delete "+katapultWeb+" after ")
	for range 2 {
		got := s.run(hook("one")...)
		require.Equal(t, 0, got.status, got.stderr)
		assert.Equal(t, []string{later}, ran("one"), "once")
		assert.True(t, s.credential("katapult", katapultWeb).Live, "the grace period has not ended")
	}
	require.Equal(t, 0, s.run(hook("two")...).status)
	assert.Equal(t, []string{later}, ran("two"), "another one runs too")
	assert.Len(t, ran("one"), 1)
	require.Equal(t, 0, s.run("rotation", "abort", katapultWeb, "--yes").status)
	assert.Equal(t, []string{later, earlier}, ran("two"), "and it is told to go back")
	s.invariant("at the end")
}
