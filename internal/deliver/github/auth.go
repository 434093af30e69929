package github

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/command"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

const public = "https://api.github.com"

// An api is a GitHub, and which token is for it.
type api struct {
	url   string
	host  string // as gh names it
	ours  bool   // the settings name it: their tokens are for it
	named bool   // by GITHUB_API_URL
	local bool   // and is on this machine
}

// locate returns the API that t, or else the environment, names.
func locate(t entry.Target) (api, error) {
	named, err := configured(t)
	given := t.Params["url"]
	if given == "" || err != nil {
		return named, err
	}
	a, err := at(given, "url")
	if err != nil || a.url == named.url {
		return named, err
	}
	// What a token for github.com is for is plain, unless the settings name another host of GitHub's own.
	a.ours = a.host == "github.com" && !named.hosted()
	return a, nil
}

// configured returns the API that the settings name.
func configured(t entry.Target) (api, error) {
	if address, from := t.Setting("github.url"); address != "" {
		a, err := at(address, from)
		if u, perr := url.Parse(a.url); perr == nil {
			a.ours, a.named, a.local = true, true, provider.IsLoopback(u.Hostname())
		}
		return a, err
	}
	host, _ := t.Setting("github.host")
	if strings.ContainsAny(host, "/?#@ ") {
		return api{}, provider.Hint(provider.Usage("GH_HOST must be a host, such as github.example.com, not %q", host), "to use a URL, set GITHUB_API_URL")
	}
	address := "https://" + host
	switch host = strings.ToLower(host); {
	case host == "", host == "github.com":
		address = public
	case strings.HasSuffix(host, ".ghe.com"):
		address = "https://api." + host
	default:
		address += "/api/v3"
	}
	a, err := at(address, "GH_HOST")
	a.ours = true
	return a, err
}

// at returns the API at an address, which the setting from names.
func at(address, from string) (api, error) {
	address, err := entry.Address(address, "", from)
	if err != nil {
		return api{}, err
	}
	u, err := url.Parse(address)
	if err != nil {
		return api{}, provider.Usage("%s is not a valid URL", from)
	}
	a := api{url: address, host: u.Host}
	if u.Host == "api.github.com" || strings.HasSuffix(u.Host, ".ghe.com") {
		a.host = strings.TrimPrefix(u.Host, "api.")
	}
	return a, nil
}

// hosted reports whether a is a host of GitHub's own besides github.com.
func (a api) hosted() bool { return strings.HasSuffix(a.host, ".ghe.com") }

// settings returns the settings in which a token for a may be. A runner of an
// enterprise server sets GITHUB_API_URL and GITHUB_TOKEN together.
func (a api) settings() []string {
	switch {
	case !a.ours:
		return nil
	case a.host == "github.com" || a.hosted():
		return []string{"github.token"}
	case a.local:
		return []string{"github.enterprise_token", "github.token"}
	case a.named:
		return []string{"github.enterprise_token", "github.runner_token"}
	}
	return []string{"github.enterprise_token"}
}

// token returns the token for a.
func (a api) token(ctx context.Context, t entry.Target) (provider.Secret, error) {
	for _, name := range a.settings() {
		if token := t.Secret(name); !token.IsZero() {
			return token, nil
		}
	}
	token, damaged := a.stored(t)
	if !token.IsZero() {
		return token, nil
	}
	if token := a.fromGH(ctx, t); !token.IsZero() {
		return token, nil
	}
	if damaged != nil {
		return provider.Secret{}, provider.Hint(provider.WithClass(provider.ErrDenied, fmt.Errorf("no GitHub token found: %w", damaged)),
			"move that file away, then run: gh auth login --hostname %s", a.host)
	}
	if !a.ours {
		variable := "GH_ENTERPRISE_TOKEN"
		if a.host == "github.com" || a.hosted() {
			variable = "GH_TOKEN"
		}
		return provider.Secret{}, provider.Hint(provider.WithClass(provider.ErrDenied, fmt.Errorf("no GitHub token found for %s: those that are set are for another server", a.url)),
			"set GITHUB_API_URL=%s with its %s, or run: gh auth login --hostname %s", a.url, variable, a.host)
	}
	return provider.Secret{}, t.NoToken("GitHub", ", or run: gh auth login --hostname "+a.host, a.settings()...)
}

// stored returns what gh keeps in its file. The error is that the file cannot be read.
func (a api) stored(t entry.Target) (provider.Secret, error) {
	dir, _ := t.LookupEnv("GH_CONFIG_DIR")
	if config, _ := t.LookupEnv("XDG_CONFIG_HOME"); dir == "" && config != "" {
		dir = filepath.Join(config, "gh")
	}
	if dir == "" && t.Home != nil {
		if home, err := t.Home(); err == nil {
			dir = filepath.Join(home, ".config", "gh")
		}
	}
	var hosts map[string]struct {
		Token string `yaml:"oauth_token"`
	}
	path := filepath.Join(dir, "hosts.yml")
	b, err := os.ReadFile(path) //nolint:gosec // G304: gh's own file
	if dir == "" || err != nil {
		return provider.Secret{}, nil //nolint:nilerr // gh is not set up here
	}
	if yaml.Unmarshal(b, &hosts) != nil {
		return provider.Secret{}, fmt.Errorf("%s is damaged", path) // the parser quotes what it read
	}
	return provider.NewSecret(hosts[a.host].Token), nil
}

// fromGH asks gh, which may keep its token in a keyring.
func (a api) fromGH(ctx context.Context, t entry.Target) provider.Secret {
	gh, err := exec.LookPath("gh")
	if err != nil {
		return provider.Secret{}
	}
	var out bytes.Buffer
	err = command.Program{
		Args: []string{gh, "auth", "token", "--hostname", a.host}, Stdout: &out, Limit: 10 * time.Second,
		Env: t.WithoutTokens(), // gh prefers those to its own
	}.Run(ctx)
	if err != nil {
		return provider.Secret{}
	}
	return provider.NewSecret(strings.TrimSpace(out.String()))
}

// connect returns a client with the token for a.
func (a api) connect(ctx context.Context, t entry.Target, sessions *entry.Sessions) (*rest.Client, error) {
	var tokens []provider.Secret
	for _, name := range a.settings() {
		tokens = append(tokens, t.Secret(name))
	}
	return entry.Share(sessions, "github "+a.url+" "+entry.Fingerprint(tokens...), func() (*rest.Client, func(context.Context) error, error) {
		token, err := a.token(ctx, t)
		if err != nil {
			return nil, nil, err
		}
		client, err := t.Client(a.url, nil, rest.Dialect{Auth: rest.Bearer(token), Failure: failure, NotYet: notYet})
		return client, nil, err
	})
}

// workflow reports whether the token is that of a workflow.
func (a api) workflow(t entry.Target) bool {
	running, _ := t.LookupEnv("GITHUB_ACTIONS")
	own, _ := t.LookupEnv("GITHUB_TOKEN")
	for _, name := range a.settings() {
		if token, _ := t.Setting(name); token != "" {
			return running == "true" && token == own
		}
	}
	return false
}
