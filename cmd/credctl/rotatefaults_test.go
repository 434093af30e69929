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

// kept checks that nothing was done to the old one.
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

// ended checks that a new one has taken the place of the old one.
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

// concurrently runs f for each case, many at once.
func concurrently[T any](t *testing.T, cases []T, name func(T) string, f func(*testing.T, T)) {
	t.Helper()
	slots := make(chan struct{}, 24)
	var wg sync.WaitGroup
	for i, c := range cases {
		if testing.Short() && i%5 != 0 {
			continue
		}
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			t.Run(name(c), func(t *testing.T) { f(t, c) })
		})
	}
	wg.Wait()
}

// Every fault in every step of every strategy: never a success that is none, the
// invariant always; and as soon as the fault is over, the same command goes on.
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
		if !s.subjects[0].inPlace && !strings.Contains(c.fault, "delete") && c.fault != "stratum:tenant:403" { // which says that the key is known
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
		"katapult get", "losant get", "katapult list", "katapult get", "losant get", "katapult list", // the question, and the look before
		"katapult create", "katapult generate", "katapult bucket", "katapult grant", "katapult get", // the new one, and its rights
		"s3 buckets", "losant get", "losant update", "losant get", // it works, is delivered and read back
		"katapult delete",
	}, slices.Compact(order))
}

func TestF2WithoutAReadBackTheOldOneStays(t *testing.T) {
	t.Parallel()
	to := subject{vendor: "katapult", id: katapultWeb, places: []string{"losant:66a0c0de5eed000000000001/" + losantArchive}}
	s := newScene(t, sandbox.Options{}, to)
	require.Equal(t, 0, s.run(s.rotate()...).status)
	last := s.count("losant", "get")

	s = newScene(t, sandbox.Options{}, to)
	s.fault(fmt.Sprintf("losant:get:500:%d+", last-1))
	got := s.run(s.rotate("-o", "json", "--max-wait", "100ms")...)
	e := failed(t, got)
	assert.Equal(t, 8, e.Exit)
	assert.Contains(t, e.Message, "not read back")
	assert.Equal(t, 1, s.count("losant", "update"))
	s.kept()
}

