package entry

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
)

// A Content says which values of a credential a destination gets.
type Content struct {
	form  form
	name  string            // of the one value, unless the form is variables
	names deliver.Variables // of what a credential consists of
	pair  bool
}

type form int

const (
	variables  form = iota // one value for each
	secretOnly             // one value: the secret
	keyOnly                // one value: the access key ID
	asJSON                 // one value: an object with all variables
)

// Params are the options by which content is chosen, for a place that holds
// several values, or one.
func Params(several bool) []deliver.Param {
	p := []deliver.Param{
		{Name: "field", Value: "secret|key", Usage: "which half of a key pair the value is (default secret)"},
		{Name: "as", Value: "json", Usage: "one JSON object with both halves"},
		{Name: "prefix", Value: "PREFIX", Usage: "prefix of the names (default AWS_)"},
	}
	if several {
		p = slices.Insert(p, 0, deliver.Param{Name: "key", Value: "NAME", Usage: "set one value only (default: a value for each variable)"})
	}
	return p
}

// Content returns what the options of t choose for a place that holds several
// values, or one.
func (t Target) Content(several bool) (Content, error) {
	shape := t.Shape
	if shape == (provider.Shape{}) {
		return Content{}, t.Usage("the vendor returns no secret for this kind of credential")
	}
	c := Content{name: t.Params["key"], names: deliver.VariablesOf(shape, t.Params["prefix"]), pair: shape.IsPair()}
	_, one := t.Params["key"]
	if one && c.name == "" {
		return c, t.Usage("key is empty")
	}
	field, chosen := t.Params["field"]
	as, object := t.Params["as"]
	switch {
	case chosen && field != "secret" && field != "key":
		return c, t.Usage("invalid field %q (valid: secret, key)", field)
	case object && as != "json":
		return c, t.Usage("invalid value %q of as (valid: json)", as)
	case chosen && object:
		return c, t.Usage("field cannot be combined with as=json, which writes both halves")
	case several && !one && (chosen || object):
		return c, provider.Hint(t.Usage("field= and as= require key=, because without key= each variable is written separately"), "add key=NAME, or leave out field and as")
	case field == "key" && !c.pair:
		return c, t.Usage("this kind of credential has no access key ID")
	case t.Params["prefix"] != "" && !c.pair:
		return c, t.Usage("prefix does not apply to %s, the only variable of this kind of credential", c.names.Secret)
	case t.Params["prefix"] != "" && (one || !several) && !object:
		return c, t.Usage("prefix does not apply to a single value")
	case object:
		c.form = asJSON
	case field == "key":
		c.form = keyOnly
	case one || !several:
		c.form = secretOnly
	}
	return c, nil
}

// Names returns the names of the values that are written.
func (c Content) Names() []string {
	if c.form != variables {
		return []string{c.name}
	}
	names := []string{c.names.Key, c.names.Secret, c.names.Endpoint, c.names.Region}
	return slices.DeleteFunc(names, func(n string) bool { return n == "" })
}

// required returns the names of the values that every credential has.
func (c Content) required() []string {
	if c.form != variables {
		return []string{c.name}
	}
	return slices.DeleteFunc([]string{c.names.Key, c.names.Secret}, func(n string) bool { return n == "" })
}

// JSON reports whether the one value is a JSON object.
func (c Content) JSON() bool { return c.form == asJSON }

// half reports which half of a key pair is written, if it is one only.
func (c Content) half() (key, secret bool) {
	return c.form == keyOnly, c.form == secretOnly && c.pair
}

