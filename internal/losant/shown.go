package losant

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// AppendJSON appends what may be shown of r: without the links of the API, and
// without secrets, should Losant return one after all, or a type that is not
// known have one that it shows.
func (r *record) AppendJSON(b []byte) ([]byte, error) {
	s, _ := find(r.Type)
	b = append(b, `{"id":`...)
	b, _ = jsontext.AppendQuote(b, r.ID) // the error is that of invalid UTF-8, which is replaced
	err := r.raw.Members(func(m rest.Member) error {
		switch m.Name {
		case "id":
			return nil
		case "applicationId", "name", "type", "description", "enabled", "creationDate", "createdById", "createdByType",
			"lastUpdated", "lastUpdatedById", "lastUpdatedByType":
			if !m.Null() {
				b = m.Append(b)
			}
			return nil
		}
		name, config := strings.CutSuffix(m.Name, "Config")
		switch {
		case strings.HasPrefix(m.Name, "_"):
		case !m.Object():
			b = appendRedacted(m.AppendName(b), m.Name, m.Value)
		case config && name == s.name:
			b = s.appendShown(m.AppendName(b), m.Value)
		default:
			b = service{}.appendShown(m.AppendName(b), m.Value)
		}
		return nil
	})
	return append(b, '}'), err
}

// MarshalJSON implements json.Marshaler.
func (r *record) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil) }

// appendShown appends what may be shown of a configuration, if it is an object.
func (s service) appendShown(b []byte, config rest.Value) []byte {
	if !config.Object() {
		return b
	}
	b = append(b, '{')
	_ = config.Members(func(m rest.Member) error {
		f, known := s.field(m.Name)
		switch {
		case f.secret || f.writeOnly:
		case known:
			b = m.Append(b)
		default:
			b = appendRedacted(m.AppendName(b), m.Name, m.Value)
		}
		return nil
	})
	return append(b, '}')
}

// appendRedacted appends v, which no table describes, but hides what by its name
// may be a secret.
func appendRedacted(b []byte, name string, v rest.Value) []byte {
	switch {
	case v.Array():
		b = append(b, '[')
		begun := false
		v.Items(func(item rest.Value) {
			if begun {
				b = append(b, ',')
			}
			begun = true
			b = appendRedacted(b, name, item)
		})
		return append(b, ']')
	case v.Null() || v == "true" || v == "false":
		return v.Append(b)
	case secretive(name):
		return append(b, `"`+provider.Redacted+`"`...)
	case v.Object():
		return service{}.appendShown(b, v)
	}
	return v.Append(b)
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
