package katapult

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// The path of one bucket, whose name is in the query or in the body.
const bucketPath = "/object_storage/object_storage_cluster/buckets/bucket"

// A bucket is as much of one as matters here. What it does not say is nil, and
// never taken for an empty list: writing that would lock out every key.
type bucket struct {
	Bucket struct {
		Access struct {
			Read  *[]string `json:"read_key_ids"`
			Write *[]string `json:"write_key_ids"`
		} `json:"access_control_list"`
	} `json:"object_storage_bucket"`
}

func (b bucket) lists(name string) (read, write []string, err error) {
	a := b.Bucket.Access
	if a.Read == nil || a.Write == nil {
		return nil, nil, fmt.Errorf("the answer does not list the keys that may use bucket %s", name)
	}
	return *a.Read, *a.Write, nil
}

// grant lets the key id read and write the bucket, as asked, if it may not yet.
//
// GET and PATCH /object_storage/object_storage_cluster/buckets/bucket; both lists
// replace the old ones, and what else the bucket has stays as it is.
func (k *keys) grant(ctx context.Context, where, name, id string, read, write bool) error {
	// A list is read, changed and written as a whole: two changes at a time would undo one of them.
	lock := strings.Join([]string{"the access lists of", vendor, where, name}, " ")
	return k.conn.WithLock(ctx, lock, func(ctx context.Context) error {
		for n := 1; ; n++ {
			var e *provider.Error
			err := k.addAccess(ctx, where, name, id, read, write)
			if n == tries || !errors.As(err, &e) || e.Code != codeNoKey {
				return err
			}
		}
	})
}

// tries is how often the lists are read for one change: a key on them may be deleted
// before they are written, and then Katapult refuses them.
const tries = 3

func (k *keys) addAccess(ctx context.Context, where, name, id string, read, write bool) error {
	got, err := rest.Do[bucket](ctx, k.api, rest.Request{
		Method: http.MethodGet, Path: bucketPath,
		Query: url.Values{"object_storage_cluster[region]": {where}, "bucket[name]": {name}},
	})
	if err != nil {
		return withHint(err)
	}
	readers, writers, err := got.lists(name)
	if err != nil {
		return err
	}
	read = read && !slices.Contains(readers, id)
	write = write && !slices.Contains(writers, id)
	if !read && !write {
		return nil
	}
	if read {
		readers = append(readers, id)
	}
	if write {
		writers = append(writers, id)
	}
	got, err = rest.Do[bucket](ctx, k.api, rest.Request{Method: http.MethodPatch, Path: bucketPath, Body: accessChange(where, name, readers, writers)})
	if err != nil {
		return withHint(err)
	}
	nowReaders, nowWriters, err := got.lists(name)
	if err == nil && (read && !slices.Contains(nowReaders, id) || write && !slices.Contains(nowWriters, id)) {
		err = fmt.Errorf("bucket %s was updated, but %s still has no access", name, id)
	}
	if err != nil {
		return provider.WithClass(provider.ErrUnknown, err)
	}
	return nil
}

// accessChange is the body of a request that replaces both lists of a bucket.
func accessChange(where, name string, readers, writers []string) any {
	type lists struct {
		Read  []string `json:"read_key_ids"`
		Write []string `json:"write_key_ids"`
	}
	type change struct {
		Cluster struct {
			Region string `json:"region"`
		} `json:"object_storage_cluster"`
		Bucket struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Properties struct {
			Access lists `json:"access_control_list"`
		} `json:"properties"`
	}
	var c change
	c.Cluster.Region, c.Bucket.Name, c.Properties.Access = where, name, lists{readers, writers}
	return c
}
