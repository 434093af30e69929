package github

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/deliver/entry/entrytest"
	"github.com/credctl/credctl/internal/deliver/entry/placetest"
	"github.com/credctl/credctl/internal/provider"
)

func place(t *testing.T, spec, secrets string) (entrytest.Place, *placetest.GitHub) {
	f := placetest.NewGitHub(t, secrets)
	return placeAt(t, f, f, spec), f
}

func placeAt(t *testing.T, f *placetest.GitHub, h http.Handler, spec string) entrytest.Place {
	s := entrytest.Serve(t, h, nil)
	scheme := Repository(&entry.Sessions{})
	if f.Org {
		scheme = Organization(&entry.Sessions{})
	}
	return entrytest.Place{
		Scheme: scheme, Spec: spec, Server: s, Secrets: []string{placetest.GitHubToken}, Creates: true, Sealed: true, LateCheck: true,
		Options:   deliver.Options{Env: []string{"GITHUB_API_URL=" + s.URL, "GITHUB_TOKEN=" + placetest.GitHubToken, "PATH="}},
		Holds:     f.Holds,
		Meddle:    f.Meddle,
		DenyWrite: func() { f.May = "read" },
		DenyAll:   func() { f.May = "see" },
		Remove:    func() { delete(f.All, "API_KEY") },
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
		f := placetest.NewGitHub(t, c[1])
		p := placeAt(t, f, document.Hold(f), c[0])
		d := p.Open(t)
		require.NoError(t, d.Check(t.Context()), name)
		require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")), name)
		require.NoError(t, d.ReadBack(t.Context(), entrytest.Pair("s3cret")), name)
		delete(f.All, "API_KEY")
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
	f.Clock = -time.Hour // the server's clock counts
	d := p.Open(t)
	require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")))
	f.Late = 2
	require.NoError(t, d.ReadBack(t.Context(), entrytest.Pair("s3cret")))
	f.Clock = -30 * time.Minute
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("theirs")))
	err := d.ReadBack(t.Context(), entrytest.Pair("s3cret"))
	require.ErrorIs(t, err, provider.ErrVerify)
	require.ErrorContains(t, err, "another program changed the secret")
}

func TestPublicKeyChanges(t *testing.T) {
	p, f := place(t, "github:acme/web/API_KEY", "/repos/acme/web/actions/secrets")
	f.Stale = 1
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("s3cret")))
	f.Stale = 2
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
	f.May = "see"
	p.Options.Env = append(p.Options.Env, "GITHUB_ACTIONS=true")
	hint("the GITHUB_TOKEN of a workflow cannot write secrets", provider.ErrDenied)
	p.Options.Env = append(p.Options.Env, "GH_ENTERPRISE_TOKEN="+placetest.GitHubToken+"x")
	f.Token = placetest.GitHubToken + "x"
	hint("Secrets: write on the repository, or the scope repo (GitHub says: secrets=read)", provider.ErrDenied)
	f.May = ""
	hint("check the name, and that the token has access", provider.ErrNotFound)
	_, err := p.Open(t).(deliver.Stamper).Stamp(t.Context())
	require.ErrorIs(t, err, entry.ErrHidden, "it may be there")
	f.Token = "another"
	hint("the token is not valid", provider.ErrDenied)
	p.Spec = "github:acme/none/API_KEY"
	f.Token, f.May = placetest.GitHubToken+"x", "write"
	hint("check the name", provider.ErrNotFound)
	p.Spec = "github:acme/web/API_KEY"
	require.ErrorIs(t, p.Open(t).Write(t.Context(), entrytest.Pair(strings.Repeat("x", 48<<10+1))), provider.ErrUsage)
}

// TestRefusedForTheRate: GitHub answers 403 for that, which is no lack of permission.
func TestRefusedForTheRate(t *testing.T) {
	p, f := place(t, "github:acme/web/API_KEY", "/repos/acme/web/actions/secrets")
	p.Options.Conn.MaxWait = 30 * time.Second // half of what is waited where GitHub names no time
	f.Hurried, f.Wait = 1, "0"
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("s3cret")))
	f.Hurried, f.Wait = 1, ""
	err := p.Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrRateLimited)
	require.NotErrorIs(t, err, provider.ErrDenied)
	assert.Contains(t, provider.HintOf(err), "later")
}

// TestOrganizationKeepsWhoMayUseIt, and a new secret is as gh makes it.
func TestOrganizationKeepsWhoMayUseIt(t *testing.T) {
	p, f := place(t, "github-org:acme/API_KEY", "/orgs/acme/actions/secrets")
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("s3cret")))
	assert.Equal(t, placetest.Repositories(), f.All["API_KEY"].Selected)
	f.All["API_KEY"].Visibility, f.All["API_KEY"].Selected = "all", nil
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("s3cret")))
	assert.Equal(t, "all", f.All["API_KEY"].Visibility)
	p.Spec = "github-org:acme/NEW"
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("s3cret")))
	assert.Equal(t, "private", f.All["NEW"].Visibility)
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

