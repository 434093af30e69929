package katapult

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/verify"
)

// Generate generates credentials for a key. Those that it had before are taken
// not to work any more: Katapult does not say so, but knows only one pair of each key.
//
// https://docs.katapult.io/docs/api/core/post-object-storage-access-key-generate-credentials
func (k *keys) Generate(ctx context.Context, id string, _ provider.Input) (provider.Credential, error) {
	got, err := k.generate(ctx, id, provisioning)
	switch {
	case errors.Is(err, provider.ErrUnknown):
		err = provider.AlsoHint(err, "the credentials in the lost answer were never delivered; to generate new ones, run: credctl katapult generate %s", id)
	case errors.Is(err, provider.ErrPending):
		err = provider.AlsoHint(err, "Katapult is still provisioning the key; to continue: `credctl katapult generate %s`", id)
	}
	return got.credential(), err
}

// generate asks for credentials, again while wait says so. The ID of what it
// returns is always set.
func (k *keys) generate(ctx context.Context, id string, wait waiting) (record, error) {
	client, end := k.waitingClient(id, wait)
	defer end()
	got, err := rest.Do[single](ctx, client, rest.Request{
		Method: http.MethodPost, Path: keyPath + "/generate_credentials", Body: onKey{Key: reference{ID: id}},
		ReturnsSecret: true, RetryFor: provisionTimeout,
	})
	r := got.Key
	r.ID = id
	switch {
	case err == nil:
		err = r.incomplete()
	case errors.Is(err, provider.ErrPending) && errors.Is(err, context.Canceled):
		err = provider.Reclassify(provider.ErrPending, provider.WithClass(context.Canceled, errors.New("Katapult had not provisioned it when the run was interrupted")))
	}
	return r, withHint(err)
}

// incomplete says which of the credentials are missing in r.
func (r record) incomplete() error {
	var missing []string
	for _, field := range []struct {
		name string
		none bool
	}{{"server_url", r.Server == ""}, {"s3_access_key_id", r.Key == ""}, {"s3_secret_access_key", r.Secret.IsZero()}} {
		if field.none {
			missing = append(missing, field.name)
		}
	}
	if missing == nil {
		return r.misplaced()
	}
	return provider.WithClass(provider.ErrPartial, errors.New("the answer lacks "+strings.Join(missing, " and ")))
}

// misplaced returns an error if the credentials are for an S3 endpoint that must not
// be used.
func (r record) misplaced() error {
	err := verify.CheckEndpoint(verify.Endpoint(r.Server))
	if err == nil {
		return nil
	}
	err = provider.Reclassify(provider.ErrVerify, fmt.Errorf("Katapult names an S3 endpoint that credctl does not use: %w", err))
	return provider.Hint(err, "ask Krystal's support why the server_url of %s is not a public https URL", r.ID)
}

// waiting is a [rest.Dialect.NotYet].
type waiting func(*provider.Error) (time.Duration, bool)

// waitingClient returns a client that says, before it waits for the first time, for
// what, and end, which says that the wait is over.
func (k *keys) waitingClient(id string, wait waiting) (c *rest.Client, end func()) {
	client, said := *k.api, false
	client.NotYet = func(e *provider.Error) (time.Duration, bool) {
		d, ok := wait(e)
		if ok && !said {
			said = true
			k.conn.Report("Waiting until Katapult has provisioned " + id)
		}
		return d, ok
	}
	return &client, func() {
		if said {
			k.conn.Report("")
		}
	}
}
