package rotationtest

import (
	"context"
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/provider"
)

// The services differ in what they can do.
type (
	replacer  struct{ Base }
	mender    struct{ replacer }
	rotator   struct{ Base }
	both      struct{ replacer }
	generator struct{ replacer }
	blind     struct{ *Vendor }
	pairs     struct{ Base }
)

func (v replacer) Replace(_ context.Context, old provider.Credential, in provider.Input) (provider.Credential, error) {
	if n := in.Value("new-name"); n != nil && n.IsSet() {
		old.Name = n.String()
	}
	return v.create(old)
}

// Replace gives the temporary name, and tells of the credential before its secret.
func (v mender) Replace(_ context.Context, old provider.Credential, in provider.Input) (provider.Credential, error) {
	old.Name = in.TemporaryName(old.Name)
	c, err := v.create(old)
	if c.ID != "" {
		if err := in.Record(c); err != nil {
			return c, err
		}
	}
	return c, err
}

func (v replacer) create(old provider.Credential) (provider.Credential, error) {
	v.Calls = append(v.Calls, "create")
	f := v.fault("create")
	if f.Err != nil && !f.Committed {
		return provider.Credential{}, f.Err
	}
	h := v.Add(old)
	if v.Drift != nil {
		v.Drift(&h.Credential)
	}
	if f.Err != nil {
		return provider.Credential{}, f.Err
	}
	c := h.answer()
	if f.Silent {
		c.Secret = provider.Secret{}
	}
	if f.Nameless {
		c.ID = ""
	}
	if f.Keyless {
		c.Key = ""
		return c, provider.WithClass(provider.ErrPartial, errors.New("its details could not be read"))
	}
	return c, nil
}

func (v mender) RepairRights(_ context.Context, id string, old provider.Credential) (provider.Credential, error) {
	v.Calls = append(v.Calls, "repair "+id)
	if f := v.fault("repair"); f.Err != nil {
		return provider.Credential{}, f.Err
	}
	h := v.Find(id)
	h.Name, h.Scopes = old.Name, old.Scopes
	return h.Credential, nil
}

func (v rotator) Rotate(_ context.Context, id string, _ provider.Input) (provider.Credential, error) {
	return v.rotate(id)
}

func (v both) Rotate(_ context.Context, id string, _ provider.Input) (provider.Credential, error) {
	return v.rotate(id)
}

func (v *Vendor) rotate(id string) (provider.Credential, error) {
	v.Calls = append(v.Calls, "rotate "+id)
	f := v.fault("rotate")
	if f.Err != nil && !f.Committed {
		return provider.Credential{}, f.Err
	}
	old := v.Find(id)
	if old == nil {
		return provider.Credential{}, provider.WithClass(provider.ErrNotFound, errors.New("404 revoked"))
	}
	h := v.Add(old.Credential)
	old.Deleted = v.Now()
	if v.Drift != nil {
		v.Drift(&h.Credential)
	}
	if f.Err != nil {
		return provider.Credential{}, f.Err
	}
	c := h.answer()
	if f.Silent {
		c.Secret = provider.Secret{}
	}
	return c, nil
}

func (v generator) Generate(_ context.Context, id string, _ provider.Input) (provider.Credential, error) {
	v.Calls = append(v.Calls, "generate "+id)
	f := v.fault("generate")
	c := provider.Credential{ID: id} // it is known, whatever happens
	if f.Err != nil && !f.Committed {
		return c, f.Err
	}
	h := v.Find(id)
	if h == nil {
		return c, provider.WithClass(provider.ErrNotFound, errors.New("404 not found"))
	}
	v.N++
	h.Before, h.Secret = h.Secret, fmt.Sprintf("s3cret-%d$", v.N)
	if f.Err != nil {
		return c, f.Err
	}
	return h.answer(), nil
}

// Rotate generates a key pair, and returns its public key.
func (v pairs) Rotate(_ context.Context, id string, _ provider.Input) (provider.Credential, error) {
	v.Calls = append(v.Calls, "rotate "+id)
	h := v.Find(id)
	v.N++
	h.Key = fmt.Sprintf("PUBLIC-%d", v.N)
	return h.Credential, nil
}

// A blind service can neither be listed with what it makes, nor verify it.
func (v blind) Get(_ context.Context, id string) (provider.Credential, error) {
	return Base(v).Get(context.Background(), id)
}

func (v blind) Rotate(_ context.Context, id string, _ provider.Input) (provider.Credential, error) {
	v.Calls = append(v.Calls, "rotate "+id)
	return provider.Credential{ID: id}, v.fault("rotate").Err
}
