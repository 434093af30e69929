package medianova

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/medianova/wire"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

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

func (s *service) read(ctx context.Context, id string) (wire.Record, error) {
	if err := checkID(id); err != nil {
		return wire.Record{}, err
	}
	var got jsontext.Value
	err := s.api.get(func(prefix string) (err error) {
		got, err = rest.Do[jsontext.Value](ctx, s.api.client, rest.Request{Method: http.MethodGet, Path: s.api.path(prefix, singular, url.PathEscape(id))})
		return err
	})
	if err != nil {
		return wire.Record{}, err
	}
	r := wire.Understand(got).Record
	switch {
	case r.UUID == "" && !nothing(got):
		return wire.Record{}, errors.New("GET " + s.api.path("", singular, id) + ": the answer has no credential")
	case r.UUID == "":
		return wire.Record{}, provider.WithClass(provider.ErrAbsent, provider.WithClass(provider.ErrNotFound, fmt.Errorf("credential %s does not exist: the answer is empty", id)))
	case !strings.EqualFold(r.UUID, id):
		return wire.Record{}, provider.WithClass(provider.ErrUnavailable, fmt.Errorf("the answer for credential %s is about %s", id, r.UUID))
	}
	return r, nil
}

// nothing reports whether an answer says that there is nothing, for which PHP writes
// an empty array. One without a body says nothing at all.
func nothing(body jsontext.Value) bool {
	if body.Kind() == '{' {
		body = vendorjson.TryRead[vendorjson.Others](body)["data"]
	}
	switch strings.Join(strings.Fields(string(body)), "") {
	case "null", "[]", "{}":
		return true
	}
	return false
}
