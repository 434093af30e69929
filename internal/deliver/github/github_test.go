package github

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/nacl/box"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/deliver/entry/entrytest"
	"github.com/credctl/credctl/internal/provider"
)

const pat = "github_pat_11EXAMPLEexample"

type held struct {
	value      string
	updated    time.Time
	visibility string
	selected   []int64
}

// A fake is GitHub with the secrets of one place, which it opens.
type fake struct {
	secrets string // the path of the place
	org     bool

	mu        sync.Mutex
	all       map[string]*held
	pub, priv *[32]byte
	keyID     int
	stale     int    // keys that are refused before one is taken
	late      int    // answers in which updated_at is still that of before
	may       string // "write", "read", "", or "see": the repository, and no secrets
	token     string
	clock     time.Duration
	hurried   int // requests that are refused for the rate
	wait      string
}

func newFake(t *testing.T, secrets string) *fake {
	pub, priv, err := box.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return &fake{
		secrets: secrets, org: strings.HasPrefix(secrets, "/orgs/"), pub: pub, priv: priv, may: "write", token: pat,
		all: map[string]*held{"API_KEY": {value: "old", updated: time.Now().Add(-time.Hour), visibility: "selected", selected: repositories()}},
	}
}

// repositories are more than one page.
func repositories() (ids []int64) {
	for i := range int64(130) {
		ids = append(ids, 1000+i)
	}
	return ids
}

func (f *fake) holds() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[string]string{}
	for name, h := range f.all {
		if name == "API_KEY" {
			name = ""
		}
		all[name] = h.value
	}
	if f.org && f.all["API_KEY"] != nil {
		all["visibility"] = fmt.Sprint(f.all["API_KEY"].visibility, f.all["API_KEY"].selected)
	}
	return all
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	reply := func(status int, body any) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Date", time.Now().Add(f.clock).UTC().Format(http.TimeFormat))
		w.WriteHeader(status)
		if body != nil {
			_ = json.NewEncoder(w).Encode(body)
		}
	}
	fail := func(status int, message string) {
		reply(status, map[string]any{"message": message, "status": strconv.Itoa(status)})
	}
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), f.secrets)
	owner := strings.TrimSuffix(strings.TrimSuffix(f.secrets, "/environments/prod%2Feu/secrets"), "/actions/secrets")
	switch {
	case f.hurried > 0:
		f.hurried--
		if f.wait != "" {
			w.Header().Set("Retry-After", f.wait)
		}
		fail(403, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.")
	case r.Header.Get("Authorization") != "Bearer "+f.token:
		fail(401, "Bad credentials")
	case r.URL.Path == owner && f.may != "":
		reply(200, map[string]any{"name": "x"})
	case !ok || f.may == "":
		fail(404, "Not Found")
	case f.may == "see":
		w.Header().Set("X-Accepted-GitHub-Permissions", "secrets=read")
		fail(403, "Resource not accessible by integration")
	case path == "/public-key":
		reply(200, map[string]any{"key_id": strconv.Itoa(f.keyID), "key": base64.StdEncoding.EncodeToString(f.pub[:])})
	case r.Method == http.MethodPut:
		if f.may != "write" {
			w.Header().Set("X-Accepted-GitHub-Permissions", "secrets=write")
			fail(403, "Resource not accessible by personal access token")
			return
		}
		f.put(r, strings.TrimPrefix(path, "/"), reply, fail)
	case strings.HasSuffix(path, "/repositories"):
		h, page := f.all[strings.Split(path, "/")[1]], 0
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
		var ids []map[string]any
		for _, id := range h.selected[min(len(h.selected), 100*(page-1)):min(len(h.selected), 100*page)] {
			ids = append(ids, map[string]any{"id": id})
		}
		reply(200, map[string]any{"total_count": len(h.selected), "repositories": ids})
	default:
		h := f.all[strings.TrimPrefix(path, "/")]
		if h == nil {
			fail(404, "Not Found")
			return
		}
		at := h.updated
		if f.late > 0 {
			f.late--
			at = at.Add(-time.Hour)
		}
		body := map[string]any{"name": path[1:], "created_at": "2020-01-10T14:59:22Z", "updated_at": at.UTC().Format(time.RFC3339)}
		if f.org {
			body["visibility"] = h.visibility
		}
		reply(200, body)
	}
}

