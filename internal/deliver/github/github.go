// Package github delivers secrets of GitHub Actions.
//
// https://docs.github.com/en/rest/actions/secrets
package github

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
)

// Repository is github:OWNER/REPO[/env:ENV]/NAME.
func Repository(s *entry.Sessions) deliver.Scheme {
	return entry.Scheme(deliver.Scheme{
		Name: "github", Place: "OWNER/REPO[/env:ENV]/NAME", Title: "GitHub Actions secret of a repository or an environment",
		Proof: deliver.ByStamp, Params: append(entry.Params(false), entry.URL()), Settings: settings(),
	}, func(t entry.Target) (deliver.Destination, error) {
		parts := strings.Split(t.Place, "/")
		environment := ""
		if len(parts) == 4 {
			env, ok := strings.CutPrefix(parts[2], "env:")
			name, err := url.PathUnescape(env)
			if !ok || err != nil || env == "" {
				return nil, t.Usage("invalid environment %q (expected env:NAME, with %%2F for a slash)", parts[2])
			}
			environment = name
			parts = []string{parts[0], parts[1], parts[3]}
		}
		if len(parts) != 3 || !owner().MatchString(parts[0]) || !repository().MatchString(parts[1]) || strings.Trim(parts[1], ".") == "" {
			return nil, t.Usage("expected OWNER/REPO/NAME or OWNER/REPO/env:ENV/NAME")
		}
		repo := "/repos/" + parts[0] + "/" + parts[1]
		place, path, needs := parts[0]+"/"+parts[1]+"/", repo+"/actions/secrets", "Secrets: write"
		if environment != "" {
			place += "env:" + url.PathEscape(environment) + "/"
			path, needs = repo+"/environments/"+url.PathEscape(environment)+"/secrets", "Environments: write"
		}
		return parse(t, s, secret{owner: repo, secrets: path, name: parts[2], needs: needs + " on the repository, or the scope repo"}, place)
	})
}

// Organization is github-org:ORGANIZATION/NAME.
func Organization(s *entry.Sessions) deliver.Scheme {
	return entry.Scheme(deliver.Scheme{
		Name: "github-org", Place: "ORGANIZATION/NAME", Title: "GitHub Actions secret of an organization",
		Proof: deliver.ByStamp, Params: append(entry.Params(false), entry.URL()), Settings: settings(),
	}, func(t entry.Target) (deliver.Destination, error) {
		org, name, ok := strings.Cut(t.Place, "/")
		if !ok || !owner().MatchString(org) {
			return nil, t.Usage("expected ORGANIZATION/NAME")
		}
		return parse(t, s, secret{
			owner: "/orgs/" + org, secrets: "/orgs/" + org + "/actions/secrets", name: name, org: true,
			needs: "Secrets: write on the organization, or the scope admin:org",
		}, org+"/")
	})
}

func settings() []deliver.Setting {
	return []deliver.Setting{
		{Name: "github.url", Env: []string{"GITHUB_API_URL"}, Usage: "URL of the API", Server: true, Default: public},
		{Name: "github.host", Env: []string{"GH_HOST"}, Usage: "host of a GitHub Enterprise server", Server: true, Default: "github.com"},
		{Name: "github.token", Env: []string{"GH_TOKEN", "GITHUB_TOKEN"}, Usage: "token for github.com", Secret: true},
		{Name: "github.enterprise_token", Env: []string{"GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"}, Usage: "token for any other host", Secret: true},
		{Name: "github.runner_token", Env: []string{"GITHUB_TOKEN"}, Usage: "token for the server that GITHUB_API_URL names", Secret: true},
	}
}

// They are compiled when they are needed.
var (
	owner      = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`) })
	repository = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9._-]+$`) })
	variable   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Z_][A-Z0-9_]*$`) })
)

// parse returns the destination at one secret, of which place is what its spec has
// before the name.
func parse(t entry.Target, sessions *entry.Sessions, s secret, place string) (deliver.Destination, error) {
	s.name = strings.ToUpper(s.name) // as GitHub stores it
	if !variable().MatchString(s.name) || strings.HasPrefix(s.name, "GITHUB_") {
		return nil, provider.Hint(t.Usage("GitHub does not allow the secret name %q", s.name),
			"use letters, digits and _; do not begin with a digit or with GITHUB_")
	}
	content, err := t.Content(false)
	if err != nil {
		return nil, err
	}
	api, err := locate(t)
	if err != nil {
		return nil, err
	}
	open := func(ctx context.Context) (entry.Store, error) {
		one := s
		one.patience = t.Conn.MaxWait
		one.client, err = api.connect(ctx, t, sessions)
		one.workflow = api.workflow(t)
		return &one, err
	}
	server := api.url
	if server == public {
		server = ""
	}
	t.Server = api.url
	return t.Destination(t.Spec(place+s.name, map[string]string{"url": server}), api.url+s.secrets+"/"+s.name, content, open), nil
}
