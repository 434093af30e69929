//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/failpoint"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/sandbox"
)

// failpoints returns the program with its failpoints built in: this test binary, where
// it has them, as `make cover` wants it, to count what its processes reach.
var failpoints = sync.OnceValues(func() (string, error) {
	path := filepath.Join(built, "credctl")
	if failpoint.Wait(time.Second) < time.Second {
		self, err := os.Executable()
		if err != nil {
			return "", err
		}
		text, err := os.ReadFile(self) // and no link to it: a sandbox in a process of its own would be all the tests again
		if err != nil {
			return "", err
		}
		return path, os.WriteFile(path, text, 0o755)
	}
	return path, compile(path, nil, "-ldflags=-s -w", "-tags", "failpoint")
})

// known are the vendors, described once for all scenes.
var known = sync.OnceValue(providers)

// A scene is a sandbox, and places that hold the secrets of some of its credentials.
type scene struct {
	testing.TB
	*sandbox.Sandbox
	dir      string
	env      []string
	subjects []subject
	seeds    []sandbox.Credential
	first    map[string]string  // what the places at Losant held in the beginning
	fakes    map[string]*placed // the destinations that have one, by their spec
	given    map[string]string  // what a person passes where a hint leaves it open, by flag or word

	database func() (*journal.Store, error) // nil: the journal is in the state folder
}

// A subject is a credential that is to be rotated.
type subject struct {
	vendor, id string
	places     []string // destinations, in which %s is the scene's folder
	inPlace    bool
}

// newScene starts a sandbox and puts what the subjects are now to their places.
func newScene(t testing.TB, o sandbox.Options, subjects ...subject) *scene {
	t.Helper()
	if o.ProvisionDelay == 0 {
		o.ProvisionDelay = -1
	}
	box, err := sandbox.Start(o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = box.Close() })
	dir := t.TempDir()
	s := &scene{TB: t, Sandbox: box, dir: dir, env: append(box.Env(), "PATH="+os.Getenv("PATH")), first: map[string]string{}}
	for k, v := range privateEnv(dir) {
		s.env = append(s.env, k+"="+v)
	}
	for _, sub := range subjects {
		sub.places = slices.Clone(sub.places)
		for i, p := range sub.places {
			sub.places[i] = strings.ReplaceAll(p, "%s", dir)
		}
		s.seeds = append(s.seeds, box.Credentials(sub.vendor)...)
		s.add(sub)
	}
	return s
}

// add puts what a subject is now to its places.
func (s *scene) add(sub subject) {
	s.Helper()
	s.subjects = append(s.subjects, sub)
	s.fill(sub)
}

// fill puts the pair of a subject to its places.
func (s *scene) fill(sub subject) {
	s.Helper()
	c := s.credential(sub.vendor, sub.id)
	for _, p := range sub.places {
		if f, ok := s.fakes[p]; ok {
			f.set(c.AccessKey, c.Secret)
			continue
		}
		if strings.HasPrefix(p, "losant:") {
			_, s.first[p] = s.holds(sub, p)
			continue
		}
		require.NoError(s, s.place(sub, p).Write(context.Background(), provider.Credential{Key: c.AccessKey, Secret: provider.NewSecret(c.Secret), Endpoint: s.URL("s3")}))
	}
}

func (s *scene) place(sub subject, spec string) deliver.Destination {
	s.Helper()
	i := slices.IndexFunc(known(), func(p provider.Provider) bool { return p.Name == sub.vendor })
	d, err := deliver.Parse(spec, deliver.Options{Shape: known()[i].Kinds[0].Shape})
	require.NoError(s, err)
	return d
}

// credential returns what the vendor knows of an ID.
func (s *scene) credential(vendor, id string) sandbox.Credential {
	s.Helper()
	for _, c := range s.Credentials(vendor) {
		if c.ID == id {
			return c
		}
	}
	s.Fatalf("%s has no %s", vendor, id)
	return sandbox.Credential{}
}

// made returns the current credentials that requests made.
func (s *scene) made(vendor string) (all []sandbox.Credential) {
	for _, c := range s.Credentials(vendor) {
		if c.Live && !c.Seeded {
			all = append(all, c)
		}
	}
	return all
}

