package service

import "github.com/credctl/credctl/internal/provider"

// An Input is a configuration as it is given, whose type may not be known yet.
type Input struct {
	Set    map[string]string
	Files  map[string]provider.Secret
	Raw    provider.Secret // the file as a whole
	Object map[string]any  // the same, decoded
}

// Empty reports whether nothing is given.
func (i Input) Empty() bool { return len(i.Set) == 0 && len(i.Files) == 0 && i.Object == nil }

// Draft checks i against the fields of s.
func (i Input) Draft(s Type) (Draft, error) {
	d := Draft{}
	for _, field := range Sorted(i.Object) {
		if err := d.Put(s, field, i.Object[field]); err != nil {
			return nil, err
		}
	}
	for _, field := range Sorted(i.Set) {
		f, _ := s.Field(field)
		if f.Secret {
			return nil, provider.Hint(provider.Usage("%s is a secret, and cannot be passed as an argument", field), "pass %s", f.Usage())
		}
		if err := d.Put(s, field, f.parse(i.Set[field])); err != nil {
			return nil, err
		}
	}
	for _, field := range Sorted(i.Files) {
		f, _ := s.Field(field)
		if err := d.Put(s, field, f.parse(i.Files[field].Reveal())); err != nil {
			return nil, err
		}
	}
	return d, s.consistent(d)
}

// Opaque returns the configuration of a type that is not known, as it is to be sent.
func (i Input) Opaque(name string) (provider.Secret, error) {
	if i.Object == nil || len(i.Set) > 0 || len(i.Files) > 0 {
		return provider.Secret{}, unknown(name)
	}
	return i.Raw, nil
}

// Has reports whether i has the field.
func (i Input) Has(field string) bool {
	_, set := i.Set[field]
	_, file := i.Files[field]
	_, object := i.Object[field]
	return set || file || object
}

// Renews reports whether i has a secret, or asks for one.
func (i Input) Renews(s Type) bool { return i.Has(s.Secret().Name) || i.Has(Generate) }

// Creation returns the configuration of a new credential, as a request has it.
func (i Input) Creation(typ string) (any, error) {
	s, known := Find(typ)
	if !known {
		raw, err := i.Opaque(typ)
		return provider.SecretJSON{Secret: raw}, err
	}
	d, err := i.Draft(s)
	if err == nil {
		err = s.complete(d)
	}
	return d, err
}