// Days may pass until the old one goes: then it is looked again.
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
		assert.True(t, s.credential("katapult", katapultWeb).Live, "its grace goes on")
	}
	require.Equal(t, 0, s.run(hook("two")...).status)
	assert.Equal(t, []string{later}, ran("two"), "another one runs too")
	assert.Len(t, ran("one"), 1)
	require.Equal(t, 0, s.run("rotation", "abort", katapultWeb, "--yes").status)
	assert.Equal(t, []string{later, earlier}, ran("two"), "and it is told to go back")
	s.invariant("at the end")
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
			s := web(t, sandbox.Options{})
			if c.before != nil {
				c.before(s)
			}
			p := s.command("", s.rotate(append(c.args, "-o", "json")...)...)
			if name == "a full disk" {
				limit(p, 8)
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
func limit(p *process, kib int) {
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
	for _, fault := range []string{"429", "500", "503", "cut-before", "html"} {
		t.Run("s3 "+fault+" says nothing", func(t *testing.T) {
			t.Parallel()
			s := web(t, sandbox.Options{})
			s.fault("s3:buckets:" + fault)
			got := s.run(s.rotate("--verify-timeout", "1s", "-o", "json")...)
			assert.Equal(t, 75, failed(t, got).Exit)
			assert.NotContains(t, got.stderr, "does not work")
			assert.LessOrEqual(t, s.count("s3", "buckets"), 4)
			s.kept()
		})
	}
}

func TestF4AtTheLimitNothingIsDeleted(t *testing.T) {
	t.Parallel()
	for _, w := range ways() {
		quota := map[string]int{"katapult replace": 3, "medianova replace": 2, "stratum overlap": 3}[w.name]
		if quota == 0 {
			continue
		}
		t.Run(w.name, func(t *testing.T) {
			w.options.Quota = quota
			s, command := w.scene(t)
			p := command()
			require.Error(t, p.Run())
			assert.Equal(t, 6, p.outcome().status, p.stderr.String())
			assert.Equal(t, []string{"create"}, s.changing(w.subjects[0].vendor))
			s.kept()
			s.invariant("at the limit")
		})
	}
}

func TestF5TheAnswerToACreateIsLost(t *testing.T) {
	t.Parallel()
	t.Run("nothing was made", func(t *testing.T) {
		t.Parallel()
		s := web(t, sandbox.Options{})
		s.fault("katapult:create:cut-before:1")
		got := s.run(s.rotate()...)
		require.Equal(t, 0, got.status, got.stderr)
		assert.Equal(t, 2, s.count("katapult", "create"), "after looking")
		assert.Equal(t, 1, s.count("katapult", "delete"))
		s.ended()
	})
	t.Run("what was made is revoked first", func(t *testing.T) {
		t.Parallel()
		s := web(t, sandbox.Options{})
		s.fault("katapult:create:cut-after:1")
		got := s.run(s.rotate()...)
		require.Equal(t, 0, got.status, got.stderr)
		var order []string
		for _, r := range s.Requests("katapult") {
			if slices.Contains([]string{"create", "list", "delete"}, r.Verb) {
				order = append(order, r.Verb)
			}
		}
		assert.Equal(t, []string{"create", "list", "delete", "list", "create", "delete", "list"}, order[len(order)-7:], "and in the end it is looked for again")
		assert.Len(t, s.made("katapult"), 1)
		s.ended()
	})
	t.Run("always", func(t *testing.T) {
		t.Parallel()
		s := web(t, sandbox.Options{})
		s.fault("katapult:create:cut-after")
		got := s.run(s.rotate("-o", "json")...)
		assert.Equal(t, 9, failed(t, got).Exit)
		assert.Equal(t, 2, s.count("katapult", "create"))
		assert.Empty(t, s.made("katapult"), "both were revoked")
		s.kept()
	})
	t.Run("and it cannot be listed", func(t *testing.T) {
		t.Parallel()
		s := web(t, sandbox.Options{})
		s.fault("katapult:create:cut-after:1", "katapult:list:500:2+")
		got := s.run(s.rotate("-o", "json", "--max-wait", "100ms")...)
		assert.Equal(t, 9, failed(t, got).Exit, got.stderr)
		assert.Equal(t, []string{"create"}, s.changing("katapult"))
		s.kept()
		s.ClearFaults()
		require.Equal(t, 0, s.run(s.rotate()...).status)
		assert.Len(t, s.made("katapult"), 1)
		s.ended()
	})
	t.Run("and somebody made another", func(t *testing.T) {
		t.Parallel()
		s := web(t, sandbox.Options{})
		s.fault("katapult:create:cut-after:1", "katapult:list:500:2+")
		require.Equal(t, 9, s.run(s.rotate("--max-wait", "100ms")...).status)
		s.ClearFaults()
		require.Equal(t, 0, s.run("katapult", "create", "--name", "web-assets", "--secret-file", "foreign").status)
		got := s.run(s.rotate("-o", "json")...)
		e := failed(t, got)
		assert.Equal(t, 9, e.Exit)
		for _, c := range s.Credentials("katapult") {
			if !c.Seeded {
				assert.Contains(t, e.Message, c.ID)
			}
		}
		assert.Zero(t, s.count("katapult", "delete"))
		assert.Equal(t, 2, s.count("katapult", "create"), "ours, and that of the other")
		s.kept()
	})
	t.Run("in place", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, sandbox.Options{}, subject{vendor: "stratum", id: stratumCI, places: []string{"file:%s/key"}, inPlace: true})
		s.fault("stratum:rotate:cut-after:1")
		got := s.run(s.rotate("--yes", "-o", "json")...)
		e := failed(t, got)
		assert.Equal(t, 9, e.Exit)
		assert.Contains(t, e.Message, s.made("stratum")[0].ID, "what has taken its place")
		assert.Contains(t, e.Hint, "rotation resume")
		assert.Equal(t, 1, s.count("stratum", "rotate"))
		assert.Contains(t, s.run("rotation", "list", "-o", "json").stdout, `"state":"unknown"`)
		require.Equal(t, 0, s.run(s.rotate("--yes")...).status)
		assert.Len(t, s.made("stratum"), 1)
		s.ended()
	})
}