// to returns the flags --to of a subject.
func (s *scene) to(i int) (args []string) {
	for _, p := range s.subjects[i].places {
		args = append(args, "--to", p)
	}
	return args
}

// rotate returns the command that rotates the first subject.
func (s *scene) rotate(more ...string) []string {
	return slices.Concat([]string{s.subjects[0].vendor, "rotate", s.subjects[0].id}, s.to(0), more)
}

// command returns the program with failpoints, as a process that is not yet started.
func (s *scene) command(stdin string, args ...string) *process {
	s.Helper()
	path, err := failpoints()
	require.NoError(s, err)
	p := &process{Cmd: exec.Command(path, args...)}
	p.Env = slices.Clone(s.env)
	p.Dir = s.dir
	p.Stdin = strings.NewReader(stdin)
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	return p
}

// run runs the program as a process.
func (s *scene) run(args ...string) outcome {
	s.Helper()
	p := s.command("", append([]string{"--debug"}, args...)...)
	_ = p.Run() // its status tells
	got := p.outcome()
	assert.Empty(s, leaked(got.stderr, secretsOf(s.Sandbox)), got.stderr)
	got.stderr = debugLines.ReplaceAllString(got.stderr, "")
	return got
}

func (p *process) outcome() outcome {
	return outcome{p.stdout.String(), p.stderr.String(), p.ProcessState.ExitCode()}
}

// count returns how often a verb was sent to a vendor.
func (s *scene) count(vendor, verb string) int { return sent(s.Sandbox, vendor, verb) }

// changing returns the requests that were sent to change something, as "METHOD verb".
func (s *scene) changing(vendor string) (all []string) {
	for _, r := range s.Requests(vendor) {
		if r.Method != "GET" {
			all = append(all, r.Verb)
		}
	}
	return all
}

// holds returns what a place holds now.
func (s *scene) holds(sub subject, spec string) (key, secret string) {
	s.Helper()
	if f, ok := s.fakes[spec]; ok {
		return f.get()
	}
	if name, ok := strings.CutPrefix(spec, "losant:"); ok {
		_, id, _ := strings.Cut(name, "/")
		c := s.credential("losant", id)
		key, _ = c.Config["accessKeyId"].(string)
		secret, _ = c.Config["secretAccessKey"].(string)
		return key, secret
	}
	k, v, err := s.place(sub, spec).Current(context.Background())
	require.NoError(s, err)
	return k, v.Reveal()
}

// works reports whether a place holds what authenticates.
func (s *scene) works(sub subject, spec string) bool {
	key, secret := s.holds(sub, spec)
	if secret == s.first[spec] {
		return true // nothing was put there yet
	}
	if sub.vendor == "stratum" {
		key = ""
	}
	return s.Authenticates(key, secret)
}

func (s *scene) state() string { return filepath.Join(valueOf(s.env, "XDG_STATE_HOME"), "credctl") }

// operations reads the journal.
func (s *scene) operations() []*journal.Operation {
	s.Helper()
	open := s.database
	if open == nil {
		if _, err := os.Stat(s.state()); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		open = func() (*journal.Store, error) { return folder.Open(s.state()) }
	}
	store, err := open()
	require.NoError(s, err)
	all, err := store.Operations()
	require.NoError(s, err)
	return all
}

// asked reports whether a request may have been sent whose answer is not in the
// journal, or that had one without a secret: a successor will be made.
func asked(o *journal.Operation) bool {
	for _, e := range slices.Backward(o.Entries) {
		if e.Step == "intent" || e.Step == "found" || e.Step == "issued" {
			return e.Step != "issued"
		}
	}
	return false
}