// of returns the values of a credential. What the vendor does not say, such as a
// region, is left out: the present content is as good.
func (c Content) of(cred provider.Credential) (Values, error) {
	all := Values{}
	for _, v := range []struct {
		name  string
		value provider.Secret
	}{
		{c.names.Key, provider.NewSecret(cred.Key)},
		{c.names.Secret, cred.Secret},
		{c.names.Endpoint, provider.NewSecret(cred.Endpoint)},
		{c.names.Region, provider.NewSecret(cred.Region)},
	} {
		if !utf8.ValidString(v.value.Reveal()) {
			return nil, provider.Usage("the value of %s is not UTF-8", v.name)
		}
		if v.name != "" && !v.value.IsZero() {
			all[v.name] = v.value
		}
	}
	switch {
	case cred.Secret.IsZero():
		return nil, provider.Usage("the credential has no secret")
	case c.pair && c.form != secretOnly && cred.Key == "":
		return nil, provider.Usage("the credential has no access key ID, which its secret needs")
	case c.form == secretOnly:
		return Values{c.name: cred.Secret}, nil
	case c.form == keyOnly:
		return Values{c.name: provider.NewSecret(cred.Key)}, nil
	case c.form == asJSON:
		return Values{c.name: ObjectOf(all).Text()}, nil
	}
	return all, nil
}

// read returns what of a credential values hold.
func (c Content) read(v Values) (key string, secret provider.Secret) {
	switch c.form {
	case keyOnly:
		return v[c.name].Reveal(), provider.Secret{}
	case secretOnly:
		return "", v[c.name]
	case asJSON:
		object, _ := ParseObject(v[c.name]) // what is none holds nothing
		v = object.Values()
	case variables:
	}
	return v[c.names.Key].Reveal(), v[c.names.Secret]
}

// lacksEndpoint reports whether e gets both halves of a key pair under the names that
// programs read, and does not say where S3 is.
func (c Content) lacksEndpoint(e Entry) bool {
	values := e.Values
	switch c.form {
	case secretOnly, keyOnly:
		return false
	case asJSON:
		object, _ := ParseObject(values[c.name]) // what is none holds nothing
		values = object.Values()
	case variables:
	}
	return c.pair && values[c.names.Endpoint].IsZero()
}

// fits refuses to write over what would be lost: an object with a bare value, or
// members of an object that are not ours.
func (c Content) fits(e Entry) error {
	if c.form == variables {
		return nil
	}
	object, ok := ParseObject(e.Values[c.name])
	switch {
	case !ok:
		return nil
	case c.form != asJSON:
		return provider.Hint(provider.WithClass(provider.ErrRefused, errBare), "add as=json, or choose another destination")
	}
	ours := []string{c.names.Key, c.names.Secret, c.names.Endpoint, c.names.Region}
	for _, name := range object.Values().Names() {
		if !slices.Contains(ours, name) {
			return provider.Hint(provider.WithClass(provider.ErrRefused, memberError(name)), "choose another destination")
		}
	}
	return nil
}

// Fits demands that every value has at most so many bytes.
func (v Values) Fits(most int, where string) error {
	for name, value := range v {
		if n := len(value.Reveal()); n > most {
			return provider.Usage("the value %s has %d bytes, more than %s allows (%d)", name, n, where, most)
		}
	}
	return nil
}

// KeyOnly reports whether d gets the access key ID of a pair alone.
func KeyOnly(d deliver.Destination) bool {
	e, ok := of(d)
	return ok && e.content.form == keyOnly
}

// SplitPair warns of destinations that hold one half of a key pair each; "" is that no two do.
func SplitPair(ds []deliver.Destination) string {
	var names []string
	for _, d := range halves(ds) {
		names = append(names, d.String())
	}
	if names == nil {
		return ""
	}
	return "the access key ID and the secret are written one after the other, to " + strings.Join(names, " and ") +
		": a program that reads in between gets a pair that does not match; as=json writes both at once"
}

// halves returns those of ds that get one half of a key pair each, if both halves are
// written that way: a program that reads between the two writes gets a mixed pair.
func halves(ds []deliver.Destination) (halves []deliver.Destination) {
	var keys, secrets bool
	for _, d := range ds {
		e, ok := of(d)
		if !ok {
			continue
		}
		if key, secret := e.content.half(); key || secret {
			halves = append(halves, d)
			keys, secrets = keys || key, secrets || secret
		}
	}
	if !keys || !secrets {
		return nil
	}
	return halves
}

// of returns d as this package knows it, where it is one of this package.
func of(d deliver.Destination) (*destination, bool) {
	if w, ok := d.(interface{ Unwrap() deliver.Destination }); ok {
		d = w.Unwrap()
	}
	e, ok := d.(*destination)
	return e, ok
}
