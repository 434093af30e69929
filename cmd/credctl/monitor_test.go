//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
	"github.com/credctl/credctl/internal/schematest"
)

// A pulse is a server that keeps the heartbeats that it got.
type pulse struct {
	*httptest.Server

	mu    sync.Mutex
	beats []string
}

func newPulse(t *testing.T, status int) *pulse {
	p := &pulse{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.beats = append(p.beats, r.Method+" "+r.URL.RequestURI())
		w.WriteHeader(status)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *pulse) got() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	beats := p.beats
	p.beats = nil
	return beats
}

func TestARunTellsHowItEnded(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws"}})
	p := newPulse(t, 200)
	file := filepath.Join(s.dir, "credctl.prom")
	text := fmt.Sprintf(`rotations: [{name: web, provider: katapult, id: %s, max_age: 365d, grace: 7d, to: [%q]}]`, katapultWeb, s.subjects[0].places[0])
	flags := []string{"--metrics-file", file, "--heartbeat", p.URL + "/ping/uuid?a=b"}
	status := func(args ...string) (outcome, statusAnswer) {
		t.Helper()
		got := s.run(append([]string{"status", "-o", "json"}, args...)...)
		var answer statusAnswer
		require.NoError(t, json.Unmarshal([]byte(got.stdout), &answer), got.stderr)
		schematest.Valid(t, schematest.Strict(t, "status"), "status", got.stdout)
		return got, answer
	}
	got, answer := status()
	require.Equal(t, 0, got.status, got.stderr)
	assert.Empty(t, answer.Policies)
	got, _ = status("--max-silence", "26h")
	assert.Equal(t, 75, got.status, "no policy has run")

	for _, args := range [][]string{{"--dry-run"}, {"--check"}} {
		got = s.run(s.policy(text, append(args, flags...)...)...)
		assert.Equal(t, 2, got.status)
	}
	assert.Empty(t, p.got())

	// One that ends well.
	got = s.run(s.policy(text, flags...)...)
	require.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, []string{"GET /ping/uuid?a=b"}, p.got())
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Contains(t, string(content), `credctl_run_success{verb="rotate",policy="`)
	assert.Regexp(t, `credctl_run_success\{[^}]*\} 1\n`, string(content))
	assert.Contains(t, string(content), `credctl_rotation_due_timestamp_seconds{provider="katapult",kind="access-key",chain="`+katapultWeb+`"} `)
	got, answer = status("--max-silence", "26h")
	require.Equal(t, 0, got.status, got.stderr)
	require.Len(t, answer.Policies, 1)
	run := answer.Policies[0]
	assert.True(t, filepath.IsAbs(run.File))
	assert.Equal(t, 0, run.Exit)
	assert.WithinDuration(t, time.Now(), run.LastRun, time.Minute)
	assert.Equal(t, run.LastRun, run.LastSuccess)
	assert.Equal(t, time.Date(2027, 5, 12, 14, 40, 0, 0, time.UTC), run.NextDue.Truncate(time.Minute))

	// One that fails: the last success stays, in the metrics and in the status.
	require.NoError(t, s.AddFault(sandbox.Fault{Vendor: "katapult", Verb: "*", Status: 403}))
	got = s.run(s.policy(text, flags...)...)
	require.NotEqual(t, 0, got.status)
	assert.Equal(t, []string{"GET /ping/uuid/fail?a=b"}, p.got())
	content, err = os.ReadFile(file)
	require.NoError(t, err)
	assert.Regexp(t, `credctl_run_success\{[^}]*\} 0\n`, string(content))
	assert.Contains(t, string(content), fmt.Sprintf("%d\n", run.LastSuccess.Unix()), "the last success")
	failed, answer := status("--max-silence", "26h")
	assert.Equal(t, 8, failed.status)
	assert.Equal(t, got.status, answer.Policies[0].Exit)
	assert.Equal(t, run.LastSuccess, answer.Policies[0].LastSuccess)
	assert.Equal(t, 1, answer.Policies[0].Failed)
}

type statusAnswer struct {
	Policies []struct {
		File        string
		LastRun     time.Time `json:"last_run"`
		LastSuccess time.Time `json:"last_success"`
		Exit        int
		NextDue     time.Time `json:"next_due"`
		Failed      int
	}
	Overdue []any
}

// A heartbeat that fails is a note, without the address, which is as good as a password.
func TestAHeartbeatThatFailsIsANote(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{}, subject{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws"}})
	p := newPulse(t, 404)
	text := fmt.Sprintf(`rotations: [{name: web, provider: katapult, id: %s, max_age: 365d, to: [%q]}]`, katapultWeb, s.subjects[0].places[0])
	got := s.run(s.policy(text, "--heartbeat", p.URL+"/private-part")...)
	assert.Equal(t, 0, got.status)
	assert.Contains(t, got.stderr, "could not send the heartbeat to "+strings.TrimPrefix(p.URL, "http://")+": status 404")
	assert.NotContains(t, got.stderr, "private-part")
	got = s.run(s.policy(text, "--heartbeat", "example.com/x")...)
	assert.Equal(t, 2, got.status)
	got = s.run(s.policy(text, "--metrics-file", filepath.Join(s.dir, "metrics.txt"))...)
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.stderr, ".prom")
}

// An audit writes what it found, and how it ended.
func TestAnAuditTellsHowItEnded(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{})
	p := newPulse(t, 200)
	file := filepath.Join(s.dir, "audit.prom")
	got := s.run("audit", "-o", "csv", "--fail-on", "high", "--metrics-file", file, "--heartbeat", p.URL+"/x")
	require.Equal(t, 11, got.status, got.stderr)
	assert.Equal(t, []string{"GET /x/fail"}, p.got())
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, want := range []string{`credctl_run_success{verb="audit"} 0`, `credctl_provider_up{provider="katapult"} 1`, `credctl_findings{rule="CRD001",severity="critical"`} {
		assert.Contains(t, string(content), want)
	}
	got = s.run("audit", "-o", "csv", "--metrics-file", file, "--heartbeat", p.URL+"/x")
	require.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, []string{"GET /x"}, p.got())
	assert.Equal(t, 2, s.run("audit", "--init-inventory", "--metrics-file", file).status)
}
