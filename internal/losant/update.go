package losant

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"

	"github.com/credctl/credctl/internal/losant/service"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// Update changes what in names, then reads the credential again and compares.
// A difference is an error of class [provider.ErrVerify] that names the field.
//
// Whether Losant merges or replaces a configuration is not documented. Where a
// field of it changes, all others that Losant shows are sent along, which is
// right in both cases; for the secret, which it does not show, see [credentials.ExplainImpact].
//
// https://docs.losant.com/rest-api/credential/#patch
func (c *credentials) Update(ctx context.Context, id string, in provider.Input) (provider.Credential, error) {
	g, err := read(in)
	if err != nil {
		return provider.Credential{}, err
	}
	ch := change{top: top(in, newName)}
	if g.Empty() {
		if len(ch.top) == 0 {
			return provider.Credential{}, provider.Usage("no change is requested: pass --new-name, --description, --disabled, --set, --set-file or --config-file")
		}
		return c.apply(ctx, id, ch)
	}
	before, err := c.get(ctx, id)
	if err == nil {
		err = ch.configure(before, g)
	}
	if err != nil {
		return provider.Credential{}, err
	}
	return c.apply(ctx, id, ch)
}

// A change is what one PATCH sends.
type change struct {
	top    map[string]any
	before record          // what Losant showed; the zero record when the configuration stays
	config service.Draft   // of a type that is known, complete but for write-only fields
	raw    provider.Secret // of one that is not

	renews bool // it must have been written, even if nothing else can be seen of it
	pair   bool // the credential has a key pair, whose public key Losant shows
}

// configure makes ch send what g says of the configuration of before.
func (ch *change) configure(before record, g service.Input) error {
	s, known := service.Find(before.Type)
	ch.before = before
	if !known {
		var err error
		ch.raw, err = g.Opaque(before.Type)
		return err
	}
	d, err := g.Draft(s)
	if err == nil {
		err = ch.fill(s, d)
	}
	return err
}

// fill makes ch send d, and all of the configuration that Losant shows.
func (ch *change) fill(s service.Type, d service.Draft) error {
	current := ch.before.fields()
	for _, f := range s.Fields {
		if _, isSet := d[f.Name]; isSet || f.ReadOnly || f.Secret {
			continue
		}
		if v, there := current[f.Name]; there {
			d[f.Name] = v
		} else if f.Required {
			return provider.Usage("Losant does not show its %s: pass it too (%s), so that it is not lost", f.Name, f.Usage())
		}
	}
	ch.config = d
	return nil
}

func (ch change) body() map[string]any {
	body := map[string]any{}
	maps.Copy(body, ch.top)
	switch {
	case ch.config != nil:
		body[ch.before.Type+"Config"] = ch.config
	case !ch.raw.IsZero():
		body[ch.before.Type+"Config"] = provider.SecretJSON{Secret: ch.raw}
	}
	return body
}

// apply carries ch out and returns the credential as it is then read. Once
// Losant has accepted it, the credential is returned even with an error.
func (c *credentials) apply(ctx context.Context, id string, ch change) (provider.Credential, error) {
	r, err := rest.Do[record](ctx, c.api, rest.Request{Method: http.MethodPatch, Path: c.one(id), Query: leanQuery(), Body: ch.body()})
	if errors.Is(err, provider.ErrUnknown) {
		err = provider.Hint(err, "check when it was last updated%[2]s: `credctl losant get %[1]s`; it is safe to run the same command again", id, ch.last())
	}
	if err != nil {
		return provider.Credential{}, err
	}
	after, err := c.get(ctx, id)
	if err != nil {
		return r.as(id).credential(), provider.Hint(provider.Reclassify(provider.ErrPartial, err), "Losant accepted the change, but credctl could not read it back: check it with `credctl losant get %s`", id)
	}
	out := after.credential()
	if field := ch.differs(after); field != "" {
		return out, provider.WithClass(provider.ErrVerify, fmt.Errorf("Losant accepted the change, but %s differs from what was sent", field))
	}
	if ch.renews && !ch.before.updated().IsZero() && !after.updated().After(ch.before.updated()) {
		return out, provider.WithClass(provider.ErrVerify, errors.New("Losant accepted the change, but lastUpdated did not change"))
	}
	return out, nil
}

// last says when the credential was updated before ch, if that is known.
func (ch change) last() string {
	if ch.before.LastUpdated == "" {
		return ""
	}
	return " (before: " + string(ch.before.LastUpdated) + ")"
}

// differs names a field of after that is not as ch asked for, or "". Secrets
// cannot be compared.
func (ch change) differs(after record) string {
	seen := map[string]any{"name": after.Name, "description": ""}
	if after.Description != nil {
		seen["description"] = string(*after.Description)
	}
	if after.Enabled.Known {
		seen["enabled"] = after.Enabled.On
	}
	for _, field := range service.Sorted(ch.top) {
		if v, there := seen[field]; there && !service.Same(v, ch.top[field]) {
			return field
		}
	}
	if ch.config == nil {
		return ""
	}
	s, _ := service.Find(ch.before.Type)
	current, earlier := after.fields(), ch.before.fields()
	for _, f := range s.Fields {
		want, sent := ch.config[f.Name]
		switch {
		case f.Secret || f.WriteOnly:
		case f.ReadOnly:
			if ch.config[service.Generate] == true && f.Name == s.Key && service.Same(current[f.Name], earlier[f.Name]) {
				return s.Config() + "." + f.Name
			}
		case sent && !service.Same(current[f.Name], want):
			return s.Config() + "." + f.Name
		}
	}
	for _, field := range service.Sorted(earlier) { // what a newer API has, and this program does not know
		if _, known := s.Field(field); !known && !service.Same(current[field], earlier[field]) {
			return s.Config() + "." + field
		}
	}
	return ""
}
