package katapult

import (
	"context"
	"fmt"
	"net/http"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

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
	changed := set(&want.Name, provider.NewName, in)
	changed = set(&want.BucketsRead, bucketsRead, in) || changed
	changed = set(&want.ObjectsRead, objectsRead, in) || changed
	changed = set(&want.ObjectsWrite, objectsWrite, in) || changed
	if !changed {
		return provider.Credential{}, provider.Usage("no change is requested: pass --new-name, --all-buckets-read, --all-objects-read or --all-objects-write")
	}
	r, err := k.patch(ctx, id, want)
	if err != nil {
		return provider.Credential{}, err
	}
	return r.credential(), nil
}

// set puts the value of p into field, if it was given.
func set[T any](field *T, p provider.Param[T], in provider.Input) bool {
	v, isSet := p.Lookup(in)
	if isSet {
		*field = v
	}
	return isSet
}

func (k *keys) patch(ctx context.Context, id string, want namedProperties) (record, error) {
	client, end := k.waitingClient(id, provisioning)
	defer end()
	got, err := rest.Do[single](ctx, client, rest.Request{
		Method: http.MethodPatch, Path: keyPath, Body: onKey{reference{ID: id}, &want}, RetryFor: provisionTimeout,
	})
	if err == nil && got.Key.ID != id {
		err = provider.WithClass(provider.ErrUnknown, fmt.Errorf("the answer to PATCH %s is about another credential than %s", keyPath, id))
	}
	return got.Key, withHint(err)
}
