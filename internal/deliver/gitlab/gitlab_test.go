package gitlab

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/deliver/entry/entrytest"
	"github.com/credctl/credctl/internal/provider"
)

const pat = "glpat-EXAMPLEexample1234"

type stored struct {
	Key       string  `json:"key"`
	Value     *string `json:"value"`
	Type      string  `json:"variable_type"`
	Protected bool    `json:"protected"`
	Masked    bool    `json:"masked"`
	Hidden    bool    `json:"hidden"`
	Raw       bool    `json:"raw"`
	Scope     string  `json:"environment_scope"`
}

// A fake is GitLab with the variables of one project or group.
type fake struct {
	owner string

	mu    sync.Mutex
	all   []*stored
	role  string // maintainer, reporter, none
	token string
}

func newFake(owner string) *fake {
	return &fake{owner: owner, role: "maintainer", token: pat, all: []*stored{
		{Key: "API_KEY", Value: new("old-value-of-it"), Type: "env_var", Protected: true, Raw: true, Scope: "*"},
		{Key: "OTHER", Value: new("stays"), Type: "env_var", Scope: "*"},
	}}
}

func (f *fake) holds() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[string]string{}
	for _, v := range f.all {
		key := v.Key + "@" + v.Scope
		if v.Key == "API_KEY" && (v.Scope == "*" || v.Scope == "production") {
			key = ""
		}
		all[key] = *v.Value
		if key == "" {
			flags := *v
			flags.Value = nil
			b, _ := json.Marshal(flags)
			all["flags"] = string(b)
		}
	}
	return all
}

// valid is Ci::Maskable of GitLab.
func (v *stored) valid() bool {
	return !v.Masked || v.Raw && maskRaw().MatchString(*v.Value) || !v.Raw && maskable().MatchString(*v.Value)
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	reply := func(status int, body any) {
		if v, ok := body.(*stored); ok && v.Hidden {
			hidden := *v
			hidden.Value = nil
			body = hidden
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	say := func(status int, message any) { reply(status, map[string]any{"message": message}) }
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), "/api/v4"+f.owner+"/variables")
	switch {
	case r.Header.Get("Private-Token") != f.token:
		say(401, "401 Unauthorized")
		return
	case !ok:
		say(404, "404 Project Not Found")
		return
	case f.role == "none", f.role == "reporter" && r.Method != http.MethodGet:
		say(403, "403 Forbidden")
		return
	}
	scope, filtered := r.URL.Query()["filter[environment_scope]"]
	var found []*stored
	for _, v := range f.all {
		if "/"+v.Key == path && (!filtered || v.Scope == scope[0]) {
			found = append(found, v)
		}
	}
	var in struct {
		Key    string
		Value  *string
		Masked *bool
		Raw    *bool
		Scope  string `json:"environment_scope"`
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	switch {
	case r.Method == http.MethodPost:
		v := &stored{Key: in.Key, Value: in.Value, Type: "env_var", Masked: in.Masked != nil && *in.Masked, Raw: in.Raw != nil && *in.Raw, Scope: in.Scope}
		if v.Scope == "" {
			v.Scope = "*"
		}
		if !v.valid() {
			say(400, map[string]any{"value": []string{"is invalid"}})
			return
		}
		f.all = append(f.all, v)
		reply(201, v)
	case len(found) == 0:
		say(404, "404 Variable Not Found")
	case len(found) > 1:
		say(409, "There are multiple variables with provided parameters. Please use 'filter[environment_scope]'")
	case r.Method == http.MethodPut:
		changed := *found[0]
		changed.Value = in.Value
		if !changed.valid() {
			say(400, map[string]any{"value": []string{"is invalid"}})
			return
		}
		*found[0] = changed
		reply(200, found[0])
	default:
		reply(200, found[0])
	}
}

func place(t *testing.T, spec, owner string, change func(*fake)) (entrytest.Place, *fake) {
	f := newFake(owner)
	if change != nil {
		change(f)
	}
	s := entrytest.Serve(t, f, nil)
	scheme := Project(&entry.Sessions{})
	if strings.HasPrefix(owner, "/groups/") {
		scheme = Group(&entry.Sessions{})
	}
	return entrytest.Place{
		Scheme: scheme, Spec: spec, Server: s, Secrets: []string{pat}, LateCheck: true,
		Options: deliver.Options{Env: []string{"GITLAB_HOST=" + s.URL, "GITLAB_TOKEN=" + pat}},
		Holds:   f.holds,
		Meddle: func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.all[0].Value = new("theirs-theirs")
		},
		DenyWrite: func() { f.role = "reporter" },
		DenyAll:   func() { f.role = "none" },
		Remove:    func() { f.all = f.all[1:] },
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
		change      func(*fake)
	}{
		"a project":         {"gitlab:acme/sub/web/API_KEY", project, nil},
		"a number":          {"gitlab:4711/API_KEY", "/projects/4711", nil},
		"a group":           {"gitlab-group:acme/sub/API_KEY", "/groups/acme%2Fsub", nil},
		"masked and raw":    {"gitlab:acme/sub/web/API_KEY", project, func(f *fake) { f.all[0].Masked = true }},
		"masked, not raw":   {"gitlab:acme/sub/web/API_KEY", project, func(f *fake) { f.all[0].Masked, f.all[0].Raw = true, false }},
		"expanded":          {"gitlab:acme/sub/web/API_KEY", project, func(f *fake) { f.all[0].Raw = false }},
		"masked and hidden": {"gitlab:acme/sub/web/API_KEY", project, func(f *fake) { f.all[0].Masked, f.all[0].Hidden = true, true }},
		"one of two scopes": {"gitlab:acme/sub/web/API_KEY?scope=production", project, func(f *fake) {
			f.all[0].Scope = "production"
			f.all = append(f.all, &stored{Key: "API_KEY", Value: new("staging"), Scope: "staging/*"})
		}},
		"created if missing": {"gitlab:acme/sub/web/API_KEY?create=1", project, func(f *fake) { f.all[0].Masked = true }},
	} {
		t.Run(name, func(t *testing.T) {
			entrytest.Run(t, func(t *testing.T) entrytest.Place {
				p, f := place(t, c.spec, c.owner, c.change)
				p.Sealed = f.all[0].Hidden
				p.Creates = strings.Contains(c.spec, "create=1")
				p.Wrong = slices.DeleteFunc(p.Wrong, func(spec string) bool { return !strings.HasPrefix(spec, p.Scheme.Name+":") })
				return p
			})
		})
	}
}

