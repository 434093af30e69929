package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// A vendor is a server that a test writes itself, to be worse than the sandbox.
type vendor struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string    // METHOD PATH of each request, oldest first
	last http.Header // of the last of them
	env  []string
}

// listNothing answers a listing of Stratum that has nothing in it.
func listNothing(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, "[]") }

// Settings that every vendor accepts in the form of its own.
const (
	someUUID   = "0b7e4bb6-6a7d-4a5b-8a43-b43ad0a0b1f3"
	someHex    = "575ece2b7ae143cd83dc4a9b"
	someKey    = "objkey_EKEAMCHzkhba9uak"
	vendorsKey = "canary-of-the-vendors-token-81c4"
)

// serve starts a server that answers as h does, and returns it with the
// environment in which every vendor is this server.
func serve(t testing.TB, h http.HandlerFunc) *vendor {
	t.Helper()
	v := &vendor{}
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.mu.Lock()
		v.seen, v.last = append(v.seen, r.Method+" "+r.URL.Path), r.Header.Clone()
		v.mu.Unlock()
		h(w, r)
	}))
	t.Cleanup(v.Close)
	t.Cleanup(v.CloseClientConnections)
	v.env = []string{
		"CREDCTL_MEDIANOVA_BASE_URL=" + v.URL, "MEDIANOVA_ORG=" + someUUID, "MEDIANOVA_TOKEN=" + vendorsKey,
		"CREDCTL_KATAPULT_BASE_URL=" + v.URL, "KATAPULT_ORGANIZATION=acme", "CREDCTL_KATAPULT_REGION=uk-lon-1", "KATAPULT_API_TOKEN=" + vendorsKey,
		"LOSANT_API_URL=" + v.URL, "LOSANT_APPLICATION_ID=" + someHex, "LOSANT_API_TOKEN=" + vendorsKey,
		"STRATUM_BASE_URL=" + v.URL, "STRATUM_TENANT_ID=" + someUUID, "STRATUM_API_KEY=" + vendorsKey,
	}
	for k, dir := range privateEnv(t.TempDir()) {
		v.env = append(v.env, k+"="+dir)
	}
	return v
}

// requests returns those seen so far that begin with a method and a path.
func (v *vendor) requests(prefix string) (found []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, s := range v.seen {
		if strings.HasPrefix(s, prefix) {
			found = append(found, s)
		}
	}
	return found
}

// reply answers with a status and a JSON body.
func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// A process is the program as its users run it.
type process struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
}

// prepare returns the program as a process of its own, which is not yet started.
func prepare(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	return execute(t, env, "credctl", args...)
}

// prepareShell returns a shell that runs script, which finds the program.
func prepareShell(t *testing.T, env []string, script string) *process {
	t.Helper()
	return execute(t, env, "sh", "-c", script)
}

func execute(t *testing.T, env []string, name string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.CommandContext(t.Context(), name, args...)}
	p.Env = append(env, "PATH="+os.Getenv("PATH"))
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	return p
}

// within fails the test unless f ends in time.
func within(t *testing.T, limit time.Duration, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatalf("it did not end within %s", limit)
	}
}

// privateVariables returns an environment that leads to no real file, with these variables.
func privateVariables(t *testing.T, more ...string) []string {
	t.Helper()
	for k, dir := range privateEnv(t.TempDir()) {
		more = append(more, k+"="+dir)
	}
	return more
}
