package losant

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// A record is what Losant says of a credential. Private installations and newer
// versions of the API say less or more than this one knows, which is no error.
type record struct {
	ID           string
	Name         string
	Type         string
	Description  string
	Enabled      *bool
	CreationDate string
	LastUpdated  string

	raw rest.Record // all of it, with what is not for display
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (r *record) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if err := r.raw.UnmarshalJSONFrom(dec); err != nil {
		return err
	}
	return r.raw.Members(func(m rest.Member) error {
		switch m.Name {
		case "id":
			return m.Text(&r.ID)
		case "name":
			return m.Text(&r.Name)
		case "type":
			return m.Text(&r.Type)
		case "description":
			return m.Text(&r.Description)
		case "enabled":
			if !m.Null() {
				r.Enabled = new(bool)
				return m.Bool(r.Enabled)
			}
		case "creationDate":
			return m.Text(&r.CreationDate)
		case "lastUpdated":
			return m.Text(&r.LastUpdated)
		}
		return nil
	})
}

// as returns r, which was asked for by its ID: the schema does not promise that the answer has it.
func (r record) as(id string) record {
	if r.ID == "" {
		r.ID = id
	}
	return r
}

// configuration returns the <type>Config of r as Losant wrote it.
func (r record) configuration() (config rest.Value) {
	_ = r.raw.Members(func(m rest.Member) error {
		if name, is := strings.CutSuffix(m.Name, "Config"); is && name == r.Type {
			config = m.Value
		}
		return nil
	})
	return config
}

// config returns the fields of r that may be shown.
func (r record) config() map[string]any {
	s, _ := find(r.Type)
	var config map[string]any
	if shown := s.appendShown(nil, r.configuration()); len(shown) > 0 {
		_ = rest.Value(shown).Into(&config) // it is valid, and an object
	}
	return config
}

// text returns a field of the configuration, if it is a text.
func (r record) text(field string) string {
	s, _ := r.config()[field].(string)
	return s
}

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
	s, _ := find(r.Type)
	c := provider.Credential{
		Provider: vendor, Kind: kind, ID: r.ID, Name: r.Name,
		Created: date(r.CreationDate), Updated: r.updated(),
		Details: &r,
	}
	if r.Enabled != nil {
		c.Status = map[bool]string{true: "enabled", false: "disabled"}[*r.Enabled]
	}
	scope, where := r.Type, ""
	_ = r.configuration().Members(func(m rest.Member) error {
		switch { // what is no text is not known
		case m.Name == s.key:
			_ = m.Text(&c.Key)
		case m.Name == s.cover:
			_ = m.Text(&where)
		case r.Type == "aws" && m.Name == "region":
			_ = m.Text(&c.Region)
		case r.Type == "certificateKeyPair" && m.Name == "info":
			c.Key, c.Expires = certificate(m.Value)
		}
		return nil
	})
	c.Key = strings.TrimSpace(c.Key)
	if where != "" {
		scope += ":" + where
	}
	c.Scopes = []string{scope}
	return c
}

// certificate reads what Losant says of a certificate.
func certificate(info rest.Value) (fingerprint string, expires time.Time) {
	_ = info.Members(func(m rest.Member) error {
		switch m.Name {
		case "fingerprint":
			_ = m.Text(&fingerprint)
		case "notValidAfter":
			var at string
			_ = m.Text(&at)
			expires = date(at)
		}
		return nil
	})
	return fingerprint, expires
}
