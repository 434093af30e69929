package medianova

import (
	"context"
	"slices"

	"github.com/credctl/credctl/internal/medianova/wire"
	"github.com/credctl/credctl/internal/provider"
)

func checkBuckets(names []string) error {
	if slices.Contains(names, "") {
		return provider.Usage("a bucket name must not be empty")
	}
	return nil
}

// resolve returns the UUIDs of the buckets that are named. What looks like a UUID
// is taken for one; the buckets are listed only for other names.
//
// See https://clients.medianova.com/api-documentation/object-storage-stook/buckets.
func (s *service) resolve(ctx context.Context, names []string) ([]string, error) {
	var existing []wire.Bucket
	if slices.ContainsFunc(names, func(n string) bool { return !provider.IsUUID(n) }) {
		for b, err := range all[wire.Bucket](ctx, s.api, "bucket") {
			if err != nil {
				return nil, err
			}
			existing = append(existing, b)
		}
	}
	ids := make([]string, 0, len(names))
	for _, name := range names {
		id := name
		if !provider.IsUUID(name) {
			var err error
			if id, err = wire.FindBucket(existing, name); err != nil {
				return nil, err
			}
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// ListValues returns the names of the buckets for --bucket, with the region where two
// have the same name.
func (s *service) ListValues(ctx context.Context, name string) (values []string, err error) {
	if name != buckets.Info().Name {
		return nil, nil
	}
	var existing []wire.Bucket
	for b, err := range all[wire.Bucket](ctx, s.api, "bucket") {
		if err != nil {
			return nil, err
		}
		existing = append(existing, b)
	}
	for _, b := range existing {
		value := string(b.Name)
		if _, err := wire.FindBucket(existing, value); err != nil {
			value += "@" + string(b.Region)
		}
		values = append(values, value)
	}
	return values, nil
}
