//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// fault puts faults in force.
func (s *scene) fault(texts ...string) {
	s.Helper()
	for _, text := range texts {
		f, err := sandbox.ParseFault(text)
		require.NoError(s, err)
		require.NoError(s, s.AddFault(f))
	}
}

// web is a scene with the Katapult key that has a grant.
func web(t *testing.T, o sandbox.Options) *scene {
	t.Helper()
	return newScene(t, o, subject{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws", "json:%s/key.json"}})
}

// kept checks that nothing was done to the old credential.
func (s *scene) kept() {
	s.Helper()
	for _, sub := range s.subjects {
		assert.True(s, s.credential(sub.vendor, sub.id).Live, "the old one lives")
		for _, r := range s.Requests(sub.vendor) {
			if r.ID == sub.id && r.Method != "GET" {
				s.Errorf("%s %s was sent for the old one", r.Method, r.Verb)
			}
		}
		for _, p := range sub.places {
			assert.True(s, s.works(sub, p), p)
		}
	}
}

// ended checks that a new one has taken the place of the old credential.
func (s *scene) ended() {
	s.Helper()
	for _, sub := range s.subjects {
		assert.False(s, s.credential(sub.vendor, sub.id).Live && !sub.inPlace, "the old one is gone")
		for _, p := range sub.places {
			assert.True(s, s.works(sub, p), p)
		}
	}
	for _, o := range s.operations() {
		assert.True(s, o.Final() && o.Wiped(), "%s has come to %s", o.ID, o.Last().Step)
	}
}

// concurrently runs f for each case, or with -short for some, many at once.
func concurrently[T any](t *testing.T, cases []T, name func(T) string, f func(*testing.T, T)) {
	t.Helper()
	var some []T
	for i, c := range cases {
		if !testing.Short() || i%5 == 0 {
			some = append(some, c)
		}
	}
	atOnce(t, some, name, f)
}

// atOnce runs f for each case, many at once.
func atOnce[T any](t *testing.T, cases []T, name func(T) string, f func(*testing.T, T)) {
	t.Helper()
	var wg sync.WaitGroup
	for _, c := range cases {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			t.Run(name(c), func(t *testing.T) { f(t, c) })
		})
	}
	wg.Wait()
}

// Every fault in every step of every strategy: never a success that is none, the
// invariant always; and as soon as the fault is over, the same command continues.
func TestF8EveryStrategyStepAndFault(t *testing.T) {
	t.Parallel()
	verbs := map[string]string{
		"katapult replace":  "katapult:get katapult:list katapult:create katapult:generate katapult:bucket katapult:grant katapult:delete s3:buckets",
		"katapult in place": "katapult:get katapult:generate s3:buckets",
		"stratum route":     "stratum:list stratum:rotate stratum:tenant",
		"stratum overlap":   "stratum:list stratum:create stratum:tenant stratum:delete",
		"medianova replace": "medianova:get medianova:list medianova:create medianova:delete s3:buckets",
		"losant in place":   "losant:get losant:update losant:linked",
	}
	type trial struct {
		way
		fault string
	}
	var trials []trial
	for _, w := range ways() {
		for verb := range strings.FieldsSeq(verbs[w.name]) {
			for _, what := range []string{"400", "401", "403", "404", "409", "422", "429", "500", "503", "502-after", "cut-before", "cut-after", "cut-body", "html", "garbage", "truncate", "no-secret", "redirect"} {
				trials = append(trials, trial{w, verb + ":" + what})
			}
		}
	}
	concurrently(t, trials, func(c trial) string { return c.name + " " + c.fault }, func(t *testing.T, c trial) {
		s, command := c.scene(t)
		s.fault(c.fault)
		p := command()
		p.Args = append(p.Args, "-o", "json", "--max-wait", "100ms", "--verify-timeout", "2s", "--timeout", "20s")
		_ = p.Run() // its status tells
		got := p.outcome()
		s.invariant("faults")
		s.silent(got)
		if got.status == 0 {
			assert.Equal(t, "done", answer(t, got)["state"])
			s.ended()
			return
		}
		assert.Contains(t, []int{1, 2, 3, 4, 6, 7, 8, 9, 75}, got.status, got.stderr)
		failed(t, got)
		assert.Empty(t, got.stdout)
		known := c.fault == "stratum:tenant:403" || c.fault == "stratum:tenant:429" // which say that the key is
		if !s.subjects[0].inPlace && !strings.Contains(c.fault, "delete") && !known {
			s.kept()
		}
		s.ClearFaults()
		if strings.HasSuffix(c.fault, "create:no-secret") {
			assert.Equal(t, 8, got.status)
			assert.Contains(t, got.stderr, s.made(s.subjects[0].vendor)[0].ID)
			require.Equal(t, 0, s.run("rotation", "abort", s.subjects[0].id, "--yes").status)
		}
		c.finish(s, command, c.fault)
	})
}

