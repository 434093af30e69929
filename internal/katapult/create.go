package katapult

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/setting"
)

// provisionTimeout is how long a key that is being provisioned is waited for, as long as
// Krystal's own tool does.
const provisionTimeout = 5 * time.Minute

// Create creates an access key in the region that is set, and generates its
// credentials as soon as Katapult has provisioned it. When that fails, the key
// exists: it is returned together with an error of class [provider.ErrPartial].
//
// https://docs.katapult.io/docs/api/core/post-organization-object-storage-object-storage-cluster-access-keys
func (k *keys) Create(ctx context.Context, in provider.Input) (provider.Credential, error) {
	where := region.Get(k.conn.Settings)
	if where == "" {
		return provider.Credential{}, setting.Missing(vendor, region.Info())
	}
	made, err := k.create(ctx, where, namedProperties{in.TemporaryName(provider.Name.Get(in)), properties{
		BucketsRead: bucketsRead.Get(in), ObjectsRead: objectsRead.Get(in), ObjectsWrite: objectsWrite.Get(in),
	}})
	if err == nil {
		err = in.Record(made.credential())
	}
	if err != nil || noGenerate.Get(in) {
		return made.credential(), err
	}
	made, err = k.addCredentials(ctx, made)
	return made.credential(), err
}

// create makes a key without credentials.
func (k *keys) create(ctx context.Context, where string, want namedProperties) (record, error) {
	organization, err := k.organization()
	if err != nil {
		return record{}, err
	}
	type cluster struct {
		Region string `json:"region"`
	}
	got, err := rest.Do[single](ctx, k.api, rest.Request{
		Method: http.MethodPost, Path: "/organizations/organization/object_storage/object_storage_cluster/access_keys", ReturnsSecret: true,
		Body: struct {
			Organization reference       `json:"organization"`
			Cluster      cluster         `json:"object_storage_cluster"`
			Properties   namedProperties `json:"properties"`
		}{organization, cluster{where}, want},
	})
	if err == nil && checkID(got.Key.ID) != nil { // it goes into hints and commands
		got.Key.ID = ""
		err = provider.WithClass(provider.ErrUnknown, errors.New("the answer to the create request contains no valid key ID"))
	}
	if errors.Is(err, provider.ErrUnknown) {
		err = provider.AlsoHint(err, "check whether there is a new key named %q with `credctl katapult list`", want.Name)
	}
	return got.Key, withHint(err)
}

// addCredentials generates the credentials of a key that was just made.
func (k *keys) addCredentials(ctx context.Context, made record) (record, error) {
	generated, err := k.generate(ctx, made.ID, func(e *provider.Error) (time.Duration, bool) {
		if wait, ok := provisioning(e); ok {
			return wait, true
		}
		return k.busy(e) // giving up would leave a key that is of no use
	})
	made = made.withCredentials(generated)
	if errors.Is(err, provider.ErrVerify) {
		return made, err
	}
	if err != nil {
		err = provider.WithClass(provider.ErrPartial, fmt.Errorf("%s was created, but its credentials could not be generated: %w", made.ID, err))
	}
	return made, err
}

// busy says how long to wait where Katapult did nothing, because it has too much to do.
func (k *keys) busy(e *provider.Error) (time.Duration, bool) {
	switch {
	case e.Status == http.StatusTooManyRequests:
		wait, asked := k.api.Asked(e)
		return max(wait, time.Second), asked // a vendor that asks for no wait at all is not asked without end
	case e.Status == http.StatusServiceUnavailable && e.Code != "", e.Code == "task_queueing_error":
		return 5 * time.Second, true
	}
	return 0, false
}
