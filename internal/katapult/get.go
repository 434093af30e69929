package katapult

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// The path of what acts on one key. Its last word is a placeholder that is sent
// as it is: the ID is in the query, or in the body.
const keyPath = "/object_storage/access_keys/access_key"

// onKey is the body of a request that acts on one key.
type onKey struct {
	Key        reference        `json:"access_key"`
	Properties *namedProperties `json:"properties,omitzero"`
}

type namedProperties struct {
	Name string `json:"name"`
	properties
}

// Get returns the access key with this ID, without its secret.
//
// https://docs.katapult.io/docs/api/core/get-object-storage-access-key
func (k *keys) Get(ctx context.Context, id string) (provider.Credential, error) {
	r, err := k.get(ctx, id)
	if err != nil {
		return provider.Credential{}, err
	}
	return r.credential(), nil
}

func (k *keys) get(ctx context.Context, id string) (record, error) {
	req := rest.Request{Method: http.MethodGet, Path: keyPath, Query: url.Values{"access_key[id]": {id}}}
	got, err := rest.Do[single](ctx, k.api, req)
	if err == nil && got.Key.ID != id {
		err = fmt.Errorf("the answer to GET %s is about another credential than %s", keyPath, id)
	}
	return got.Key, withHint(err)
}
