package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/sandbox"
)

// Every run of the program in these tests and in their scripts has --debug, whose
// lines are taken out of standard error before a test sees it. All of standard
// error is written down, and when a sandbox ends, no secret that it ever held may
// be in that.

// debugLines are what --debug writes.
var debugLines = regexp.MustCompile(`(?m)^time=\S+ level=DEBUG .*\n`)

// debugging runs the program with --debug, and writes down what it says.
func debugging(ctx context.Context, t *testing.T, args, env []string, stdin *strings.Reader) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := run(ctx, append([]string{"--debug"}, args...), env, stdin, &stdout, &stderr)
	writeDown(t, stderr.String())
	return outcome{stdout.String(), debugLines.ReplaceAllString(stderr.String(), ""), status}
}

// said is what was written down, by the name of the test without its parts.
var said = struct {
	sync.Mutex
	by map[string]*strings.Builder
}{by: map[string]*strings.Builder{}}

func whole(t *testing.T) string {
	name, _, _ := strings.Cut(t.Name(), "/")
	return name
}

func writeDown(t *testing.T, text string) {
	t.Helper()
	said.Lock()
	defer said.Unlock()
	b := said.by[whole(t)]
	if b == nil {
		b = &strings.Builder{}
		said.by[whole(t)] = b
	}
	b.WriteString(text)
}

// writtenDown is what the runs of t have said.
func writtenDown(t *testing.T) string {
	t.Helper()
	said.Lock()
	defer said.Unlock()
	if b := said.by[whole(t)]; b != nil {
		return b.String()
	}
	return ""
}

// secretsOf returns every secret that s ever held, and the tokens for it.
func secretsOf(s *sandbox.Sandbox) []string {
	all := []string{
		sandbox.MedianovaToken, sandbox.MedianovaAPIKey, sandbox.MedianovaAPISecret, sandbox.KatapultToken, sandbox.LosantToken,
		sandbox.StratumOperatorKey, sandbox.StratumBearer,
	}
	for _, vendor := range sandboxed() {
		for _, c := range s.Credentials(vendor) {
			all = append(all, c.Secret)
			for _, field := range []string{"secretAccessKey", "secretValue", "password", "privateKey"} {
				text, _ := c.Config[field].(string)
				all = append(all, text)
			}
		}
	}
	return slices.DeleteFunc(all, func(v string) bool { return len(v) < 8 })
}

// leaked returns which forms of secrets are in text. All that is said is searched for all
// secrets, and so it looks once at each place, at what begins as one of them does.
func leaked(text string, secrets []string) (found []string) {
	const head = 4 // no form is shorter
	hash := func(s string) uint16 {
		return uint16((uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24) * 2654435761 >> 16)
	}
	var begins [1 << 16]bool
	for _, secret := range secrets {
		for _, v := range forms(secret) {
			begins[hash(v)] = true
		}
	}
	places := map[uint16][]int{}
	for i := range max(0, len(text)-head+1) {
		if h := hash(text[i:]); begins[h] {
			places[h] = append(places[h], i)
		}
	}
	for _, secret := range secrets {
		for form, v := range forms(secret) {
			if slices.ContainsFunc(places[hash(v)], func(i int) bool { return strings.HasPrefix(text[i:], v) }) {
				found = append(found, fmt.Sprintf("%.4s… (%s)", secret, form))
			}
		}
	}
	return found
}

// scripted is the program as the scripts run it, and as others do.
func scripted() {
	if testing.CoverMode() != "" && os.Getenv("GOCOVERDIR") == "" { // else it warns on standard error that it has no folder for what it counted
		self, _ := os.Executable()
		_ = os.Setenv("GOCOVERDIR", filepath.Dir(self))
	}
	path := os.Getenv(scriptSaid)
	if path == "" {
		main()
	}
	var stderr bytes.Buffer
	status := run(context.Background(), append([]string{"--debug"}, os.Args[1:]...), os.Environ(), os.Stdin, os.Stdout, &stderr)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.Write(stderr.Bytes())
	}
	if err != nil {
		panic(err)
	}
	_ = f.Close()
	_, _ = os.Stderr.Write(debugLines.ReplaceAll(stderr.Bytes(), nil))
	os.Exit(status)
}

// scriptSaid is the variable that names the file that a script's runs are written down in.
const scriptSaid = "CREDCTL_TEST_SAID"

func saidIn(work string) string { return filepath.Join(work, ".said") }

func TestTheCanaryIsHeard(t *testing.T) {
	s, env := inSandbox(t, sandbox.Options{})
	credctl(t, env, "", "katapult", "list")
	text := writtenDown(t)
	assert.Contains(t, text, "level=DEBUG msg=http method=GET", "--debug is on")
	assert.Empty(t, leaked(text, secretsOf(s)))
	secret := s.Credentials("katapult")[0].Secret
	for form, v := range forms(secret) {
		assert.NotEmpty(t, leaked(text+"x"+v+"x", secretsOf(s)), form)
	}
	assert.NotEmpty(t, leaked(sandbox.StratumBearer, secretsOf(s)))
}
