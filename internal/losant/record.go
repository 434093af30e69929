package losant

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/losant/service"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// A record is what Losant says of a credential. Private installations and newer
// versions of the API say less or more than this one knows, which is no error.
type record struct {
	ID           string            `json:"id"`
	Application  jsontext.Value    `json:"applicationId,omitempty"`
	Name         string            `json:"name,omitzero"`
	Type         string            `json:"type,omitzero"`
	Description  *vendorjson.Text  `json:"description,omitzero"`
	Enabled      vendorjson.Switch `json:"enabled,omitzero"`
	CreationDate vendorjson.Text   `json:"creationDate,omitzero"`
	Creator      jsontext.Value    `json:"createdById,omitempty"`
	CreatorType  jsontext.Value    `json:"createdByType,omitempty"`
	LastUpdated  vendorjson.Text   `json:"lastUpdated,omitzero"`
	Updater      jsontext.Value    `json:"lastUpdatedById,omitempty"`
	UpdaterType  jsontext.Value    `json:"lastUpdatedByType,omitempty"`

	// The <type>Config, and what is not known, without what is not for display.
	Others jsontext.Value `json:",embed"`
	config config         // what the <type>Config says
}

// A config is what the configuration of a credential says in words of its type.
type config struct {
	visible jsontext.Value // what may be shown of it
	key     string         // the public half
	covers  string
	region  string
	expires time.Time
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom. It drops the links of the API,
// and secrets, should Losant return one after all, or a type that is not known
// have one that it shows.
func (r *record) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	type bare record
	if err := json.UnmarshalDecode(dec, (*bare)(r)); err != nil {
		return err
	}
	r.Others = vendorjson.Edit(r.Others, func(name string, v jsontext.Value) jsontext.Value {
		typ, isConfig := strings.CutSuffix(name, "Config")
		switch {
		case strings.HasPrefix(name, "_"):
			return nil
		case v.Kind() == '{' && isConfig && typ == r.Type:
			r.config = readConfig(r.Type, v)
			return r.config.visible
		case v.Kind() == '{':
			return vendorjson.Edit(v, service.Type{}.Visible)
		}
		return vendorjson.Redacted(name, v, service.Secretive)
	})
	return nil
}

// readConfig reads the configuration of a credential of some type. What is no text is not known.
func readConfig(typ string, v jsontext.Value) (c config) {
	s, _ := service.Find(typ)
	c.visible = vendorjson.Edit(v, func(name string, v jsontext.Value) jsontext.Value {
		switch {
		case name == s.Key:
			c.key = strings.TrimSpace(text(v))
		case name == s.Cover:
			c.covers = text(v)
		case name == "region" && typ == "aws":
			c.region = text(v)
		case name == "info" && typ == service.Certificate:
			info := vendorjson.TryRead[vendorjson.Others](v)
			c.key = strings.TrimSpace(text(info["fingerprint"]))
			c.expires = service.Date(text(info["notValidAfter"]))
		}
		return s.Visible(name, v)
	})
	return c
}

// MarshalJSONTo implements json.MarshalerTo.
func (r *record) MarshalJSONTo(enc *jsontext.Encoder) error {
	type bare record
	return json.MarshalEncode(enc, (*bare)(r))
}

// MarshalJSON implements json.Marshaler.
func (r *record) MarshalJSON() ([]byte, error) {
	type bare record
	return vendorjson.Write((*bare)(r))
}

// as returns r, which was asked for by its ID: the schema does not promise that the answer has it.
func (r record) as(id string) record {
	if r.ID == "" {
		r.ID = id
	}
	return r
}

// text returns what a value says, if it is a text.
func text(v jsontext.Value) string {
	if v.Kind() != '"' {
		return ""
	}
	var room [128]byte                          // which most fit in
	b, _ := jsontext.AppendUnquote(room[:0], v) // it was read before
	return string(b)
}

// fields returns the fields of the configuration that may be shown.
func (r record) fields() vendorjson.Others {
	return vendorjson.TryRead[vendorjson.Others](r.config.visible)
}

func (r record) updated() time.Time { return service.Date(string(r.LastUpdated)) }

// Certificate reports whether r holds a certificate, for an audit.
func (r *record) Certificate() bool { return r.Type == service.Certificate }

// credential returns r in the words that all vendors share.
func (r record) credential() provider.Credential {
	c := provider.Credential{
		Provider: vendor, Kind: kind, ID: r.ID, Name: r.Name, Key: r.config.key, Scopes: []string{r.Type}, Region: r.config.region,
		Created: service.Date(string(r.CreationDate)), Updated: r.updated(), Expires: r.config.expires,
		Details: &r,
	}
	if r.config.covers != "" {
		c.Scopes[0] += ":" + r.config.covers
	}
	switch {
	case !r.Enabled.Known:
	case r.Enabled.On:
		c.Status = "enabled"
	default:
		c.Status = "disabled"
	}
	return c
}