func TestF2WhatCannotBeWrittenIsFoundBefore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args   []string
		before func(s *scene)
		status int
	}{
		"no such folder":       {[]string{"--to", "file:missing/key"}, nil, 2},
		"a folder":             {[]string{"--to", "file:state2"}, func(s *scene) { require.NoError(s, os.Mkdir(filepath.Join(s.dir, "state2"), 0o700)) }, 5},
		"others may read it":   {[]string{"--to", "file:open"}, func(s *scene) { require.NoError(s, os.WriteFile(filepath.Join(s.dir, "open"), nil, 0o644)) }, 5},
		"not to be understood": {[]string{"--to", "json:list"}, func(s *scene) { require.NoError(s, os.WriteFile(filepath.Join(s.dir, "list"), []byte("[1]"), 0o600)) }, 5},
		"no such credential":   {[]string{"--to", "losant:66a0c0de5eed000000000001/nobody"}, nil, 4},
		"no such hook":         {[]string{"--hook", "/no/such/program"}, nil, 2},
		"no such verifier":     {[]string{"--verify", "exec:/no/such/program"}, nil, 2},
		"a secret file":        {[]string{"--secret-file", "there"}, func(s *scene) { require.NoError(s, os.WriteFile(filepath.Join(s.dir, "there"), nil, 0o600)) }, 2},
		"one of two":           {[]string{"--to", "file:good", "--to", "file:missing/key"}, nil, 2},
		"a full disk":          {nil, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := web(t, sandbox.Options{})
			if c.before != nil {
				c.before(s)
			}
			p := s.command("", s.rotate(append(c.args, "-o", "json")...)...)
			if name == "a full disk" {
				limit(t, p, 8)
			}
			require.Error(t, p.Run())
			got := p.outcome()
			assert.Equal(t, c.status, got.status, got.stderr)
			assert.Empty(t, s.changing("katapult"))
			assert.Empty(t, s.changing("losant"))
			s.kept()
			failed(t, got)
		})
	}
}

// limit lets p write no file beyond some KiB.
func limit(t *testing.T, p *process, kib int) {
	t.Helper()
	if testing.CoverMode() != "" {
		t.Skip("what coverage counts is a file too")
	}
	p.Args = append([]string{"sh", "-c", fmt.Sprintf(`ulimit -f %d && exec "$0" "$@"`, kib*1024/blocks())}, p.Args...)
	p.Args[3] = p.Path
	p.Path = "/bin/sh"
}

// blocks is what `ulimit -f` counts in: POSIX says 512 bytes, bash 1024.
func blocks() int {
	if sh, err := filepath.EvalSymlinks("/bin/sh"); err == nil && strings.HasSuffix(sh, "bash") {
		return 1024
	}
	return 512
}

