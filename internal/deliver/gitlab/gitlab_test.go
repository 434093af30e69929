package gitlab

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/deliver/entry/entrytest"
	"github.com/credctl/credctl/internal/deliver/entry/placetest"
	"github.com/credctl/credctl/internal/provider"
)

func place(t *testing.T, spec, owner string, change func(*placetest.GitLab)) (entrytest.Place, *placetest.GitLab) {
	f := placetest.NewGitLab(owner)
	if change != nil {
		change(f)
	}
	s := entrytest.Serve(t, f, nil)
	scheme := Project(&entry.Sessions{})
	if strings.HasPrefix(owner, "/groups/") {
		scheme = Group(&entry.Sessions{})
	}
	return entrytest.Place{
		Scheme: scheme, Spec: spec, Server: s, Secrets: []string{placetest.GitLabToken}, LateCheck: true,
		Options:   deliver.Options{Env: []string{"GITLAB_HOST=" + s.URL, "GITLAB_TOKEN=" + placetest.GitLabToken}},
		Holds:     f.Holds,
		Meddle:    f.Meddle,
		DenyWrite: func() { f.Role = "reporter" },
		DenyAll:   func() { f.Role = "none" },
		Remove:    func() { f.All = f.All[1:] },
		Wrong: []string{
			"gitlab:web", "gitlab:web/KEY", "gitlab:acme/web/A-B", "gitlab:acme//KEY", "gitlab:acme/../web/KEY", "gitlab:acme/web/KEY?create=2",
			"gitlab:acme/web/KEY?masked=0", "gitlab:acme/web/KEY?key=K", "gitlab-group:KEY", "gitlab-group:acme/A B", "gitlab:acme/web/" + strings.Repeat("K", 256),
		},
	}, f
}

const project = "/projects/acme%2Fsub%2Fweb"

func TestContract(t *testing.T) {
	for name, c := range map[string]struct {
		spec, owner string
		change      func(*placetest.GitLab)
	}{
		"a project":         {"gitlab:acme/sub/web/API_KEY", project, nil},
		"a number":          {"gitlab:4711/API_KEY", "/projects/4711", nil},
		"a group":           {"gitlab-group:acme/sub/API_KEY", "/groups/acme%2Fsub", nil},
		"masked and raw":    {"gitlab:acme/sub/web/API_KEY", project, func(f *placetest.GitLab) { f.All[0].Masked = true }},
		"masked, not raw":   {"gitlab:acme/sub/web/API_KEY", project, func(f *placetest.GitLab) { f.All[0].Masked, f.All[0].Raw = true, false }},
		"expanded":          {"gitlab:acme/sub/web/API_KEY", project, func(f *placetest.GitLab) { f.All[0].Raw = false }},
		"masked and hidden": {"gitlab:acme/sub/web/API_KEY", project, func(f *placetest.GitLab) { f.All[0].Masked, f.All[0].Hidden = true, true }},
		"one of two scopes": {"gitlab:acme/sub/web/API_KEY?scope=production", project, func(f *placetest.GitLab) {
			f.All[0].Scope = "production"
			f.All = append(f.All, &placetest.GitLabVariable{Key: "API_KEY", Value: new("staging"), Scope: "staging/*"})
		}},
		"created if missing": {"gitlab:acme/sub/web/API_KEY?create=1", project, func(f *placetest.GitLab) { f.All[0].Masked = true }},
	} {
		t.Run(name, func(t *testing.T) {
			entrytest.Run(t, func(t *testing.T) entrytest.Place {
				p, f := place(t, c.spec, c.owner, c.change)
				p.Sealed = f.All[0].Hidden
				p.Creates = strings.Contains(c.spec, "create=1")
				p.Wrong = slices.DeleteFunc(p.Wrong, func(spec string) bool { return !strings.HasPrefix(spec, p.Scheme.Name+":") })
				return p
			})
		})
	}
}

// TestNeverUnmasked: what cannot be masked is refused before it is sent.
func TestNeverUnmasked(t *testing.T) {
	p, f := place(t, "gitlab:acme/sub/web/API_KEY?as=json", project, func(f *placetest.GitLab) { f.All[0].Masked, f.All[0].Raw = true, false })
	require.ErrorIs(t, p.Open(t).Check(t.Context()), provider.ErrUsage, "no JSON can be masked here: that is known before there is a value")
	f.All[0].Raw = true
	d := p.Open(t)
	require.NoError(t, d.Check(t.Context()))
	require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")))
	assert.JSONEq(t, `{"AWS_ACCESS_KEY_ID":"AKIAEXAMPLE1234","AWS_SECRET_ACCESS_KEY":"s3cret","AWS_ENDPOINT_URL":"https://s3.example.com","AWS_REGION":"uk-lon-01"}`, *f.All[0].Value)

	p.Spec = "gitlab:acme/sub/web/NEW?create=1&scope=production"
	pem := "-----BEGIN KEY-----\nAAAA\n"
	err := p.Open(t).Write(t.Context(), entrytest.Pair(pem))
	require.ErrorIs(t, err, provider.ErrUsage)
	assert.Contains(t, provider.HintOf(err), "masked=0")
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("with-$dollar")))
	assert.Equal(t, &placetest.GitLabVariable{Key: "NEW", Value: new("with-$dollar"), Type: "env_var", Masked: true, Raw: true, Scope: "production"}, f.All[2])
	p.Spec = "gitlab:acme/sub/web/PEM?create=1&masked=0"
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair(pem)))
	assert.Equal(t, &placetest.GitLabVariable{Key: "PEM", Value: new(pem), Type: "env_var", Raw: true, Scope: "*"}, f.All[3])
}