// TestNeverUnmasked: what cannot be masked is refused before it is sent.
func TestNeverUnmasked(t *testing.T) {
	p, f := place(t, "gitlab:acme/sub/web/API_KEY?as=json", project, func(f *fake) { f.all[0].Masked, f.all[0].Raw = true, false })
	require.ErrorIs(t, p.Open(t).Check(t.Context()), provider.ErrUsage, "no JSON can be masked here: that is known before there is a value")
	f.all[0].Raw = true
	d := p.Open(t)
	require.NoError(t, d.Check(t.Context()))
	require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")))
	assert.JSONEq(t, `{"AWS_ACCESS_KEY_ID":"AKIAEXAMPLE1234","AWS_SECRET_ACCESS_KEY":"s3cret","AWS_ENDPOINT_URL":"https://s3.example.com","AWS_REGION":"uk-lon-01"}`, *f.all[0].Value)

	p.Spec = "gitlab:acme/sub/web/NEW?create=1&scope=production"
	pem := "-----BEGIN KEY-----\nAAAA\n"
	err := p.Open(t).Write(t.Context(), entrytest.Pair(pem))
	require.ErrorIs(t, err, provider.ErrUsage)
	assert.Contains(t, provider.HintOf(err), "masked=0")
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("with-$dollar")))
	assert.Equal(t, &stored{Key: "NEW", Value: new("with-$dollar"), Type: "env_var", Masked: true, Raw: true, Scope: "production"}, f.all[2])
	p.Spec = "gitlab:acme/sub/web/PEM?create=1&masked=0"
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair(pem)))
	assert.Equal(t, &stored{Key: "PEM", Value: new(pem), Type: "env_var", Raw: true, Scope: "*"}, f.all[3])
}

func TestScopes(t *testing.T) {
	p, _ := place(t, "gitlab:acme/sub/web/API_KEY", project, func(f *fake) { f.all = append(f.all, &stored{Key: "API_KEY", Value: new("x"), Scope: "production"}) })
	err := p.Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrUsage)
	assert.Contains(t, provider.HintOf(err), "scope=SCOPE")
	p.Spec += "?scope=none"
	err = p.Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrNotFound)
	assert.Contains(t, provider.HintOf(err), "create=1")
}

func TestTokensAndHosts(t *testing.T) {
	dir := t.TempDir()
	entrytest.File(t, filepath.Join(dir, "config.yml"), "hosts:\n  gitlab.example.com:\n    token: from-file\n    api_protocol: https\n")
	for name, c := range map[string]struct {
		env        []string
		url        string
		want, spec string
	}{
		"gitlab.com":    {[]string{"GITLAB_TOKEN=" + pat}, public, "", "gitlab:a/b/K"},
		"a host":        {[]string{"GITLAB_TOKEN=" + pat, "GITLAB_HOST=gitlab.example.com"}, "https://gitlab.example.com/api/v4", "", "gitlab:a/b/K?url=https://gitlab.example.com/api/v4"},
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
	p.Options.Env = []string{"GITLAB_HOST=" + p.Server.URL}
	err := p.Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrDenied)
	require.ErrorContains(t, err, "GITLAB_TOKEN")
	assert.Contains(t, provider.HintOf(err), "glab auth login")
}