func TestF3ANewKeyNeedsTime(t *testing.T) {
	t.Parallel()
	t.Run("it is waited for, and must work three times in a row", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, sandbox.Options{ActivationDelay: 2 * time.Second, Flap: 2},
			subject{vendor: "katapult", id: katapultBackup, places: []string{"aws:backup@%s/aws"}}) // it may list buckets, which is 200
		got := s.run(s.rotate()...)
		require.Equal(t, 0, got.status, got.stderr)
		var seen []int
		for _, r := range s.Requests("s3") {
			if r.By == s.made("katapult")[0].AccessKey {
				seen = append(seen, r.Status)
			}
		}
		pairs := 0
		seen = slices.DeleteFunc(seen, func(int) bool { pairs++; return pairs%2 == 1 }) // each control before it
		require.Greater(t, len(seen), 6)
		assert.Equal(t, []int{403, 200, 200, 200}, seen[len(seen)-4:])
		assert.Contains(t, seen[:len(seen)-4], 200, "it worked before, and then not")
		s.ended()
	})
	t.Run("in the end the next run goes on", func(t *testing.T) {
		t.Parallel()
		s := web(t, sandbox.Options{ActivationDelay: 4 * time.Second})
		got := s.run(s.rotate("--verify-timeout", "1s", "-o", "json")...)
		assert.Equal(t, 75, failed(t, got).Exit)
		s.kept()
		var list []struct{ State string }
		require.NoError(t, json.Unmarshal([]byte(s.run("rotation", "list", "-o", "json").stdout), &list))
		assert.Equal(t, []struct{ State string }{{"pending"}}, list)
		got = s.run(s.rotate("--verify-timeout", "1m")...)
		assert.Equal(t, 0, got.status, got.stderr)
		assert.Equal(t, 1, s.count("katapult", "create"))
		s.ended()
	})
	for _, fault := range []string{"html", "s3-empty", "s3-json", "s3-open", "s3-closed", "s3-region", "s3-clock", "redirect"} {
		t.Run(fault+" proves nothing, and time does not change that", func(t *testing.T) {
			t.Parallel()
			s := web(t, sandbox.Options{})
			s.fault("s3:buckets:" + fault)
			begin := time.Now()
			e := failed(t, s.run(s.rotate("-o", "json")...))
			assert.Equal(t, 7, e.Exit)
			assert.Less(t, time.Since(begin), time.Minute)
			assert.Equal(t, 1, s.count("s3", "buckets"), "the new pair is not used")
			assert.NotEmpty(t, e.Hint)
			s.kept()
			s.ClearFaults()
			got := s.run(s.rotate()...)
			require.Equal(t, 0, got.status, got.stderr)
			assert.Equal(t, 1, s.count("katapult", "create"), "the rotation was open")
			s.ended()
		})
	}
	for _, verify := range []string{"auto", "none", "exec:true"} {
		t.Run("an endpoint that requests must not go to, --verify "+verify, func(t *testing.T) {
			t.Parallel()
			s := web(t, sandbox.Options{KatapultServerURL: "http://10.77.0.1/"})
			e := failed(t, s.run(s.rotate("--verify", verify, "-o", "json")...))
			assert.Equal(t, 7, e.Exit)
			assert.Contains(t, e.Message, "https")
			e = failed(t, s.run(s.rotate("--verify", verify, "-o", "json")...))
			assert.Equal(t, 7, e.Exit)
			s.kept()
			assert.Equal(t, 1, s.count("katapult", "create"))
			assert.Equal(t, 0, s.run("rotation", "abort", katapultWeb, "--yes").status)
			assert.Empty(t, s.made("katapult"))
		})
	}
	for _, fault := range []string{"429", "500", "503", "cut-before"} {
		t.Run("s3 "+fault+" says nothing", func(t *testing.T) {
			t.Parallel()
			s := web(t, sandbox.Options{})
			s.fault("s3:buckets:" + fault)
			got := s.run(s.rotate("--verify-timeout", "1s", "-o", "json")...)
			assert.Equal(t, 75, failed(t, got).Exit)
			assert.NotContains(t, got.stderr, "does not work")
			assert.LessOrEqual(t, s.count("s3", "buckets"), 5, "each wait is twice as long as the one before")
			s.kept()
		})
	}
}

func TestF19AStormOfTooManyRequests(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"katapult:get", "katapult:create", "stratum:list", "stratum:create"} {
		vendor, verb, _ := strings.Cut(fault, ":")
		s, more := web(t, sandbox.Options{}), []string(nil)
		if vendor == "stratum" {
			s = newScene(t, sandbox.Options{}, subject{vendor: vendor, id: stratumCI, places: []string{"file:%s/key"}})
			more = []string{"--overlap", "--not-self", stratumCI}
		}
		s.fault(fault + ":429")
		begin := time.Now()
		got := s.run(s.rotate(append(more, "-o", "json", "--max-wait", "1s")...)...)
		assert.Equal(t, 75, failed(t, got).Exit, got.stderr)
		assert.Less(t, time.Since(begin), time.Minute, "it does not wait for another window")
		assert.NotZero(t, s.count(vendor, verb))
		assert.LessOrEqual(t, s.count(vendor, verb), 5)
		s.kept()
		s.ClearFaults()
		require.Equal(t, 0, s.run(s.rotate(more...)...).status)
		s.ended()
	}
}

func TestF20OtherRights(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{}, subject{vendor: "stratum", id: stratumCI, places: []string{"file:%s/key"}})
	require.True(t, s.Expire(stratumCI, time.Now().Add(240*time.Hour)))
	got := s.run(s.rotate("--overlap", "-o", "json")...)
	e := failed(t, got)
	assert.Equal(t, 7, e.Exit)
	assert.Contains(t, e.Message, "its replacement would never expire")
	assert.Contains(t, e.Hint, "--accept-drift")
	assert.Empty(t, s.made("stratum"), "none was made")
	s.kept()
	got = s.run(s.rotate("--overlap", "--accept-drift", "-o", "json")...)
	require.Equal(t, 0, got.status, got.stderr)
	s.ended()

	s = web(t, sandbox.Options{})
	s.fault("katapult:grant:400:1")
	require.Equal(t, 8, s.run(s.rotate()...).status)
	require.Equal(t, 0, s.run(s.rotate()...).status)
	assert.Equal(t, []string{"read:web-assets", "write:web-assets"}, s.made("katapult")[0].Grants, "what was missing was mended")
}