func TestScopes(t *testing.T) {
	p, _ := place(t, "gitlab:acme/sub/web/API_KEY", project, func(f *placetest.GitLab) {
		f.All = append(f.All, &placetest.GitLabVariable{Key: "API_KEY", Value: new("x"), Scope: "production"})
	})
	err := p.Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrUsage)
	assert.Contains(t, provider.HintOf(err), "scope=SCOPE")
	p.Spec += "?scope=none"
	err = p.Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrNotFound)
	require.NotErrorIs(t, err, entry.ErrHidden)
	assert.Contains(t, provider.HintOf(err), "create=1")
	p.Spec = "gitlab:acme/none/API_KEY"
	err = p.Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrNotFound)
	require.ErrorIs(t, err, entry.ErrHidden)
	assert.Contains(t, provider.HintOf(err), "that the token has access")
}

func TestTokensAndHosts(t *testing.T) {
	dir := t.TempDir()
	entrytest.File(t, filepath.Join(dir, "config.yml"), "hosts:\n  gitlab.example.com:\n    token: from-file\n    api_protocol: https\n")
	for name, c := range map[string]struct {
		env        []string
		url        string
		want, spec string
	}{
		"gitlab.com":    {[]string{"GITLAB_TOKEN=" + placetest.GitLabToken}, public, "", "gitlab:a/b/K"},
		"a host":        {[]string{"GITLAB_TOKEN=" + placetest.GitLabToken, "GITLAB_HOST=gitlab.example.com"}, "https://gitlab.example.com/api/v4", "", "gitlab:a/b/K?url=https://gitlab.example.com/api/v4"},
		"below a path":  {[]string{"GL_HOST=https://example.com/gitlab/"}, "https://example.com/gitlab/api/v4", "", "gitlab:a/b/K?url=https://example.com/gitlab/api/v4"},
		"a pipeline":    {[]string{"CI_API_V4_URL=https://ci.example.com/api/v4"}, "https://ci.example.com/api/v4", "", "gitlab:a/b/K?url=https://ci.example.com/api/v4"},
		"the host wins": {[]string{"CI_API_V4_URL=https://ci.example.com/api/v4", "GITLAB_HOST=gitlab.com"}, public, "", "gitlab:a/b/K"},
		"glab's file":   {[]string{"GITLAB_HOST=gitlab.example.com"}, "https://gitlab.example.com/api/v4", "from-file", "gitlab:a/b/K?url=https://gitlab.example.com/api/v4"},
	} {
		t.Run(name, func(t *testing.T) {
			var target entry.Target
			o := deliver.Options{Env: append(c.env, "GLAB_CONFIG_DIR="+dir), Shape: provider.KeyPair()}
			scheme := entry.Scheme(Project(&entry.Sessions{}), func(t entry.Target) (deliver.Destination, error) {
				target = t
				return parse(t, &entry.Sessions{}, "", "/projects/")
			})
			d, err := scheme.New("gitlab:a/b/K", "a/b/K", o)
			require.NoError(t, err)
			assert.Equal(t, c.spec, d.Spec())
			a, err := locate(target)
			require.NoError(t, err)
			assert.Equal(t, c.url, a.url)
			token := a.stored(target)
			assert.Equal(t, c.want, map[bool]string{true: token.Reveal()}[c.want != ""])
		})
	}
	p, _ := place(t, "gitlab:acme/sub/web/API_KEY", project, nil)
	p.Options.Env, p.Options.Settings = []string{"CI_API_V4_URL=" + p.Server.URL + "/api/v4"}, map[string]string{"gitlab.token": placetest.GitLabToken}
	require.ErrorIs(t, p.Open(t).Check(t.Context()), provider.ErrDenied, "a token without a host is for gitlab.com")
	assert.Empty(t, p.Server.Requests())
	p.Options.Settings["gitlab.host"] = p.Server.URL
	require.NoError(t, p.Open(t).Check(t.Context()))
	p.Options.Settings = nil
	p.Options.Env = []string{"GITLAB_HOST=" + p.Server.URL}
	err := p.Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrDenied)
	require.ErrorContains(t, err, "GITLAB_TOKEN")
	assert.Contains(t, provider.HintOf(err), "glab auth login")
}