// invariant checks INV: that there is at every place what authenticates, and that
// every credential that was made and exists is delivered, or in the journal.
func (s *scene) invariant(when string) {
	s.Helper()
	open := slices.DeleteFunc(s.operations(), func(o *journal.Operation) bool { return o.Final() })
	for _, sub := range s.subjects {
		delivered := map[string]bool{}
		for _, p := range sub.places {
			_, secret := s.holds(sub, p)
			delivered[secret] = true
			if s.works(sub, p) {
				continue
			}
			kept := slices.ContainsFunc(open, func(o *journal.Operation) bool {
				secrets, err := o.Secrets()
				require.NoError(s, err)
				return asked(o) || !secrets[journal.NewSecret].IsZero()
			})
			assert.True(s, sub.inPlace && kept, "%s: %s holds nothing that works", when, p)
		}
		for _, c := range s.made(sub.vendor) {
			known := delivered[c.Secret] || c.ID == sub.id || slices.ContainsFunc(open, func(o *journal.Operation) bool { return o.NewID() == c.ID || asked(o) })
			assert.True(s, known, "%s: nobody knows of %s", when, c.ID)
		}
	}
	s.untouched(when)
	s.private(when)
}

// untouched checks that what is not ours is as it was.
func (s *scene) untouched(when string) {
	s.Helper()
	for _, was := range s.seeds {
		if slices.ContainsFunc(s.subjects, func(sub subject) bool { return sub.vendor == was.Vendor && sub.id == was.ID }) {
			continue
		}
		assert.Equal(s, was.Live, s.credential(was.Vendor, was.ID).Live, "%s: %s is not ours", when, was.ID)
	}
}

// private checks that the state is closed to others, and holds no secret in clear.
func (s *scene) private(when string) {
	s.Helper()
	secrets := secretsOf(s.Sandbox)
	err := filepath.WalkDir(s.state(), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if d.IsDir() {
			assert.Equal(s, fs.FileMode(0o700), info.Mode().Perm(), "%s: %s", when, path)
			return nil
		}
		assert.Equal(s, fs.FileMode(0o600), info.Mode().Perm(), "%s: %s", when, path)
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		assert.Empty(s, leaked(string(bytes.TrimRight(b, "\n")), secrets), "%s: %s", when, path) // the rest is a journal's reserve
		return nil
	})
	require.NoError(s, err)
}

// silent checks that no secret is in what a run said.
func (s *scene) silent(got outcome) {
	s.Helper()
	assert.Empty(s, leaked(got.stdout+got.stderr, secretsOf(s.Sandbox)), "%s%s", got.stdout, got.stderr)
}

// admin makes a key that administers a tenant, as Stratum's API has it, and signs
// with it from then on. It is the only subject.
func (s *scene) admin(places ...string) {
	s.Helper()
	s.setenv("STRATUM_API_KEY", sandbox.StratumOperatorKey)
	got := s.run("stratum", "create", "--name", "credctl", "-o", "json")
	require.Equal(s, 0, got.status, got.stderr)
	key := answer(s, got)
	s.promote(fmt.Sprint(key["id"]))
	s.setenv("STRATUM_API_KEY", fmt.Sprint(key["secret"]))
	s.subjects = nil
	s.add(subject{vendor: "stratum", id: fmt.Sprint(key["id"]), places: places})
}

// promote lets a key of Stratum administer its tenant.
func (s *scene) promote(id string) {
	s.Helper()
	role := s.post("/api/v1/roles", map[string]any{"name": "admin of " + id, "scopes": []string{"admin"}})
	s.post("/api/v1/roles/assign/"+id, map[string]any{"role_id": role["id"]})
}

// post sends what an operator of Stratum may.
func (s *scene) post(path string, body any) (v map[string]any) {
	s.Helper()
	b, err := json.Marshal(body)
	require.NoError(s, err)
	r, err := http.NewRequest(http.MethodPost, s.URL("stratum")+path, bytes.NewReader(b))
	require.NoError(s, err)
	r.Header.Set("X-API-Key", sandbox.StratumOperatorKey)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(s, err)
	defer resp.Body.Close()
	require.Less(s, resp.StatusCode, 300, path)
	require.NoError(s, json.NewDecoder(resp.Body).Decode(&v))
	return v
}

func (s *scene) setenv(name, value string) { s.env = append(s.env, name+"="+value) }

// answer reads the one JSON object that a run printed.
func answer(t testing.TB, got outcome) map[string]any {
	t.Helper()
	var v map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &v), "%s%s", got.stdout, got.stderr)
	return v
}
