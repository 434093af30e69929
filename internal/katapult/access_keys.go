package katapult

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/verify"
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
		err = fmt.Errorf("the answer to GET %s is not about %s", keyPath, id)
	}
	return got.Key, advised(err)
}

// Update changes the name of a key, and what it may do in all buckets. Katapult
// takes these together only, so what is not named is read first.
//
// https://docs.katapult.io/docs/api/core/patch-object-storage-access-key
func (k *keys) Update(ctx context.Context, id string, in provider.Input) (provider.Credential, error) {
	old, err := k.get(ctx, id)
	if err != nil {
		return provider.Credential{}, err
	}
	want := namedProperties{old.Name, old.properties}
	changed := set(&want.Name, provider.Name, in)
	changed = set(&want.BucketsRead, bucketsRead, in) || changed
	changed = set(&want.ObjectsRead, objectsRead, in) || changed
	changed = set(&want.ObjectsWrite, objectsWrite, in) || changed
	if !changed {
		return provider.Credential{}, provider.Usage("there is nothing to update: give --name, --all-buckets-read, --all-objects-read or --all-objects-write")
	}
	r, err := k.patch(ctx, id, want)
	if err != nil {
		return provider.Credential{}, err
	}
	return r.credential(), nil
}

// set puts the value of p into field, if it was given.
func set[T any](field *T, p provider.Param[T], in provider.Input) bool {
	v, given := p.Lookup(in)
	if given {
		*field = v
	}
	return given
}

func (k *keys) patch(ctx context.Context, id string, want namedProperties) (record, error) {
	got, err := rest.Do[single](ctx, k.patient(id, provisioning), rest.Request{
		Method: http.MethodPatch, Path: keyPath, Body: onKey{reference{ID: id}, &want}, RetryFor: patience,
	})
	if err == nil && got.Key.ID != id {
		err = provider.WithClass(provider.ErrUnknown, fmt.Errorf("the answer to PATCH %s is not about %s", keyPath, id))
	}
	return got.Key, advised(err)
}

// Delete deletes a key for good: Katapult does not move it to its trash. It takes
// Katapult up to ten seconds.
//
// DELETE /object_storage/access_keys/access_key, with a body.
func (k *keys) Delete(ctx context.Context, id string) error {
	got, err := rest.Do[struct {
		Success *bool `json:"success"`
	}](ctx, k.api, rest.Request{
		Method: http.MethodDelete, Path: keyPath, Body: onKey{Key: reference{ID: id}}, Timeout: time.Minute,
	})
	if e, answered := errors.AsType[*provider.Error](err); answered && e.Code == codeNoKey {
		return fmt.Errorf("%s was %w", id, provider.ErrGone)
	}
	if err == nil && got.Success != nil && !*got.Success {
		err = provider.WithClass(provider.ErrUnavailable, fmt.Errorf("DELETE %s: Katapult answers that it had no success with %s", keyPath, id))
	}
	return advised(err)
}

// Verify tries the pair of c at its S3 service once.
func (k *keys) Verify(ctx context.Context, c provider.Credential) error {
	return verify.S3(ctx, k.conn, c)
}

// ExplainImpact says what generating breaks.
func (k *keys) ExplainImpact(v provider.Verb, c provider.Credential, _ provider.Input) string {
	if v != provider.Generate || c.Key == "" {
		return ""
	}
	return fmt.Sprintf("%s has credentials already (access key ID %s): they stop working at once, as far as is known", c.ID, c.Key)
}
