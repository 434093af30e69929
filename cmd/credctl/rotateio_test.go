//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

// A disk that is full for the destination alone: the file stays as it was, and
// the old credential is.
func TestF11AFullDiskLeavesTheDestinationAsItWas(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{}, subject{vendor: "stratum", id: stratumCI, places: []string{"dotenv:%s/env"}})
	path := filepath.Join(s.dir, "env")
	old, err := os.ReadFile(path)
	require.NoError(t, err)
	was := string(old) + strings.Repeat("# much else, which is nobody's business\n", 8000)
	limited := func(args ...string) outcome {
		p := s.command("", s.rotate(append(args, "--overlap", "-o", "json")...)...)
		limit(t, p, 200) // enough for the journal
		require.Error(t, p.Run())
		return p.outcome()
	}
	require.NoError(t, os.WriteFile(path, []byte(was), 0o600))
	got := limited()
	assert.Equal(t, 1, failed(t, got).Exit, got.stderr)
	assert.Empty(t, s.changing("stratum"), "that there is no room is found before")
	require.NoError(t, os.Rename(path, filepath.Join(s.dir, "large")))
	require.NoError(t, os.WriteFile(path, old, 0o600))
	got = limited("--verify", s.breaking("mv large env"))
	assert.Equal(t, 8, failed(t, got).Exit, got.stderr)
	now, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, was, string(now))
	left, err := filepath.Glob(filepath.Join(s.dir, ".env*"))
	require.NoError(t, err)
	assert.Empty(t, left)
	s.kept()
	s.invariant("a full disk")
	require.Equal(t, 0, s.run(s.rotate("--overlap")...).status)
	assert.Equal(t, 1, s.count("stratum", "create"))
	now, err = os.ReadFile(path)
	require.NoError(t, err)
	assert.True(t, strings.HasSuffix(string(now), was[len(old):]), "what else is in the file stays")
	s.ended()
}

func TestF11ModesAndLinks(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{"dotenv:%s/link"}})
	require.NoError(t, os.Rename(filepath.Join(s.dir, "link"), filepath.Join(s.dir, "real")))
	require.NoError(t, os.Symlink("real", filepath.Join(s.dir, "link")))
	args := s.rotate("--to", "json:"+s.dir+"/new")
	p := s.command("")
	p.Args = append([]string{"sh", "-c", `umask 000; exec "$0" "$@"`, p.Path}, args...)
	p.Path = "/bin/sh"
	require.NoError(t, p.Run(), p.stderr.String())
	for _, name := range []string{"real", "new"} {
		info, err := os.Lstat(filepath.Join(s.dir, name))
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode(), name)
	}
	to, err := os.Readlink(filepath.Join(s.dir, "link"))
	require.NoError(t, err)
	assert.Equal(t, "real", to)
	s.private("under an open umask")
	s.ended()
}

// Killed at any moment, in the middle of a write too, a destination is the old or
// the new credential, with all else that is in it.
func TestF11KilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	var moments []time.Duration
	for i := range 40 {
		moments = append(moments, time.Duration(i)*800*time.Microsecond)
	}
	other := strings.Repeat("# much else, which is nobody's business\n", 8000)
	concurrently(t, moments, time.Duration.String, func(t *testing.T, moment time.Duration) {
		s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{"dotenv:%s/env", "aws:web@%s/aws"}})
		for _, name := range []string{"env", "aws"} {
			f, err := os.OpenFile(filepath.Join(s.dir, name), os.O_APPEND|os.O_WRONLY, 0)
			require.NoError(t, err)
			_, err = f.WriteString(other)
			require.NoError(t, err)
			require.NoError(t, f.Close())
		}
		p := s.command("", s.rotate("--verify", "none")...)
		require.NoError(t, p.Start())
		time.Sleep(moment)
		_ = p.Process.Kill() // it may have ended
		_ = p.Wait()
		whole := func(when string) {
			s.invariant(when)
			for _, name := range []string{"env", "aws"} {
				b, err := os.ReadFile(filepath.Join(s.dir, name))
				require.NoError(t, err)
				require.Equal(t, 1, strings.Count(string(b), other), "%s: %s has %d bytes", when, name, len(b))
			}
		}
		whole("killed after " + moment.String())
		got := s.run(s.rotate("--verify", "none")...)
		require.Equal(t, 0, got.status, got.stderr)
		whole("run again")
		assert.Len(t, s.made("katapult"), 1)
		s.ended()
	})
}

