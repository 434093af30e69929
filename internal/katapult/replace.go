package katapult

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/provider"
)

// Replace makes a second key with the region and the rights of old, and its name unless in has another, as
// Krystal's own documents tell one to rotate. The access lists of the buckets that
// old may use name the new key as well in the end; deleting old takes it off them.
//
// What fails after the key was made is returned together with the key, with the class
// [provider.ErrPartial]; [keys.RepairRights] does the rest of the rights.
func (k *keys) Replace(ctx context.Context, old provider.Credential, in provider.Input) (provider.Credential, error) {
	has := rightsOf(old)
	where := cmp.Or(old.Region, region.Get(k.conn.Settings))
	if where == "" {
		return provider.Credential{}, provider.Usage("the region of %s is not known: pass --region", old.ID)
	}
	name := old.Name
	set(&name, provider.NewName, in)
	made, err := k.create(ctx, where, namedProperties{in.TemporaryName(name), has.properties})
	if err == nil {
		err = in.Record(made.credential())
	}
	if err != nil {
		return made.credential(), err
	}
	made, err = k.addCredentials(ctx, made)
	if err != nil {
		return made.credential(), err
	}
	made, err = k.grantAll(ctx, made, has)
	return made.credential(), err
}

// RepairRights gives a key the name and rights of old, and takes none away that a bucket
// grants it.
func (k *keys) RepairRights(ctx context.Context, id string, old provider.Credential) (provider.Credential, error) {
	has := rightsOf(old)
	now, err := k.patch(ctx, id, namedProperties{old.Name, has.properties})
	if err != nil {
		return provider.Credential{ID: id}, err
	}
	lacks := rights{read: without(has.read, now.ReadBuckets), write: without(has.write, now.WriteBuckets)}
	if len(lacks.buckets()) == 0 {
		return now.credential(), nil
	}
	if now, err = k.grantAll(ctx, now, lacks); err != nil {
		return now.credential(), err
	}
	return k.Get(ctx, id)
}

func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(some, s) })
}

// grantAll puts key on the access lists of the buckets that has names, and returns
// it with the grants that it then has. One that fails does not keep the others from it.
func (k *keys) grantAll(ctx context.Context, key record, has rights) (record, error) {
	var failed []error
	for _, name := range has.buckets() {
		read, write := slices.Contains(has.read, name), slices.Contains(has.write, name)
		if err := k.grant(ctx, key.Region, name, key.ID, read, write); err != nil {
			failed = append(failed, fmt.Errorf("bucket %s: %w", name, err))
			continue
		}
		if read {
			key.ReadBuckets = append(key.ReadBuckets, name)
		}
		if write {
			key.WriteBuckets = append(key.WriteBuckets, name)
		}
	}
	if failed == nil {
		return key, nil
	}
	err := fmt.Errorf("could not give all permissions to %s: %w", key.ID, errors.Join(failed...))
	if !errors.Is(err, provider.ErrRateLimited) {
		err = provider.AlsoHint(err, "grant the API token the scopes object_storage and object_storage:read")
	}
	return key, provider.WithClass(provider.ErrPartial, err)
}
