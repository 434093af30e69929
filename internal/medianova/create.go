package medianova

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/credctl/credctl/internal/medianova/wire"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// Create issues a credential. Its Secret is zero when the answer holds none.
//
// See https://clients.medianova.com/api-documentation/object-storage-stook/credentials
// ("Create an access credential").
func (s *service) Create(ctx context.Context, in provider.Input) (provider.Credential, error) {
	want := settings{Name: in.TemporaryName(provider.Name.Get(in)), ReadOnly: readOnly.Get(in)}
	names := buckets.Get(in)
	switch {
	case want.Name == "":
		return provider.Credential{}, provider.Usage("a credential requires a name: pass --name")
	case len(names) == 0:
		return provider.Credential{}, provider.Usage("a credential requires a bucket: pass --bucket")
	}
	if folder := subfolder.Get(in); folder != "" {
		want.Subfolder = &folder
	}
	var err error
	if want.Buckets, err = s.resolve(ctx, names); err != nil {
		return provider.Credential{}, err
	}
	return s.create(ctx, in, want, "")
}

// create issues a credential. The one with the ID old is known not to be it.
func (s *service) create(ctx context.Context, in provider.Input, want settings, old string) (provider.Credential, error) {
	if err := s.api.findPrefix(ctx); err != nil {
		return provider.Credential{}, err
	}
	r := rest.Request{Method: http.MethodPost, Body: want, ReturnsSecret: true}
	body, err := s.api.change(ctx, r, plural)
	if errors.Is(err, wire.ErrNoRoute) { // then nothing was created
		if again, other := s.api.change(ctx, r, singular); !errors.Is(other, wire.ErrNoRoute) {
			body, err = again, other
		}
	}
	if err != nil {
		if errors.Is(err, provider.ErrUnknown) {
			err = provider.AlsoHint(err, "check whether there is a new credential named %q with `credctl medianova list` before you create another", want.Name)
		}
		return provider.Credential{}, err
	}
	got := wire.Understand(body)
	if checkID(got.UUID) != nil { // it goes into hints and commands
		got.UUID = ""
	}
	if got.UUID != "" {
		if err := in.Record(s.issued(got)); err != nil {
			return s.issued(got), err
		}
	}
	if err = s.completeRecord(ctx, &got, want, old); got.UUID == "" { // nobody understands it, and it may hold a secret
		r.Path = "/" + plural
		err = s.api.client.SaveAnswer(r, body, provider.WithClass(provider.ErrUnknown, err))
		err = provider.AlsoHint(err, "find the credential with `credctl medianova list`")
	}
	return s.issued(got), err
}

// issued returns the credential of an answer to a create, with its secret.
func (s *service) issued(a wire.Answer) provider.Credential {
	c := s.credential(a.Record)
	c.Secret = a.Secret
	return c
}

// completeRecord completes the answer to a create, which by the documents lacks the access key.
func (s *service) completeRecord(ctx context.Context, got *wire.Answer, want settings, old string) error {
	if got.UUID == "" {
		if err := s.identify(ctx, got, want, old); err != nil {
			got.Name = wire.Text(want.Name)
			return err
		}
	}
	if got.Complete() && (want.Subfolder == nil || got.Subfolder != nil) {
		return nil
	}
	fresh, err := s.read(ctx, got.UUID)
	got.Record = wire.Merge(got.Record, fresh)
	switch {
	case err != nil:
		err = fmt.Errorf("the credential %s was created, but its details could not be read: %w", got.UUID, err)
		return provider.Hint(provider.WithClass(provider.ErrPartial, err), "read them with `credctl medianova get %s`", got.UUID)
	case got.AccessKey == "":
		return provider.WithClass(provider.ErrPartial, fmt.Errorf("the credential %s was created, but the answer has no access key", got.UUID))
	}
	return nil
}

// identify finds in the listing what an answer without an ID has created.
func (s *service) identify(ctx context.Context, got *wire.Answer, want settings, old string) error {
	var found []wire.Record
	for r, err := range all[wire.Record](ctx, s.api, singular) {
		if err != nil {
			return fmt.Errorf("the answer to the create request has no ID, and the credentials could not be listed: %w", err)
		}
		matches := len(differences(r, want)) == 0
		if got.AccessKey != "" {
			matches = r.AccessKey == got.AccessKey
		}
		if matches && r.UUID != old {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		return fmt.Errorf("the answer to the create request has no ID, and %d credentials in the listing may be the new credential", len(found))
	}
	got.Record = wire.Merge(got.Record, found[0])
	return nil
}
