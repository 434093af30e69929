package medianova

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/medianova/wire"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// settings is the body of a create and of an update, which replaces everything.
type settings struct {
	Name      string   `json:"name"`
	ReadOnly  bool     `json:"is_readonly"`
	Buckets   []string `json:"buckets"` // UUIDs
	Subfolder *string  `json:"subfolder,omitzero"`
}

// These are the changes of a credential. What is nil stays.
type changes struct {
	name      *string
	readOnly  *bool
	buckets   []string
	subfolder *string
}

// Update changes what in names: it reads the credential, merges, puts the whole,
// reads it again and compares. An error of class ErrVerify comes with the
// credential as it then is.
//
// See https://clients.medianova.com/api-documentation/object-storage-stook/credentials.
func (s *service) Update(ctx context.Context, id string, in provider.Input) (provider.Credential, error) {
	w := changes{provider.NewName.Ptr(in), readOnly.Ptr(in), buckets.Get(in), subfolder.Ptr(in)}
	switch {
	case w.name == nil && w.readOnly == nil && w.buckets == nil && w.subfolder == nil:
		return provider.Credential{}, provider.Usage("no change is requested: pass --new-name, --bucket, --read-only or --subfolder")
	case w.name != nil && *w.name == "":
		return provider.Credential{}, provider.Usage("a credential needs a name")
	}
	before, err := s.read(ctx, id)
	if err != nil {
		return provider.Credential{}, err
	}
	want, err := s.merged(ctx, before, w)
	if err != nil {
		return provider.Credential{}, err
	}
	return s.put(ctx, before, want)
}

// merged returns r with what w changes. What neither tells must not be guessed.
func (s *service) merged(ctx context.Context, r wire.Record, w changes) (settings, error) {
	out := settings{Name: string(r.Name), Subfolder: (*string)(r.Subfolder)}
	if w.name != nil {
		out.Name = *w.name
	}
	if w.subfolder != nil {
		out.Subfolder = w.subfolder
	}
	names := w.buckets
	if names == nil {
		for _, b := range r.Buckets {
			names = append(names, cmp.Or(b.UUID, string(b.Name)))
		}
	}
	switch {
	case out.Name == "":
		return out, unclear(r, "its name")
	case len(names) == 0:
		return out, unclear(r, "which buckets it may use")
	case w.readOnly != nil:
		out.ReadOnly = *w.readOnly
	case r.ReadOnly != nil:
		out.ReadOnly = bool(*r.ReadOnly)
	default:
		return out, unclear(r, "whether it may only read")
	}
	var err error
	out.Buckets, err = s.resolve(ctx, names)
	return out, err
}

func unclear(r wire.Record, what string) error {
	return provider.WithClass(provider.ErrRefused, fmt.Errorf("Medianova does not report %s of credential %s, and an update must send it: pass it with a flag of update", what, r.UUID))
}

func (s *service) put(ctx context.Context, before wire.Record, want settings) (provider.Credential, error) {
	r := rest.Request{Method: http.MethodPut, Body: want}
	body, err := s.api.change(ctx, r, singular, url.PathEscape(before.UUID))
	if err != nil {
		return provider.Credential{}, err
	}
	after, err := s.read(ctx, before.UUID)
	if err != nil {
		err = fmt.Errorf("the update of %s was accepted, but the credential could not be read afterwards: %w", before.UUID, err)
		after, err = before, provider.WithClass(provider.ErrPartial, err)
	} else {
		err = compare(before, after, want)
	}
	issued := !wire.Understand(body).Secret.IsZero() // the documents do not say that there may be a new pair
	if err == nil && issued {
		err = provider.WithClass(provider.ErrVerify, fmt.Errorf("the update of %s was accepted, but the answer has a new secret: the old secret may have stopped working", before.UUID))
	}
	if err != nil && (issued || after.AccessKey != before.AccessKey) {
		r.Path = "/" + singular
		err = s.api.client.SaveAnswer(r, body, err)
	}
	return s.credential(after), err
}

// compare says in what after, which before has become, is not as it was wanted.
func compare(before, after wire.Record, want settings) error {
	wrong := differences(after, want)
	if before.AccessKey != "" && after.AccessKey != before.AccessKey {
		wrong = append(wrong, fmt.Sprintf("the access key ID changed from %s to %s: clients that use the old key may stop working", before.AccessKey, after.AccessKey))
	}
	if len(wrong) == 0 {
		return nil
	}
	return provider.WithClass(provider.ErrVerify, fmt.Errorf("the update of %s was accepted, but %s", before.UUID, strings.Join(wrong, "; ")))
}

// differences says in what r is not as it was wanted.
func differences(r wire.Record, want settings) (said []string) {
	if string(r.Name) != want.Name {
		said = append(said, fmt.Sprintf("the name is %q, not %q", r.Name, want.Name))
	}
	if r.ReadOnly != nil && bool(*r.ReadOnly) != want.ReadOnly {
		said = append(said, fmt.Sprintf("is_readonly is %t, not %t", *r.ReadOnly, want.ReadOnly))
	}
	has := make([]string, 0, len(r.Buckets))
	for _, b := range r.Buckets {
		has = append(has, strings.ToLower(cmp.Or(b.UUID, string(b.Name))))
	}
	wanted := strings.Split(strings.ToLower(strings.Join(want.Buckets, ",")), ",")
	slices.Sort(has)
	slices.Sort(wanted)
	if !slices.Equal(has, wanted) {
		said = append(said, fmt.Sprintf("the buckets are %s, not %s", strings.Join(has, ", "), strings.Join(wanted, ", ")))
	}
	folder := ""
	if want.Subfolder != nil {
		folder = *want.Subfolder
	}
	if r.Folder() != folder {
		said = append(said, fmt.Sprintf("the subfolder is %q, not %q", r.Folder(), folder))
	}
	return said
}
