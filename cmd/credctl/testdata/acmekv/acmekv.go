// Package acmekv is an example of a destination: a value of a key-value store
// behind HTTP. Its API does not exist.
package acmekv

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// Scheme is acme-kv:NAME.
func Scheme() deliver.Scheme {
	return entry.Scheme(deliver.Scheme{
		Name: "acme-kv", Place: "NAME", Title: "value of the Acme key-value store", Proof: deliver.ByValue,
		Params: append(entry.Params(false), entry.URL()),
		Settings: []deliver.Setting{
			{Name: "acme-kv.url", Env: []string{"ACME_KV_URL"}, Usage: "address of the API"},
			{Name: "acme-kv.token", Env: []string{"ACME_KV_TOKEN"}, Usage: "token", Secret: true},
		},
	}, parse)
}

func parse(t entry.Target) (deliver.Destination, error) {
	content, err := t.Content(false)
	if err != nil {
		return nil, err
	}
	own, _ := t.Setting("acme-kv.url")
	base, err := entry.Address(cmp.Or(t.Params["url"], own), "/v1", "ACME_KV_URL")
	if err != nil {
		return nil, t.Usage("%w", err)
	}
	open := func(context.Context) (entry.Store, error) {
		token := t.Secret("acme-kv.token")
		// The token belongs to the server of the setting, and no other gets it.
		if owner, err := entry.Address(own, "/v1", "ACME_KV_URL"); err != nil || owner != base || token.IsZero() {
			return nil, t.NoToken("Acme", " and ACME_KV_URL="+base, "acme-kv.token")
		}
		client, err := t.Client(base, nil, rest.Dialect{Auth: rest.Bearer(token), Failure: failure})
		return &value{client, "/values/" + url.PathEscape(t.Place)}, err
	}
	return t.Destination(t.Spec(t.Place, map[string]string{"url": base}), base+" "+t.Place, content, open), nil
}

// A value is one value of the store.
type value struct {
	client *rest.Client
	path   string
}

// A record is a value as the store shows and takes it.
type record struct {
	Value   string `json:"value"`
	Version string `json:"version,omitempty"`
}

// Get returns the value; one that does not exist yet is no error, because Put creates it.
func (v *value) Get(ctx context.Context) (entry.Entry, error) {
	r, err := rest.Do[record](ctx, v.client, rest.Request{Method: http.MethodGet, Path: v.path})
	if errors.Is(err, provider.ErrNotFound) {
		return entry.Entry{}, nil
	}
	if err == nil && r.Version == "" {
		err = errors.New("the answer is not a value")
	}
	return entry.Entry{Exists: true, Values: entry.Values{"": provider.NewSecret(r.Value)}, Version: r.Version}, advise(err)
}

// Check has nothing to ask: the store does not say who may write.
func (v *value) Check(context.Context, entry.Entry, []string) error { return nil }

// Put sets the value, unless its version is no longer that of e.
func (v *value) Put(ctx context.Context, e entry.Entry, values entry.Values) error {
	body := record{values[""].Reveal(), e.Version}
	_, err := rest.Do[struct{}](ctx, v.client, rest.Request{Method: http.MethodPut, Path: v.path, Body: body})
	if errors.Is(err, provider.ErrConflict) {
		return entry.ErrChanged
	}
	return advise(err)
}

func advise(err error) error {
	if errors.Is(err, provider.ErrDenied) {
		return provider.Hint(err, "use a token that may read and write values")
	}
	return err
}

// failure reads {"error": "…"}.
func failure(_ int, body []byte) rest.Failure {
	said := vendorjson.TryRead[struct {
		Error string `json:"error"`
	}](body)
	return rest.Failure{Message: said.Error}
}