func TestF7OnlyWhatFailedIsDoneAgain(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"destination", "hook"} {
		for _, by := range []string{"the same command", "resume", "resume --all", "policy"} {
			t.Run(what+" "+by, func(t *testing.T) {
				t.Parallel()
				s := web(t, sandbox.Options{})
				require.NoError(t, os.WriteFile(filepath.Join(s.dir, "broken"), nil, 0o600))
				breaks := `test ! -e ` + s.dir + `/broken`
				more, policy := []string{"--to", "exec:" + breaks + " && cat >" + s.dir + "/stored"}, ""
				policy = fmt.Sprintf(", to: [%q, %q]", s.subjects[0].places[0], more[1])
				if what == "hook" {
					more = []string{"--hook", breaks + " && echo $CREDCTL_NEW_ID >>" + s.dir + "/hooked"}
					policy = fmt.Sprintf(", to: [%q], hook: %q", s.subjects[0].places[0], more[1])
				}
				command := s.rotate(append(more, "-o", "json")...)
				if by == "policy" {
					require.NoError(t, os.WriteFile(filepath.Join(s.dir, "p.yaml"), fmt.Appendf(nil, "rotations: [{name: web, provider: katapult, id: %s, max_age: 30d%s}]", katapultWeb, policy), 0o600))
					command = []string{"rotate", "-f", "p.yaml", "-o", "json"}
					s.subjects[0].places = s.subjects[0].places[:1]
				}
				got := s.run(command...)
				assert.Equal(t, 8, failed(t, got).Exit, got.stderr)
				s.kept()
				s.invariant("it failed")
				secret := s.made("katapult")[0].Secret
				got = s.run(command...)
				assert.Equal(t, 8, got.status, "it fails still")

				require.NoError(t, os.Remove(filepath.Join(s.dir, "broken")))
				if by == "policy" { // the new one is in use by now; nothing is due
					require.NoError(t, os.WriteFile(filepath.Join(s.dir, "p.yaml"), fmt.Appendf(nil, "rotations: [{name: web, provider: katapult, id: %s, max_age: 9000d%s}]", katapultWeb, policy), 0o600))
				}
				again := map[string][]string{
					"the same command": command, "policy": command,
					"resume": {"rotation", "resume", katapultWeb, "-o", "json"}, "resume --all": {"rotation", "resume", "--all", "-o", "json"},
				}[by]
				got = s.run(again...)
				require.Equal(t, 0, got.status, got.stderr)
				assert.Equal(t, 1, s.count("katapult", "create"))
				assert.Equal(t, secret, s.made("katapult")[0].Secret)
				if what == "destination" {
					b, err := os.ReadFile(filepath.Join(s.dir, "stored"))
					require.NoError(t, err)
					assert.Contains(t, string(b), secret)
				} else {
					b, err := os.ReadFile(filepath.Join(s.dir, "hooked"))
					require.NoError(t, err)
					assert.Equal(t, s.made("katapult")[0].ID+"\n", string(b))
				}
				s.ended()
			})
		}
	}
}

