package medianova

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// List lists the credentials of the organization.
//
// See https://clients.medianova.com/api-documentation/object-storage-stook/credentials
// ("List credentials"). It documents no pages; where there are some, all are read.
func (s *service) List(ctx context.Context, _ provider.Input) iter.Seq2[provider.Credential, error] {
	return rest.Map(all[record](ctx, s.api, singular), s.credential)
}

// Get returns one credential, without its secret.
//
// See https://clients.medianova.com/api-documentation/object-storage-stook/credentials.
func (s *service) Get(ctx context.Context, id string) (provider.Credential, error) {
	r, err := s.read(ctx, id)
	if err != nil {
		return provider.Credential{}, err
	}
	return s.credential(r), nil
}

func (s *service) read(ctx context.Context, id string) (record, error) {
	if err := checkID(id); err != nil {
		return record{}, err
	}
	var got jsontext.Value
	err := s.api.get(func(prefix string) (err error) {
		got, err = rest.Do[jsontext.Value](ctx, s.api.client, rest.Request{Method: http.MethodGet, Path: s.api.path(prefix, singular, url.PathEscape(id))})
		return err
	})
	if err != nil {
		return record{}, err
	}
	r := understand(got).record
	switch {
	case r.UUID == "" && !nothing(got):
		return record{}, errors.New("GET " + s.api.path("", singular, id) + ": a success, but the answer says nothing about a credential")
	case r.UUID == "":
		return record{}, provider.WithClass(provider.ErrNotFound, fmt.Errorf("there is no credential %s: the answer is empty", id))
	case !strings.EqualFold(r.UUID, id):
		return record{}, provider.WithClass(provider.ErrUnavailable, fmt.Errorf("the vendor was asked for the credential %s and answered with %s", id, r.UUID))
	}
	return r, nil
}

// nothing reports whether an answer says that there is nothing, for which PHP writes
// an empty array. One without a body says nothing at all.
func nothing(body jsontext.Value) bool {
	if body.Kind() == '{' {
		body = rest.TryRead[rest.Others](body)["data"]
	}
	switch strings.Join(strings.Fields(string(body)), "") {
	case "null", "[]", "{}":
		return true
	}
	return false
}

// Delete deletes a credential. When the storage notices is not documented.
//
// See https://clients.medianova.com/api-documentation/object-storage-stook/credentials.
func (s *service) Delete(ctx context.Context, id string) error {
	if err := checkID(id); err != nil {
		return err
	}
	_, err := s.api.change(ctx, rest.Request{Method: http.MethodDelete}, singular, url.PathEscape(id))
	if errors.Is(err, errNoRoute) { // at a wrong address everything seems to be gone
		if _, sure := s.api.current(); !sure {
			if wrong := s.api.probe(ctx); wrong != nil {
				return wrong
			}
		}
	}
	if errors.Is(err, provider.ErrNotFound) {
		return provider.Hint(err, "the credential %s is already deleted, or was never there", id)
	}
	return err
}

// SecretHint says where a person finds the secret of c. No documented answer of
// the API holds it.
//
// See https://clients.medianova.com/products/object-storage-stook/manage-access-keys.
func (s *service) SecretHint(c provider.Credential) string {
	name := c.Name
	if name == "" {
		name = c.ID
	}
	return fmt.Sprintf("Medianova shows the secret key in its panel only: open Stook Object Storage, Credentials, %q, and enter your login password again", name)
}