func (f *fake) put(r *http.Request, name string, reply func(int, any), fail func(int, string)) {
	var in struct {
		Value      string  `json:"encrypted_value"`
		Key        string  `json:"key_id"`
		Visibility string  `json:"visibility"`
		Selected   []int64 `json:"selected_repository_ids"`
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil || f.org && !slices.Contains([]string{"all", "private", "selected"}, in.Visibility) {
		fail(422, "Invalid request.")
		return
	}
	if f.stale > 0 {
		f.stale--
		f.keyID++
	}
	sealed, err := base64.StdEncoding.DecodeString(in.Value)
	plain, opened := box.OpenAnonymous(nil, sealed, f.pub, f.priv)
	if in.Key != strconv.Itoa(f.keyID) || err != nil || !opened {
		fail(422, "Bad request - bad key_id or encrypted_value")
		return
	}
	status := 204
	if f.all[name] == nil {
		status = 201
	}
	f.all[name] = &held{value: string(plain), updated: time.Now().Add(f.clock), visibility: in.Visibility, selected: in.Selected}
	if status == 201 {
		reply(status, map[string]any{})
		return
	}
	reply(status, nil)
}

func place(t *testing.T, spec, secrets string) (entrytest.Place, *fake) {
	f := newFake(t, secrets)
	return placeAt(t, f, f, spec), f
}

func placeAt(t *testing.T, f *fake, h http.Handler, spec string) entrytest.Place {
	s := entrytest.Serve(t, h, nil)
	scheme := Repository(&entry.Sessions{})
	if f.org {
		scheme = Organization(&entry.Sessions{})
	}
	return entrytest.Place{
		Scheme: scheme, Spec: spec, Server: s, Secrets: []string{pat}, Creates: true, Sealed: true, LateCheck: true,
		Options:   deliver.Options{Env: []string{"GITHUB_API_URL=" + s.URL, "GITHUB_TOKEN=" + pat, "PATH="}},
		Holds:     f.holds,
		Meddle:    func() { f.all["API_KEY"].value = "theirs"; f.all["OTHER"] = &held{value: "theirs"} },
		DenyWrite: func() { f.may = "read" },
		DenyAll:   func() { f.may = "see" },
		Remove:    func() { delete(f.all, "API_KEY") },
		Wrong: []string{
			"github:acme/web", "github:acme/web/prod/API_KEY", "github:acme/web/env:/API_KEY", "github:acme/../API_KEY", "github:acme/web/1KEY",
			"github:acme/web/GITHUB_KEY", "github:acme/web/github_key", "github:acme/web/API-KEY", "github:acme/web/API_KEY?key=K", "github:ac me/web/K", "github:acme/web/K?url=ftp://x",
			"github-org:acme", "github-org:a/b/c", "github-org:acme/A B",
		},
	}
}

// places are the three sorts of place, and their paths.
func places() map[string][2]string {
	return map[string][2]string{
		"a repository":    {"github:acme/web/api_key", "/repos/acme/web/actions/secrets"},
		"an environment":  {"github:acme/web/env:prod%2Feu/API_KEY", "/repos/acme/web/environments/prod%2Feu/secrets"},
		"an organization": {"github-org:acme/API_KEY", "/orgs/acme/actions/secrets"},
	}
}

// TestConformance holds the requests, and the statuses of the fake, against GitHub's
// own OpenAPI document.
func TestConformance(t *testing.T) {
	document := entrytest.OpenDocument(t, "github/api.github.com.json")
	for name, c := range places() {
		f := newFake(t, c[1])
		p := placeAt(t, f, document.Hold(f), c[0])
		d := p.Open(t)
		require.NoError(t, d.Check(t.Context()), name)
		require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")), name)
		require.NoError(t, d.ReadBack(t.Context(), entrytest.Pair("s3cret")), name)
		delete(f.all, "API_KEY")
		require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")), name)
	}
}

func TestContract(t *testing.T) {
	for name, c := range places() {
		t.Run(name, func(t *testing.T) {
			entrytest.Run(t, func(t *testing.T) entrytest.Place {
				p, _ := place(t, c[0], c[1])
				p.Wrong = slices.DeleteFunc(p.Wrong, func(spec string) bool { return !strings.HasPrefix(spec, p.Scheme.Name+":") })
				return p
			})
		})
	}
}

func TestSpecNamesTheServer(t *testing.T) {
	p, _ := place(t, "github:acme/web/api_key", "/repos/acme/web/actions/secrets")
	spec := p.Open(t).Spec()
	assert.Equal(t, "github:acme/web/API_KEY?url="+p.Server.URL, spec)
	for host, want := range map[string]string{
		"github.com": "github:acme/web/API_KEY", "ghe.example.com:8443": "github:acme/web/API_KEY?url=https://ghe.example.com:8443/api/v3",
		"acme.ghe.com": "github:acme/web/API_KEY?url=https://api.acme.ghe.com",
	} {
		p.Options.Env = []string{"GH_HOST=" + host}
		assert.Equal(t, want, p.Open(t).Spec(), host)
	}
}

// TestStampIsWaitedFor: GitHub may show the earlier time for a while.
func TestStampIsWaitedFor(t *testing.T) {
	p, f := place(t, "github:acme/web/API_KEY", "/repos/acme/web/actions/secrets")
	f.clock = -time.Hour // the server's clock counts
	d := p.Open(t)
	require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")))
	f.late = 2
	require.NoError(t, d.ReadBack(t.Context(), entrytest.Pair("s3cret")))
	f.clock = -30 * time.Minute
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("theirs")))
	err := d.ReadBack(t.Context(), entrytest.Pair("s3cret"))
	require.ErrorIs(t, err, provider.ErrConflict)
	require.ErrorContains(t, err, "another program changed the secret")
}

