//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver/entry/placetest"
	"github.com/credctl/credctl/internal/sandbox"
)

// A placed is a destination and the fake behind it.
type placed struct {
	spec    string
	env     []string
	profile map[string]string           // says the same in the configuration
	tokens  []string                    // that nobody else gets
	get     func() (key, secret string) // what it holds now
	set     func(key, secret string)    // as another program would
	others  func() string               // what else is there, and must stay

	unstamped bool   // nothing tells whether it was changed
	file      string // that it is in, if it is a file

	door *door // nil: behind a program, or a file
}

// requests returns those that changed something since the last call.
func (p *placed) requests() []string {
	if p.door == nil {
		return nil
	}
	p.door.mu.Lock()
	defer p.door.mu.Unlock()
	all := p.door.log
	p.door.log = nil
	return all
}

// A door is before a fake server, and can be shut.
type door struct {
	http.Handler
	changes func(*http.Request) bool
	broken  string // while this file exists, nobody is answered

	mu    sync.Mutex
	log   []string // the requests that change something
	hit   func()   // kills the program at one of them
	at    string   // its number
	after bool     // it has been carried out
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, err := os.Stat(d.broken); err == nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if !d.changes(r) {
		d.Handler.ServeHTTP(w, r)
		return
	}
	d.mu.Lock()
	d.log = append(d.log, r.Method+" "+r.URL.Path)
	hit, after := d.hit, d.after
	due := hit != nil && d.at == strconv.Itoa(len(d.log))
	d.mu.Unlock()
	if !due {
		d.Handler.ServeHTTP(w, r)
		return
	}
	if after {
		d.Handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	hit()
	panic(http.ErrAbortHandler)
}

// kill kills the process that it is given at a request that changes something, of which n
// is the number.
func (d *door) kill(n string, after bool) (victim chan<- *os.Process) {
	started := make(chan *os.Process, 1)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hit, d.at, d.after = func() { _ = (<-started).Kill() }, n, after
	return started
}

// behind opens a fake over HTTP, behind a door.
func behind(s *scene, h http.Handler, changes func(*http.Request) bool) (*door, string) {
	d := &door{Handler: h, changes: changes, broken: filepath.Join(s.dir, "broken")}
	server := httptest.NewServer(d)
	s.Cleanup(server.Close)
	return d, server.URL
}

// A destinationKind is a kind of destination, and how a scene gets one of it.
type destinationKind struct {
	name   string
	single bool // it gets a secret alone
	stamp  bool // it never returns values
	place  func(s *scene) *placed
}

func destinationKinds() []destinationKind {
	put := func(r *http.Request) bool { return r.Method != http.MethodGet }
	both := func(key, secret string) string {
		b, _ := json.Marshal(map[string]string{"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_ENDPOINT_URL": "https://s3.example.com"})
		return string(b)
	}
	pair := func(values map[string]string) (key, secret string) {
		return values["AWS_ACCESS_KEY_ID"], values["AWS_SECRET_ACCESS_KEY"]
	}
	object := func(text string) (key, secret string) {
		var all map[string]string
		_ = json.Unmarshal([]byte(text), &all) // what is none holds nothing
		return pair(all)
	}
	rest := func(values map[string]string) string {
		for _, name := range []string{"", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "AWS_REGION", "KEY"} {
			delete(values, name)
		}
		return fmt.Sprint(values)
	}
	github := func(spec, secrets string, as bool) func(s *scene) *placed {
		return func(s *scene) *placed {
			f := placetest.NewGitHub(s, secrets)
			d, url := behind(s, f, put)
			p := &placed{spec: spec, env: []string{"GITHUB_API_URL=" + url, "GITHUB_TOKEN=" + placetest.GitHubToken}, tokens: []string{placetest.GitHubToken}, door: d}
			p.profile = map[string]string{"github.url": url, "github.token": placetest.GitHubToken}
			p.get = func() (string, string) { return "", f.Holds()[""] }
			p.set = func(_, secret string) { f.Set(secret) }
			if as {
				p.get = func() (string, string) { return object(f.Holds()[""]) }
				p.set = func(key, secret string) { f.Set(both(key, secret)) }
			}
			p.others = func() string { return rest(f.Holds()) }
			return p
		}
	}
	gitlab := func(spec, owner string, change func(*placetest.GitLabVariable)) func(s *scene) *placed {
		return func(s *scene) *placed {
			f := placetest.NewGitLab(owner)
			change(f.All[0])
			d, url := behind(s, f, put)
			return &placed{
				spec: spec, env: []string{"GITLAB_HOST=" + url, "GITLAB_TOKEN=" + placetest.GitLabToken}, tokens: []string{placetest.GitLabToken}, door: d,
				get: func() (string, string) { return "", f.Holds()[""] },
				set: func(_, secret string) { f.Set(secret) }, others: func() string { return rest(f.Holds()) },
				unstamped: f.All[0].Hidden, profile: map[string]string{"gitlab.host": url, "gitlab.token": placetest.GitLabToken},
			}
		}
	}
	vault := func(spec string) func(s *scene) *placed {
		return func(s *scene) *placed {
			f := placetest.NewVault()
			d, url := behind(s, f, f.Changes)
			return &placed{
				spec: spec, env: []string{"VAULT_ADDR=" + url, "VAULT_TOKEN=" + placetest.VaultToken}, tokens: []string{placetest.VaultToken}, door: d,
				profile: map[string]string{"vault.addr": url, "vault.token": placetest.VaultToken},
				get:     func() (string, string) { return pair(f.Holds()) },
				set: func(key, secret string) {
					f.Set(map[string]any{"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_ENDPOINT_URL": "https://s3.example.com"})
				},
				others: func() string { return rest(f.Holds()) },
			}
		}
	}
	return []destinationKind{
		{name: "github", single: true, stamp: true, place: github("github:acme/web/API_KEY", "/repos/acme/web/actions/secrets", false)},
		{name: "github environment", single: true, stamp: true, place: github("github:acme/web/env:prod%2Feu/API_KEY", "/repos/acme/web/environments/prod%2Feu/secrets", false)},
		{name: "github-org", stamp: true, place: github("github-org:acme/API_KEY?as=json", "/orgs/acme/actions/secrets", true)},
		{name: "gitlab", single: true, place: gitlab("gitlab:acme/sub/web/API_KEY", "/projects/acme%2Fsub%2Fweb", func(v *placetest.GitLabVariable) { v.Masked = true })},
		{name: "gitlab hidden", single: true, stamp: true, place: gitlab("gitlab:4711/API_KEY", "/projects/4711", func(v *placetest.GitLabVariable) { v.Masked, v.Hidden = true, true })},
		{name: "gitlab-group", single: true, place: gitlab("gitlab-group:acme/sub/API_KEY?scope=production", "/groups/acme%2Fsub", func(v *placetest.GitLabVariable) { v.Scope = "production" })},
		{name: "vault", place: vault("vault:secret/apps/web?destroy_old=1")},
		{name: "k8s", place: func(s *scene) *placed {
			f := placetest.NewKubernetes()
			d, url := behind(s, f, f.Changes)
			config := filepath.Join(s.dir, "kubeconfig")
			require.NoError(s, os.WriteFile(config, []byte(placetest.Kubeconfig("server: "+url, "token: "+placetest.KubernetesToken)), 0o600))
			return &placed{
				spec: "k8s:web/app-s3", env: []string{"KUBECONFIG=" + config}, tokens: []string{placetest.KubernetesToken}, door: d,
				profile: map[string]string{"k8s.kubeconfig": config},
				get:     func() (string, string) { return pair(f.Holds()) },
				set: func(key, secret string) {
					f.Set(map[string][]byte{"AWS_ACCESS_KEY_ID": []byte(key), "AWS_SECRET_ACCESS_KEY": []byte(secret), "AWS_ENDPOINT_URL": []byte("https://s3.example.com")})
				},
				others: func() string { return rest(f.Holds()) },
			}
		}},
		{name: "aws-sm", place: func(s *scene) *placed {
			f := placetest.NewSecretsManager()
			d, url := behind(s, f, f.Changes)
			return &placed{
				profile: map[string]string{
					"aws-sm.url": url, "aws-sm.region": "eu-west-1", "aws-sm.access_key_id": placetest.AWSKeyID,
					"aws-sm.secret_access_key": placetest.AWSSecretKey, "aws-sm.session_token": placetest.AWSSession,
				},
				spec: "aws-sm:apps/web", door: d, tokens: []string{placetest.AWSSecretKey, placetest.AWSSession},
				env: []string{
					"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + url, "AWS_REGION=eu-west-1",
					"AWS_ACCESS_KEY_ID=" + placetest.AWSKeyID, "AWS_SECRET_ACCESS_KEY=" + placetest.AWSSecretKey, "AWS_SESSION_TOKEN=" + placetest.AWSSession,
				},
				get: func() (string, string) { return pair(f.Holds()) },
				set: func(key, secret string) {
					f.Set(map[string]any{"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_ENDPOINT_URL": "https://s3.example.com"})
				},
				others: func() string { return rest(f.Holds()) },
			}
		}},
		{name: "sops", single: true, place: func(s *scene) *placed {
			const identity = "AGE-SECRET-KEY-1EXAMPLEEXAMPLE"
			path := filepath.Join(s.dir, "secrets.yaml")
			plain := func() (all struct {
				DB  struct{ Password string }
				App struct{ Key string }
			},
			) {
				text, err := placetest.Opened(path, identity)
				require.NoError(s, err)
				require.NoError(s, json.Unmarshal([]byte(text), &all))
				return all
			}
			return &placed{
				file: path, spec: "sops:" + path + "#app.key", env: append(s.programs(), "SOPS_AGE_KEY="+identity), tokens: []string{identity}, profile: map[string]string{"sops.age_key": identity},
				get: func() (string, string) { return "", plain().App.Key },
				set: func(_, secret string) {
					text, err := json.Marshal(map[string]any{"db": map[string]any{"password": "stays"}, "app": map[string]any{"key": secret}})
					require.NoError(s, err)
					require.NoError(s, os.WriteFile(path, []byte(placetest.Sealed(string(text), identity)), 0o644))
				},
				others: func() string { return plain().DB.Password },
			}
		}},
		{name: "systemd-creds", single: true, place: func(s *scene) *placed {
			path := filepath.Join(s.dir, "s3.cred")
			return &placed{
				file: path, spec: "systemd-creds:" + path + "?name=s3", env: s.programs(),
				get: func() (string, string) {
					text, err := placetest.Credential(path, "s3")
					require.NoError(s, err)
					return "", text
				},
				set: func(_, secret string) {
					require.NoError(s, os.WriteFile(path, []byte(placetest.Encrypted("s3", secret)), 0o600))
				},
				others: func() string { return "" },
			}
		}},
		{name: "file in place", single: true, place: func(s *scene) *placed {
			path := filepath.Join(s.dir, "mounted")
			return &placed{
				file: path, spec: "file:" + path + "?inplace=1",
				get: func() (string, string) {
					text, err := os.ReadFile(path)
					require.NoError(s, err)
					return "", strings.TrimSuffix(string(text), "\n")
				},
				set: func(_, secret string) {
					f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
					require.NoError(s, err)
					_, err = f.WriteString(secret + "\n")
					require.NoError(s, err)
					require.NoError(s, f.Close())
				},
				others: func() string { // the file itself, as it is mounted elsewhere
					info, err := os.Stat(path)
					require.NoError(s, err)
					return strconv.FormatUint(info.Sys().(*syscall.Stat_t).Ino, 10)
				},
			}
		}},
	}
}

// programs puts the fakes of programs first in PATH, which fail while the scene is broken.
func (s *scene) programs() []string {
	bin, programs := filepath.Join(s.dir, "bin"), placetest.Programs(s)
	require.NoError(s, os.MkdirAll(bin, 0o700))
	for _, name := range []string{"sops", "systemd-creds"} {
		script := fmt.Sprintf("#!/bin/sh\ntest ! -e %s/broken || exit 1\nexec %s/%s \"$@\"\n", s.dir, programs, name)
		require.NoError(s, os.WriteFile(filepath.Join(bin, name), []byte(script), 0o700))
	}
	return []string{"PATH=" + bin + ":" + os.Getenv("PATH")}
}

// in returns a scene whose one subject is at a destination of that kind.
func (o destinationKind) in(t *testing.T, options sandbox.Options) (*scene, *placed) {
	t.Helper()
	s := newScene(t, options)
	p := o.place(s)
	s.env = append(s.env, p.env...)
	s.fakes = map[string]*placed{p.spec: p}
	sub := subject{vendor: "katapult", id: katapultWeb, places: []string{p.spec}}
	if o.single {
		sub = subject{vendor: "stratum", id: stratumCI, places: []string{p.spec}}
	}
	sub.inPlace = strings.Contains(p.spec, "inplace=1") // a reader may see it half written
	s.seeds = s.Credentials(sub.vendor)
	s.add(sub)
	return s, p
}

// flags are what the vendor of the subject needs to keep the old credential until the end.
func (o destinationKind) flags(more ...string) []string {
	if o.single {
		return append([]string{"--overlap"}, more...)
	}
	return more
}
