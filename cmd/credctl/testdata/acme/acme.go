// Package acme is an example of a vendor: all that credctl needs in order to
// manage two kinds of credentials. Its API does not exist.
package acme

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

var token = provider.Token.FromEnv("ACME_TOKEN")

// Provider describes Acme.
func Provider() provider.Provider {
	return provider.Provider{
		Name:     "acme",
		Title:    "Acme",
		BaseURL:  "https://api.acme.example",
		Prefix:   "/v1",
		Settings: []provider.AnyParam{token},
		Kinds:    []provider.Kind{kind("api-key", "API keys", "ACME_API_KEY"), kind("deploy-token", "deploy tokens", "ACME_DEPLOY_TOKEN")},
	}
}

// kind describes one kind. Both have the same routes, below /api-keys and /deploy-tokens.
func kind(name, title, variable string) provider.Kind {
	return provider.NewKind(provider.Kind{
		Name:    name,
		Title:   title,
		Params:  map[provider.Verb][]provider.AnyParam{provider.Create: {provider.Name.Required()}},
		Issues:  []provider.Verb{provider.Create, provider.Rotate},
		Effects: map[provider.Verb]string{provider.Delete: "clients that use it stop working"},
		Unsupported: map[provider.Verb]string{
			provider.Update:   "Acme cannot change a credential; create another",
			provider.Generate: "Acme cannot generate a new secret for the same ID; use rotate",
		},
		Shape: provider.SingleSecret(variable),
	}, func(c provider.Conn) (*credentials, error) {
		api, err := rest.New(c, rest.Dialect{Auth: rest.Bearer(token.Get(c.Settings)), Failure: failure})
		return &credentials{api, c, name}, err
	})
}

// credentials is an open kind.
type credentials struct {
	api  *rest.Client
	conn provider.Conn
	kind string
}

// The interfaces that are not verbs.
var (
	_ provider.Replacer = (*credentials)(nil)
	_ provider.Verifier = (*credentials)(nil)
)

// A record is a credential as Acme shows it. Only the answer to a POST has the secret.
type record struct {
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	Created time.Time       `json:"created_at"`
	Secret  provider.Secret `json:"secret,omitzero"`
}

func (c *credentials) credential(r record) provider.Credential {
	return provider.Credential{Provider: "acme", Kind: c.kind, ID: r.ID, Name: r.Name, Created: r.Created, Secret: r.Secret, Details: r}
}

func (c *credentials) request(method, id string) rest.Request {
	r := rest.Request{Method: method, Path: "/" + c.kind + "s"}
	if id != "" {
		r.Path += "/" + url.PathEscape(id)
	}
	return r
}

// List lists the credentials, in one answer.
func (c *credentials) List(ctx context.Context, _ provider.Input) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		err := rest.Stream(ctx, c.api, c.request(http.MethodGet, ""), "items", nil, func(r record) bool { return yield(c.credential(r), nil) })
		if err != nil {
			yield(provider.Credential{}, err)
		}
	}
}

// Get returns one credential.
func (c *credentials) Get(ctx context.Context, id string) (provider.Credential, error) {
	r, err := rest.Do[record](ctx, c.api, c.request(http.MethodGet, id))
	return c.credential(r), err
}

// Create issues a credential.
func (c *credentials) Create(ctx context.Context, in provider.Input) (provider.Credential, error) {
	return c.issue(ctx, provider.Name.Get(in))
}

// Replace issues a second credential with the name of old.
func (c *credentials) Replace(ctx context.Context, old provider.Credential, _ provider.Input) (provider.Credential, error) {
	return c.issue(ctx, old.Name)
}

func (c *credentials) issue(ctx context.Context, name string) (provider.Credential, error) {
	r := c.request(http.MethodPost, "")
	r.ReturnsSecret = true
	r.Body = map[string]string{"name": name}
	made, err := rest.Do[record](ctx, c.api, r)
	return c.credential(made), err
}

// Delete revokes a credential.
func (c *credentials) Delete(ctx context.Context, id string) error {
	_, err := rest.Do[struct{}](ctx, c.api, c.request(http.MethodDelete, id))
	return err
}

// Verify asks whom the secret of a new credential belongs to.
func (c *credentials) Verify(ctx context.Context, issued provider.Credential) error {
	api, err := rest.New(c.conn, rest.Dialect{Auth: rest.Bearer(issued.Secret), Failure: failure})
	if err != nil {
		return err
	}
	_, err = rest.Do[struct{}](ctx, api, rest.Request{Method: http.MethodGet, Path: "/whoami"})
	return err
}

// failure reads {"error": "…"}.
func failure(status int, body []byte) rest.Failure {
	said := vendorjson.TryRead[struct {
		Error string `json:"error"`
	}](body)
	return rest.Failure{Message: said.Error, Absent: status == http.StatusNotFound}
}
