package losant

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/losant/service"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// CheckPut reports whether target, which is the ID or the exact name of a
// credential of the application, can hold a secret: that it exists, and that its
// type has the field. A credential of type aws takes the pair accessKeyId and
// secretAccessKey and keeps its region; one of type http takes secretValue; for
// every other the option field names the secret field, such as password. It
// changes nothing, so that whether the token may write is not known afterwards.
func (c *credentials) CheckPut(ctx context.Context, target string, options map[string]string) error {
	before, fields, err := c.destination(ctx, target, options)
	if err != nil {
		return err
	}
	s, _ := service.Find(before.Type)
	d := service.Draft{}
	for _, f := range fields {
		d[f.Name] = nil // something will be there
	}
	ch := change{before: before}
	return ch.fill(s, d)
}

// Put stores cred at target, with the complete configuration that Losant
// shows, in one request. Then it reads that back and compares, as [credentials.Rotate] does.
func (c *credentials) Put(ctx context.Context, target string, options map[string]string, cred provider.Credential) error {
	before, fields, err := c.destination(ctx, target, options)
	if err != nil {
		return err
	}
	s, _ := service.Find(before.Type)
	d := service.Draft{}
	for _, f := range fields {
		v := cred.Key
		if f.Secret {
			v = cred.Secret.Reveal()
		}
		if v == "" {
			return provider.Usage("no value for the %s of %s", f.Name, target)
		}
		if err := d.Put(s, f.Name, v); err != nil {
			return err
		}
	}
	ch := change{before: before, renews: true}
	if err := ch.fill(s, d); err != nil {
		return err
	}
	_, err = c.apply(ctx, before.ID, ch)
	return err
}

// Check reports that target holds cred, as far as Losant lets it be seen. It
// never shows the secret. What can be read back is, for type aws, that
// accessKeyId is the Key of cred; and for all, that the credential was not last
// updated before cred was created, where five minutes are left for clocks that differ.
func (c *credentials) Check(ctx context.Context, target string, options map[string]string, cred provider.Credential) error {
	now, fields, err := c.destination(ctx, target, options)
	if err != nil {
		return err
	}
	shown := now.fields()
	for _, f := range fields {
		if !f.Secret && !service.Same(vendorjson.TryRead[string](shown[f.Name]), cred.Key) {
			return provider.WithClass(provider.ErrVerify, fmt.Errorf("the %s of %s differs", f.Name, target))
		}
	}
	if updated := now.updated(); !updated.IsZero() && updated.Before(cred.Created.Add(-5*time.Minute)) {
		return provider.WithClass(provider.ErrVerify, fmt.Errorf("%s was last updated before the secret was issued", target))
	}
	return nil
}

// destination returns the credential that target names, and the fields of it to fill.
func (c *credentials) destination(ctx context.Context, target string, options map[string]string) (record, []service.Field, error) {
	for _, option := range service.Sorted(options) {
		if option != "field" {
			return record{}, nil, provider.Usage("unknown option %q of a Losant credential (valid: field)", option)
		}
	}
	r, err := c.resolve(ctx, target)
	if err != nil {
		return record{}, nil, err
	}
	s, known := service.Find(r.Type)
	if !known {
		return record{}, nil, provider.Usage("credctl does not know the fields of type %q, so it cannot write a secret to %s", r.Type, target)
	}
	fields, err := s.SecretFields(options["field"])
	return r, fields, err
}

// resolve returns the credential whose ID, or else whose name, is target.
func (c *credentials) resolve(ctx context.Context, target string) (record, error) {
	if checkID(target) == nil {
		r, err := c.get(ctx, target)
		if !errors.Is(err, provider.ErrNotFound) {
			return r, err
		}
	}
	query := url.Values{}
	filter(query, "name", globFor(target))
	var found []record
	for r, err := range c.records(ctx, query, 0) {
		if err != nil {
			return record{}, err
		}
		if r.Name == target {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 0:
		return record{}, provider.WithClass(provider.ErrNotFound, fmt.Errorf("no credential in the application has the ID or name %q", target))
	case 1:
		return found[0], nil
	}
	return record{}, provider.WithClass(provider.ErrConflict, fmt.Errorf("the application has %d credentials named %q: pass the ID", len(found), target))
}

// globFor returns a glob that matches name. Of the characters that globs know, only
// * is documented, so that it stands for each of the others.
func globFor(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`?[]{}()!+@|\^,$`, r) {
			return '*'
		}
		return r
	}, name)
}