func TestPublicKeyChanges(t *testing.T) {
	p, f := place(t, "github:acme/web/API_KEY", "/repos/acme/web/actions/secrets")
	f.stale = 1
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("s3cret")))
	f.stale = 2
	require.ErrorIs(t, p.Open(t).Write(t.Context(), entrytest.Pair("s3cret")), provider.ErrInvalid)
}

func TestRefusals(t *testing.T) {
	p, f := place(t, "github:acme/web/API_KEY", "/repos/acme/web/actions/secrets")
	hint := func(want string, class error) {
		t.Helper()
		err := p.Open(t).Check(t.Context())
		require.ErrorIs(t, err, class)
		assert.Contains(t, provider.HintOf(err), want)
	}
	f.may = "see"
	p.Options.Env = append(p.Options.Env, "GITHUB_ACTIONS=true")
	hint("the GITHUB_TOKEN of a workflow cannot write secrets", provider.ErrDenied)
	p.Options.Env = append(p.Options.Env, "GH_ENTERPRISE_TOKEN="+pat+"x")
	f.token = pat + "x"
	hint("Secrets: write on the repository, or the scope repo (GitHub says: secrets=read)", provider.ErrDenied)
	f.may = ""
	hint("check the name, and that the token has access", provider.ErrNotFound)
	f.token = "another"
	hint("the token is not valid", provider.ErrDenied)
	p.Spec = "github:acme/none/API_KEY"
	f.token, f.may = pat+"x", "write"
	hint("check the name", provider.ErrNotFound)
	require.ErrorIs(t, p.Open(t).Write(t.Context(), entrytest.Pair(strings.Repeat("x", 48<<10+1))), provider.ErrUsage)
}

// TestRefusedForTheRate: GitHub answers 403 for that, which is no lack of permission.
func TestRefusedForTheRate(t *testing.T) {
	p, f := place(t, "github:acme/web/API_KEY", "/repos/acme/web/actions/secrets")
	f.hurried, f.wait = 1, "0"
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("s3cret")))
	f.hurried, f.wait = 1, ""
	err := p.Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrRateLimited)
	require.NotErrorIs(t, err, provider.ErrDenied)
	assert.Contains(t, provider.HintOf(err), "later")
}

