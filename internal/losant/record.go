package losant

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/losant/service"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// A record is what Losant says of a credential. Private installations and newer
// versions of the API say less or more than this one knows, which is no error.
type record struct {
	ID           string  `json:"id"`
	Application  any     `json:"applicationId,omitzero"`
	Name         string  `json:"name,omitzero"`
	Type         string  `json:"type,omitzero"`
	Description  *string `json:"description,omitzero"`
	Enabled      *bool   `json:"enabled,omitzero"`
	CreationDate string  `json:"creationDate,omitzero"`
	Creator      any     `json:"createdById,omitzero"`
	CreatorType  any     `json:"createdByType,omitzero"`
	LastUpdated  string  `json:"lastUpdated,omitzero"`
	Updater      any     `json:"lastUpdatedById,omitzero"`
	UpdaterType  any     `json:"lastUpdatedByType,omitzero"`

	// The <type>Config, and what is not known, without what is not for display.
	Others rest.Others `json:",embed"`
	config rest.Others // of it, the fields of the type
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom. It drops the links of the API,
// and secrets, should Losant return one after all, or a type that is not known
// have one that it shows.
func (r *record) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	type bare record
	if err := json.UnmarshalDecode(dec, (*bare)(r)); err != nil {
		return err
	}
	for name, v := range r.Others {
		switch {
		case strings.HasPrefix(name, "_"):
			delete(r.Others, name)
		case v.Kind() != '{':
			r.Others[name] = rest.Redacted(name, v, service.Secretive)
		case name == r.Type+"Config":
			s, _ := service.Find(r.Type)
			r.Others[name], r.config = s.Visible(v)
		default:
			r.Others[name], _ = service.Type{}.Visible(v)
		}
	}
	return nil
}

// MarshalJSONTo implements json.MarshalerTo.
func (r *record) MarshalJSONTo(enc *jsontext.Encoder) error {
	type bare record
	return json.MarshalEncode(enc, (*bare)(r))
}

// MarshalJSON implements json.Marshaler.
func (r *record) MarshalJSON() ([]byte, error) {
	type bare record
	return rest.Write((*bare)(r))
}

// as returns r, which was asked for by its ID: the schema does not promise that the answer has it.
func (r record) as(id string) record {
	if r.ID == "" {
		r.ID = id
	}
	return r
}

// text returns a field of the configuration, if it is a text.
func (r record) text(field string) string { return rest.TryRead[string](r.config[field]) }

func (r record) updated() time.Time { return date(r.LastUpdated) }

// date reads a time of Losant. One that cannot be read is unknown.
func date(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return t
}

// credential returns r in the words that all vendors share.
func (r record) credential() provider.Credential {
	s, _ := service.Find(r.Type)
	c := provider.Credential{
		Provider: vendor, Kind: kind, ID: r.ID, Name: r.Name,
		Created: date(r.CreationDate), Updated: r.updated(),
		Details: &r,
	}
	if r.Enabled != nil {
		c.Status = map[bool]string{true: "enabled", false: "disabled"}[*r.Enabled]
	}
	c.Key = r.text(s.Key)
	scope := r.Type
	if where := r.text(s.Cover); where != "" {
		scope += ":" + where
	}
	c.Scopes = []string{scope}
	switch r.Type {
	case "aws":
		c.Region = r.text("region")
	case "certificateKeyPair":
		info := rest.TryRead[rest.Others](r.config["info"])
		c.Key, c.Expires = rest.TryRead[string](info["fingerprint"]), date(rest.TryRead[string](info["notValidAfter"]))
	}
	c.Key = strings.TrimSpace(c.Key)
	return c
}
