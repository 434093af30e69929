// Package gitlab delivers CI/CD variables of GitLab.
//
// https://docs.gitlab.com/api/project_level_variables/
package gitlab

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// Project is gitlab:GROUP/PROJECT/KEY.
func Project(s *entry.Sessions) deliver.Scheme {
	return scheme(s, "gitlab", "GROUP/PROJECT/KEY", "GitLab CI/CD variable of a project", "/projects/")
}

// Group is gitlab-group:GROUP/KEY.
func Group(s *entry.Sessions) deliver.Scheme {
	return scheme(s, "gitlab-group", "GROUP/KEY", "GitLab CI/CD variable of a group", "/groups/")
}

func scheme(sessions *entry.Sessions, name, place, title, collection string) deliver.Scheme {
	return entry.Scheme(deliver.Scheme{
		Name: name, Place: place, Title: title, Proof: deliver.ByValue,
		Params: append(entry.Params(false),
			deliver.Param{Name: "scope", Value: "SCOPE", Usage: "environment scope, if several variables have this key"},
			deliver.Param{Name: "create", Value: "1", Usage: "create a missing variable, masked and raw"},
			deliver.Param{Name: "masked", Value: "0", Usage: "create it unmasked"},
			entry.URL(),
		),
		Settings: []deliver.Setting{
			{Name: "gitlab.token", Env: []string{"GITLAB_TOKEN"}, Usage: "token", Secret: true},
			{Name: "gitlab.host", Env: []string{"GITLAB_HOST", "GL_HOST", "GITLAB_URI"}, Usage: "host, or address with https://", Server: true, Default: "gitlab.com"},
			{Name: "gitlab.url", Env: []string{"CI_API_V4_URL"}, Usage: "URL of the API", Server: true, Default: public},
		},
	}, func(t entry.Target) (deliver.Destination, error) { return parse(t, sessions, place, collection) })
}

// They are compiled when they are needed.
var (
	path = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$`)
	})
	key      = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_]{1,255}$`) })
	number   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]+$`) })
	maskable = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-zA-Z0-9_+=/@:.~-]{8,}$`) })
	maskRaw  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\S{8,}$`) })
)

func parse(t entry.Target, sessions *entry.Sessions, form, collection string) (deliver.Destination, error) {
	last := strings.LastIndexByte(t.Place, '/')
	if last < 0 || !path().MatchString(t.Place[:last]) {
		return nil, t.Usage("expected %s", form)
	}
	owner := t.Place[:last]
	if collection == "/projects/" && !strings.Contains(owner, "/") && !number().MatchString(owner) {
		return nil, t.Usage("expected %s, or the number of a project instead of its path", form)
	}
	v := variable{key: t.Place[last+1:], owner: collection + url.PathEscape(owner)}
	if !key().MatchString(v.key) {
		return nil, provider.Hint(t.Usage("GitLab does not allow the variable name %q", v.key), "use letters, digits and _, at most 255")
	}
	content, err := t.Content(false)
	if err != nil {
		return nil, err
	}
	v.json = content.JSON()
	v.scope = t.Params["scope"]
	if v.create, _, err = t.Flag("create"); err != nil {
		return nil, err
	}
	masked, given, err := t.Flag("masked")
	if err != nil {
		return nil, err
	}
	if given && !v.create {
		return nil, t.Usage("masked applies to a new variable only: add create=1")
	}
	v.unmasked = given && !masked
	api, err := locate(t)
	if err != nil {
		return nil, err
	}
	open := func(context.Context) (entry.Store, error) {
		one := v
		one.client, err = api.connect(t, sessions)
		return &one, err
	}
	server := api.url
	if server == public {
		server = ""
	}
	t.Server = api.url
	return t.Destination(t.Spec(t.Place, map[string]string{"url": server}), api.url+v.owner+"/"+v.key+" "+v.scope, content, open), nil
}

const public = "https://gitlab.com/api/v4"

// An api is a GitLab, and whether the token of the environment is for it.
type api struct {
	url  string
	ours bool
}

// locate returns the API that t, or else the environment, names.
func locate(t entry.Target) (api, error) {
	named, from := t.Setting("gitlab.host")
	switch {
	case named != "":
		if !strings.Contains(named, "://") {
			named = "https://" + named
		}
		named = strings.TrimRight(named, "/")
		if !strings.HasSuffix(named, "/api/v4") {
			named += "/api/v4"
		}
	default:
		if named, from = t.Setting("gitlab.url"); named == "" {
			named = public
		}
	}
	address, err := entry.Address(named, "", from)
	if err != nil {
		return api{}, err
	}
	given, ok := t.Params["url"]
	if !ok {
		return api{address, true}, nil
	}
	other, err := entry.Address(given, "/api/v4", "url")
	return api{other, other == address}, err
}

// connect returns a client with the token for a.
func (a api) connect(t entry.Target, sessions *entry.Sessions) (*rest.Client, error) {
	token := t.Secret("gitlab.token")
	if token.IsZero() || !a.ours {
		token = a.stored(t)
	}
	if token.IsZero() {
		u, err := url.Parse(a.url)
		if err != nil {
			return nil, err
		}
		if !a.ours {
			return nil, provider.Hint(t.NoToken("GitLab", "", "gitlab.token"), "set GITLAB_HOST=%s with its GITLAB_TOKEN, or run: glab auth login --hostname %[1]s", u.Host)
		}
		return nil, t.NoToken("GitLab", ", or run: glab auth login --hostname "+u.Host, "gitlab.token")
	}
	return entry.Share(sessions, "gitlab "+a.url+" "+entry.Fingerprint(token), func() (*rest.Client, func(context.Context) error, error) {
		client, err := t.Client(a.url, nil, rest.Dialect{Auth: rest.Header("Private-Token", token), Failure: failure})
		return client, nil, err
	})
}

// stored returns what glab keeps in its file.
func (a api) stored(t entry.Target) provider.Secret {
	dir, _ := t.LookupEnv("GLAB_CONFIG_DIR")
	if config, _ := t.LookupEnv("XDG_CONFIG_HOME"); dir == "" && config != "" {
		dir = filepath.Join(config, "glab-cli")
	}
	if dir == "" && t.Home != nil {
		if home, err := t.Home(); err == nil {
			dir = filepath.Join(home, ".config", "glab-cli")
		}
	}
	var config struct {
		Hosts map[string]struct {
			Token string `yaml:"token"`
		} `yaml:"hosts"`
	}
	u, err := url.Parse(a.url)
	if err != nil || dir == "" {
		return provider.Secret{}
	}
	b, err := os.ReadFile(filepath.Join(dir, "config.yml")) //nolint:gosec // G304: glab's own file
	if err != nil || yaml.Unmarshal(b, &config) != nil {
		return provider.Secret{}
	}
	return provider.NewSecret(config.Hosts[u.Host].Token)
}
