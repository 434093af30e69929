package losant

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
)

// A record is what Losant says of a credential. Private installations and newer
// versions of the API say less or more than this one knows, which is no error.
type record struct {
	ID                string         `json:"id"`
	ApplicationID     string         `json:"applicationId,omitzero"`
	Name              string         `json:"name"`
	Type              string         `json:"type"`
	Description       string         `json:"description,omitzero"`
	Enabled           *bool          `json:"enabled,omitzero"`
	CreationDate      string         `json:"creationDate,omitzero"`
	CreatedByID       string         `json:"createdById,omitzero"`
	CreatedByType     string         `json:"createdByType,omitzero"`
	LastUpdated       string         `json:"lastUpdated,omitzero"`
	LastUpdatedByID   string         `json:"lastUpdatedById,omitzero"`
	LastUpdatedByType string         `json:"lastUpdatedByType,omitzero"`
	Rest              map[string]any `json:",embed"` // <type>Config, and what is not known
}

// UnmarshalJSONFrom reads r, and takes out at once what is not for display.
func (r *record) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	type plain record // without this method
	err := json.UnmarshalDecode(dec, (*plain)(r))
	r.clean()
	return err
}

// as returns r, which was asked for by its ID: the schema does not promise that the answer has it.
func (r record) as(id string) record {
	if r.ID == "" {
		r.ID = id
	}
	return r
}

// MarshalJSON writes r as Losant does, whichever package encodes it.
func (r record) MarshalJSON() ([]byte, error) {
	type plain record // without this method
	return json.Marshal(plain(r), json.Deterministic(true))
}

// MarshalJSONTo does the same for package output, without writing it twice.
func (r record) MarshalJSONTo(enc *jsontext.Encoder) error {
	type plain record // without this method
	return json.MarshalEncode(enc, plain(r), json.Deterministic(true))
}

// config returns the fields of r that Losant shows.
func (r record) config() map[string]any {
	config, _ := r.Rest[r.Type+"Config"].(map[string]any)
	return config
}

// text returns a field of the configuration, if it is a text.
func (r record) text(field string) string {
	s, _ := r.config()[field].(string)
	return s
}

func (r record) updated() time.Time { return date(r.LastUpdated) }

// date reads a time of Losant. One that cannot be read is unknown.
func date(s any) time.Time {
	text, _ := s.(string)
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return t
}

// credential returns r in the words that all vendors share.
func (r record) credential() provider.Credential {
	s, _ := find(r.Type)
	c := provider.Credential{
		Provider: vendor, Kind: kind, ID: r.ID, Name: r.Name, Key: strings.TrimSpace(r.text(s.key)),
		Scopes:  []string{r.Type},
		Created: date(r.CreationDate), Updated: r.updated(),
		Details: &r,
	}
	if where := r.text(s.cover); where != "" {
		c.Scopes[0] += ":" + where
	}
	if r.Enabled != nil {
		c.Status = map[bool]string{true: "enabled", false: "disabled"}[*r.Enabled]
	}
	switch r.Type {
	case "aws":
		c.Region = r.text("region")
	case "certificateKeyPair":
		info, _ := r.config()["info"].(map[string]any)
		c.Key, _ = info["fingerprint"].(string)
		c.Expires = date(info["notValidAfter"])
	}
	return c
}

// clean takes out of r the links of the API, and secrets, should Losant return
// one after all, or a type that is not known have one that it shows.
func (r record) clean() {
	s, _ := find(r.Type)
	for name, v := range r.Rest {
		config, ok := v.(map[string]any)
		switch {
		case strings.HasPrefix(name, "_"):
			delete(r.Rest, name)
		case !ok:
			r.Rest[name] = redact(name, v)
		case name == s.config():
			s.clean(config)
		default:
			service{}.clean(config)
		}
	}
}

func (s service) clean(config map[string]any) {
	for name, v := range config {
		f, known := s.field(name)
		switch {
		case f.secret || f.writeOnly:
			delete(config, name)
		case !known:
			config[name] = redact(name, v)
		}
	}
}

// redact hides, in what no table describes, what by its name may be a secret.
func redact(name string, v any) any {
	switch v := v.(type) {
	case nil, bool:
		return v
	case map[string]any:
		if !secretive(name) {
			service{}.clean(v)
			return v
		}
	case []any:
		for i, item := range v {
			v[i] = redact(name, item)
		}
		return v
	}
	if secretive(name) {
		return provider.Redacted
	}
	return v
}

// secretive reports whether a field of that name may hold a secret.
func secretive(name string) bool {
	if strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "Sid") || strings.HasPrefix(name, "public") {
		return false
	}
	name = strings.ToLower(name)
	for _, word := range []string{"secret", "pass", "pwd", "token", "key", "credential", "private", "connection"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