// TestOrganizationKeepsWhoMayUseIt, and a new secret is as gh makes it.
func TestOrganizationKeepsWhoMayUseIt(t *testing.T) {
	p, f := place(t, "github-org:acme/API_KEY", "/orgs/acme/actions/secrets")
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("s3cret")))
	assert.Equal(t, repositories(), f.all["API_KEY"].selected)
	f.all["API_KEY"].visibility, f.all["API_KEY"].selected = "all", nil
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("s3cret")))
	assert.Equal(t, "all", f.all["API_KEY"].visibility)
	p.Spec = "github-org:acme/NEW"
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("s3cret")))
	assert.Equal(t, "private", f.all["NEW"].visibility)
}

// TestTokens says which token each host gets.
func TestTokens(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, ".config", "gh"), 0o700))
	entrytest.File(t, filepath.Join(dir, ".config", "gh", "hosts.yml"), "github.com:\n    oauth_token: from-file\nghe.example.com:\n    oauth_token: from-file-of-ghe\n")
	t.Setenv("PATH", dir)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "gh"), []byte("#!/bin/sh\n[ \"$4\" = other.example.com ] && echo from-gh\n"), 0o700))
	both := []string{"GH_TOKEN=public", "GITHUB_TOKEN=runner", "GH_ENTERPRISE_TOKEN=enterprise"}
	for name, c := range map[string]struct {
		env  []string
		want string
	}{
		"github.com":              {both, "public"},
		"an empty variable":       {[]string{"GH_TOKEN=", "GITHUB_TOKEN=runner"}, "runner"},
		"an enterprise server":    {append(both, "GH_HOST=ghe.example.com"), "enterprise"},
		"no token of github.com":  {append(both[:2:2], "GH_HOST=unknown.example.com"), ""},
		"a runner":                {append(both[:2:2], "GITHUB_API_URL=https://ghe2.example.com/api/v3"), "runner"},
		"the address wins":        {append(both, "GH_HOST=ghe.example.com", "GITHUB_API_URL=https://api.github.com"), "public"},
		"gh's file":               {nil, "from-file"},
		"gh's file, another host": {[]string{"GH_HOST=ghe.example.com"}, "from-file-of-ghe"},
		"gh itself":               {[]string{"GH_HOST=other.example.com"}, "from-gh"},
		"a host of GitHub's own":  {append(both, "GH_HOST=acme.ghe.com"), "public"},
	} {
		t.Run(name, func(t *testing.T) {
			target := entry.Target{Options: deliver.Options{Env: c.env, Home: func() (string, error) { return dir, nil }}}
			var got string
			scheme := entry.Scheme(Repository(&entry.Sessions{}), func(t entry.Target) (deliver.Destination, error) { target = t; return nil, nil })
			_, err := scheme.New("github:a/b/C", "a/b/C", target.Options)
			require.NoError(t, err)
			a, err := locate(target)
			require.NoError(t, err)
			token, err := a.token(t.Context(), target)
			got = token.Reveal()
			assert.Equal(t, c.want, got)
			if c.want == "" {
				require.ErrorIs(t, err, provider.ErrDenied)
				require.ErrorContains(t, err, "GH_ENTERPRISE_TOKEN, GITHUB_ENTERPRISE_TOKEN")
			}
		})
	}
}

// TestEnterprise is over TLS, below /api/v3.
func TestEnterprise(t *testing.T) {
	f := newFake(t, "/repos/acme/web/actions/secrets")
	s := httptest.NewTLSServer(http.StripPrefix("/api/v3", f))
	defer s.Close()
	p, _ := place(t, "github:acme/web/API_KEY", "")
	p.Options.Env = []string{"GH_HOST=" + s.Listener.Addr().String(), "GH_ENTERPRISE_TOKEN=" + pat}
	p.Options.Conn.HTTP = s.Client()
	d := p.Open(t)
	require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")))
	assert.Equal(t, "s3cret", f.all["API_KEY"].value)
}