// TestEachServerGetsItsOwnToken: a destination that names its server, as the journal does,
// gets no token that the environment or the profile has for another one.
func TestEachServerGetsItsOwnToken(t *testing.T) {
	t.Setenv("PATH", "")
	const a, b = "https://a.example.com/api/v3", "https://b.example.com/api/v3"
	tokens := []string{"GH_TOKEN=public", "GITHUB_TOKEN=runner", "GH_ENTERPRISE_TOKEN=enterprise"}
	own := map[string]string{"github.host": "a.example.com", "github.enterprise_token": "of-profile", "github.token": "of-profile", "github.runner_token": "of-profile"}
	for name, c := range map[string]struct {
		env     []string
		profile map[string]string
		url     string
		want    string
	}{
		"the host":                         {append(tokens, "GH_HOST=a.example.com"), nil, a, "enterprise"},
		"another than the host":            {append(tokens, "GH_HOST=a.example.com"), nil, b, ""},
		"another than the address":         {append(tokens, "GITHUB_API_URL="+a), nil, b, ""},
		"another than github.com":          {tokens, nil, b, ""},
		"github.com beside a host":         {append(tokens, "GH_HOST=a.example.com"), nil, public, "public"},
		"github.com beside one of its own": {append(tokens, "GH_HOST=a.ghe.com"), nil, public, ""},
		"one of GitHub's own":              {append(tokens, "GH_HOST=a.ghe.com"), nil, "https://api.a.ghe.com", "public"},
		"another of GitHub's own":          {append(tokens, "GH_HOST=a.ghe.com"), nil, "https://api.b.ghe.com", ""},
		"that of the profile":              {nil, own, a, "of-profile"},
		"another than the profile's":       {nil, own, b, ""},
		"the environment leads elsewhere":  {[]string{"GH_HOST=b.example.com"}, own, b, ""},
		"and so does a runner":             {[]string{"GITHUB_API_URL=" + b}, map[string]string{"github.token": "of-profile", "github.enterprise_token": "of-profile", "github.runner_token": "of-profile"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var target entry.Target
			declared := Repository(&entry.Sessions{})
			scheme := entry.Scheme(declared, func(t entry.Target) (deliver.Destination, error) { target = t; return nil, nil })
			spec := "a/b/C"
			if c.url != "" {
				spec += "?url=" + c.url
			}
			_, err := scheme.New("github:"+spec, spec, deliver.Options{Env: c.env, Settings: c.profile})
			require.NoError(t, err)
			at, err := locate(target)
			require.NoError(t, err)
			token, err := at.token(t.Context(), target)
			assert.Equal(t, c.want, token.Reveal())
			if c.want == "" {
				require.ErrorIs(t, err, provider.ErrDenied)
				require.ErrorContains(t, err, "for another server")
			}
		})
	}
}

// TestGHGetsNoToken: gh itself prefers a token of its environment to its own of the host.
func TestGHGetsNoToken(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "gh"), []byte("#!/bin/sh\necho \"gh's own$GH_TOKEN$GITHUB_TOKEN$GH_ENTERPRISE_TOKEN$GITHUB_ENTERPRISE_TOKEN\"\n"), 0o700))
	settings := map[string]string{"github.enterprise_token": "e", "github.runner_token": "r"}
	for name, env := range map[string][]string{
		"the profile's":     nil,
		"the environment's": {"GH_ENTERPRISE_TOKEN=e"},
		"of another host":   {"GH_HOST=acme.example.com", "GH_TOKEN=t", "GITHUB_TOKEN=r"},
	} {
		var target entry.Target
		scheme := entry.Scheme(Repository(&entry.Sessions{}), func(t entry.Target) (deliver.Destination, error) { target = t; return nil, nil })
		_, err := scheme.New("github:a/b/C", "a/b/C", deliver.Options{Env: append(env, "PATH="+dir), Settings: settings})
		require.NoError(t, err)
		at, err := locate(target)
		require.NoError(t, err)
		token, err := at.token(t.Context(), target)
		require.NoError(t, err)
		assert.Equal(t, "gh's own", token.Reveal(), name)
	}
}

// TestEnterprise is over TLS, below /api/v3.
func TestEnterprise(t *testing.T) {
	f := placetest.NewGitHub(t, "/repos/acme/web/actions/secrets")
	s := httptest.NewTLSServer(http.StripPrefix("/api/v3", f))
	defer s.Close()
	p, _ := place(t, "github:acme/web/API_KEY", "")
	p.Options.Env = []string{"GH_HOST=" + s.Listener.Addr().String(), "GH_ENTERPRISE_TOKEN=" + placetest.GitHubToken}
	p.Options.Conn.HTTP = s.Client()
	d := p.Open(t)
	require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")))
	assert.Equal(t, "s3cret", f.All["API_KEY"].Value)
}