// Whatever does not answer, every command ends within its time.
func TestF17EveryCommandEndsInItsTime(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // a vendor that takes connections, and says nothing
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	type trial struct {
		fault string
		args  []string
	}
	var trials []trial
	for _, fault := range []string{"slow", "endless", "nobody"} {
		for _, args := range [][]string{
			{"katapult", "rotate", katapultWeb, "--to", "file:k"},
			{"katapult", "rotate", katapultWeb, "--in-place", "--yes", "--to", "file:k"},
			{"stratum", "rotate", stratumCI, "--yes", "--to", "file:k"},
			{"medianova", "rotate", medianovaWeb, "--to", "file:k"},
			{"losant", "rotate", losantSnowflake, "--yes"},
			{"rotate", "-f", "rotations.yaml"},
			{"katapult", "rotate", katapultWeb, "--to", "losant:66a0c0de5eed000000000001/" + losantArchive},
			{"katapult", "list"},
			{"stratum", "create", "--name", "x"},
			{"losant", "delete", losantHTTP, "--yes"},
			{"list"},
		} {
			trials = append(trials, trial{fault, args})
		}
	}
	concurrently(t, trials, func(c trial) string { return c.fault + " " + strings.Join(c.args, " ") }, func(t *testing.T, c trial) {
		s := newScene(t, sandbox.Options{})
		s.policy(`rotations: [{name: web, provider: katapult, id: ` + katapultWeb + `, max_age: 30d, to: ["file:web"]}]`)
		if c.fault == "nobody" {
			for vendor := range creates() {
				s.setenv("CREDCTL_"+strings.ToUpper(vendor)+"_BASE_URL", "http://"+silent.Addr().String())
			}
		} else {
			s.fault("*:*:" + c.fault)
		}
		p := s.command("", append(c.args, "-o", "json", "--timeout", "2s")...)
		p.Stdin = nil // closed, as far as a program can tell
		begin := time.Now()
		require.Error(t, p.Run())
		assert.Less(t, time.Since(begin), 12*time.Second)
		assert.Contains(t, []int{1, 2, 3, 8, 9, 75}, p.outcome().status, p.stderr.String())
		s.invariant("timed out")
	})
	for flag, value := range map[string]string{"--hook": "sleep 60", "--to": "exec:sleep 60", "--verify": "exec:sleep 60"} {
		t.Run("what is run for us, "+flag, func(t *testing.T) {
			t.Parallel()
			s := web(t, sandbox.Options{})
			begin := time.Now()
			got := s.run(s.rotate(flag, value, "-o", "json", "--timeout", "5s")...)
			assert.Contains(t, []int{8, 75}, failed(t, got).Exit, "%s: %s", flag, got.stderr)
			assert.Less(t, time.Since(begin), 15*time.Second, flag)
			s.kept()
		})
	}
}

// Every command of rotation, when it goes well and when it does not: standard
// output is one JSON value, or nothing.
func TestF18StandardOutputIsJSONOrNothing(t *testing.T) {
	t.Parallel()
	for _, fail := range []bool{false, true} {
		s := web(t, sandbox.Options{})
		s.policy(fmt.Sprintf(`rotations: [{name: web, provider: katapult, id: %s, max_age: 30d, grace: 1h, to: [%q]}]`, katapultWeb, s.subjects[0].places[0]))
		if fail {
			s.fault("katapult:*:500")
		}
		for _, c := range []struct {
			args  string
			fails int // its status when it does
		}{
			{"rotate -f rotations.yaml --check", 0},
			{"rotate -f rotations.yaml --dry-run", 1},
			{"katapult rotate " + katapultWeb + " --to file:k --dry-run", 1},
			{"katapult rotate " + katapultWeb + " --to aws:web@aws --grace 1h", 1},
			{"rotate -f rotations.yaml", 1},
			{"rotation list", 0},
			{"rotation list --all", 0},
			{"rotation show " + katapultWeb, 4},
			{"rotation resume " + katapultWeb, 4},
			{"rotation resume --all", 0},
			{"rotation abort " + katapultWeb + " --yes", 4},
			{"rotation abort nothing --yes", 4},
		} {
			got := s.run(append(strings.Fields(c.args), "-o", "json", "--max-wait", "100ms", "--timeout", "20s")...)
			if got.stdout != "" && !strings.Contains(c.args, "--check") {
				assert.True(t, json.Valid([]byte(got.stdout)), "%s: %s", c.args, got.stdout)
			}
			switch {
			case strings.Contains(c.args, "nothing"), fail && c.fails > 0:
				assert.NotZero(t, got.status, c.args)
				failed(t, got)
			default:
				assert.Zero(t, got.status, "%s: %s", c.args, got.stderr)
				assert.NotContains(t, got.stderr, "{", c.args)
			}
		}
	}
}

// Where nothing is left to continue with, a program still gets a value.
func TestF18ResumeOfNothingIsAnEmptyList(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	assert.Equal(t, outcome{"[]\n", "", 0}, credctl(t, env, "", "rotation", "resume", "--all", "-o", "json"))
	assert.Equal(t, outcome{}, credctl(t, env, "", "rotation", "resume", "--all"))
}

// TestTheCSVOfARotation has a cell for each column, also of a plan, and the name last.
func TestTheCSVOfARotation(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{ProvisionDelay: -1})
	for _, more := range [][]string{{"--dry-run"}, {"--grace", "1h"}, nil} {
		got := credctl(t, env, "", append([]string{"katapult", "rotate", katapultWeb, "--to", "file:" + filepath.Join(t.TempDir(), "key"), "--verify", "none", "-o", "csv"}, more...)...)
		require.Equal(t, 0, got.status, got.stderr)
		header, row, _ := strings.Cut(got.stdout, "\n")
		assert.Equal(t, "id,old_id,key,state,changed,retires,destinations,reason,name", header)
		assert.Contains(t, row, ","+katapultWeb+",")
		assert.True(t, strings.HasSuffix(row, ",web-assets\n"), row)
	}
}
