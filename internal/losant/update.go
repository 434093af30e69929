package losant

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

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
	ch := change{top: top(in)}
	if g.empty() {
		if len(ch.top) == 0 {
			return provider.Credential{}, provider.Usage("nothing to change: give at least one of --name, --description, --disabled, --set, --set-file and --config-file")
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
	config draft           // of a type that is known, complete but for write-only fields
	raw    provider.Secret // of one that is not

	renews bool // it must have been written, even if nothing else can be seen of it
}

// configure makes ch send what g says of the configuration of before.
func (ch *change) configure(before record, g given) error {
	s, known := find(before.Type)
	ch.before = before
	if !known {
		var err error
		ch.raw, err = g.whole(before.Type)
		return err
	}
	d, err := g.draft(s)
	if err == nil {
		err = ch.fill(s, d)
	}
	return err
}

// fill makes ch send d, and all of the configuration that Losant shows.
func (ch *change) fill(s service, d draft) error {
	shown := ch.before.config
	for _, f := range s.fields {
		if _, given := d[f.name]; given || f.readOnly || f.secret {
			continue
		}
		if v, there := shown[f.name]; there {
			d[f.name] = v
		} else if f.required {
			return provider.Usage("losant does not show the %s that it has: give it too (%s), so that it is not lost", f.name, f.usage())
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
	r, err := rest.Do[record](ctx, c.api, rest.Request{Method: http.MethodPatch, Path: c.one(id), Query: lean(), Body: ch.body()})
	if errors.Is(err, provider.ErrUnknown) {
		err = provider.Hint(err, "`credctl losant get %s` shows when it was last updated%s; the same command may be run again", id, ch.last())
	}
	if err != nil {
		return provider.Credential{}, err
	}
	after, err := c.get(ctx, id)
	if err != nil {
		return r.as(id).credential(), provider.Hint(err, "Losant has accepted the change, but it could not be read back; `credctl losant get %s` shows it", id)
	}
	out := after.credential()
	if field := ch.differs(after); field != "" {
		return out, provider.WithClass(provider.ErrVerify, fmt.Errorf("losant accepted the change, but %s is not what was asked for", field))
	}
	if ch.renews && !ch.before.updated().IsZero() && !after.updated().After(ch.before.updated()) {
		return out, provider.WithClass(provider.ErrVerify, errors.New("losant accepted the change, but lastUpdated did not move"))
	}
	return out, nil
}

// last says when the credential was updated before ch, if that is known.
func (ch change) last() string {
	if ch.before.LastUpdated == "" {
		return ""
	}
	return " (before: " + ch.before.LastUpdated + ")"
}

// differs names a field of after that is not as ch asked for, or "". Secrets
// cannot be compared.
func (ch change) differs(after record) string {
	seen := map[string]any{"name": after.Name, "description": ""}
	if after.Description != nil {
		seen["description"] = *after.Description
	}
	if after.Enabled != nil {
		seen["enabled"] = *after.Enabled
	}
	for _, field := range sorted(ch.top) {
		if v, there := seen[field]; there && !same(v, ch.top[field]) {
			return field
		}
	}
	if ch.config == nil {
		return ""
	}
	s, _ := find(ch.before.Type)
	shown, earlier := after.config, ch.before.config
	for _, f := range s.fields {
		want, sent := ch.config[f.name]
		switch {
		case f.secret || f.writeOnly:
		case f.readOnly:
			if ch.config[generate] == true && f.name == s.key && same(shown[f.name], earlier[f.name]) {
				return s.config() + "." + f.name
			}
		case sent && !same(shown[f.name], want):
			return s.config() + "." + f.name
		}
	}
	for _, field := range sorted(earlier) { // what a newer API has, and this program does not know
		if _, known := s.field(field); !known && !same(shown[field], earlier[field]) {
			return s.config() + "." + field
		}
	}
	return ""
}

// same reports whether a and b are the same value in JSON, where what is absent
// is the same as what is empty, and white space around a text does not count.
func same(a, b any) bool { return canonical(a) == canonical(b) }

func canonical(v any) string {
	switch v := v.(type) {
	case jsontext.Value:
		return canonical(rest.TryRead[any](v))
	case string:
		return strings.TrimSpace(v)
	case nil:
		return ""
	case bool:
		if !v {
			return ""
		}
	}
	out, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return err.Error()
	}
	return string(out)
}