func TestF14ADeletionThatFailedIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := web(t, sandbox.Options{})
	s.fault("katapult:delete:500")
	got := s.run(s.rotate("-o", "json", "--max-wait", "100ms")...)
	e := failed(t, got)
	assert.Equal(t, 8, e.Exit)
	assert.Contains(t, e.Message, "could not be deleted")
	assert.True(t, s.credential("katapult", katapultWeb).Live)
	s.invariant("the deletion failed")
	var list []map[string]any
	require.NoError(t, json.Unmarshal([]byte(s.run("rotation", "list", "-o", "json").stdout), &list))
	require.Len(t, list, 1)
	assert.Contains(t, list[0]["error"], "could not be deleted")
	assert.Equal(t, 8, s.run("rotation", "resume", "--all", "--max-wait", "100ms").status)
	s.ClearFaults()
	s.fault("katapult:delete:cut-after:4") // and then it is a 404, which is as good
	got = s.run("rotation", "resume", "--all", "--max-wait", "100ms")
	if got.status != 0 {
		got = s.run("rotation", "resume", "--all")
	}
	require.Equal(t, 0, got.status, got.stderr)
	s.ended()
	assert.Equal(t, "[]\n", s.run("rotation", "list", "-o", "json").stdout)
}

func TestF15NothingIsDeletedThatNobodyReceived(t *testing.T) {
	t.Parallel()
	s := web(t, sandbox.Options{})
	s.fault("s3:buckets:403")
	require.Equal(t, 75, s.run(s.rotate("--verify-timeout", "1s")...).status)
	for _, args := range [][]string{{"rotation", "resume", katapultWeb, "--verify-timeout", "1s"}, {"rotation", "resume", "--all"}} {
		assert.Equal(t, 75, s.run(args...).status, args)
		s.kept()
	}
	got := s.run("rotation", "resume", katapultWeb, "--force-unverified")
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Contains(t, got.stderr, "not verified, by --force-unverified")
	s.ended()
}

func TestF19AStormOfTooManyRequests(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"get", "list", "create"} {
		s := web(t, sandbox.Options{})
		s.fault("katapult:" + verb + ":429")
		begin := time.Now()
		got := s.run(s.rotate("-o", "json", "--max-wait", "1s")...)
		assert.Equal(t, 75, failed(t, got).Exit, got.stderr)
		assert.Less(t, time.Since(begin), 15*time.Second)
		assert.LessOrEqual(t, s.count("katapult", verb), 5)
		s.kept()
		s.ClearFaults()
		require.Equal(t, 0, s.run(s.rotate()...).status)
		s.ended()
	}
}

func TestF20OtherRights(t *testing.T) {
	t.Parallel()
	may := func() time.Time { // the key of the contractor has not yet expired
		return time.Now().Add(-time.Since(time.Date(2026, 5, 20, 0, 0, 0, 0, time.UTC)).Truncate(time.Hour))
	}
	s := newScene(t, sandbox.Options{Now: may}, subject{vendor: "stratum", id: stratumLimited, places: []string{"file:%s/key"}})
	got := s.run(s.rotate("--overlap", "-o", "json")...)
	e := failed(t, got)
	assert.Equal(t, 7, e.Exit)
	assert.Contains(t, e.Message, "never expires")
	assert.Contains(t, e.Hint, "--accept-drift")
	assert.Empty(t, s.made("stratum"), "the new one was revoked")
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

func TestF22PartOfAListIsAnError(t *testing.T) {
	t.Parallel()
	for _, vendor := range []string{"katapult"} {
		s := newScene(t, sandbox.Options{Count: 350}, subject{vendor: vendor, id: katapultWeb, places: []string{"aws:web@%s/aws"}})
		s.fault(vendor + ":list:500:1+")
		require.NoError(t, os.WriteFile(filepath.Join(s.dir, "p.yaml"), []byte(`rotations: [{name: all, provider: katapult, select: {name: "*"}, max_age: 30d, to: ["file:{name}"]}]`), 0o600))
		for _, args := range [][]string{s.rotate("-o", "json"), {"rotate", "-f", "p.yaml", "-o", "json", "--force"}, {"katapult", "rotate", "--name", "backup", "--to", "file:b", "-o", "json"}} {
			got := s.run(append(args, "--max-wait", "100ms")...)
			assert.NotEqual(t, 0, got.status, args)
			assert.Empty(t, s.changing(vendor), args)
		}
		s.kept()
	}
}
