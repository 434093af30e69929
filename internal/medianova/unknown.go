package medianova

import (
	"errors"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
)

// exactly keeps the numbers among unknown members as they are written.
func exactly() json.Options {
	return json.WithUnmarshalers(json.UnmarshalFromFunc(func(dec *jsontext.Decoder, v *any) error {
		if dec.PeekKind() != '0' {
			return errors.ErrUnsupported
		}
		raw, err := dec.ReadValue()
		*v = raw.Clone()
		return err
	}))
}

// redact takes the secrets out of unknown members, at any depth: they are kept as
// a [provider.Secret], and what else has such a name not at all.
func redact(members map[string]any) {
	for name, v := range members {
		if !secretive(name) {
			walk(v)
			continue
		}
		switch v := v.(type) {
		case nil, bool: // whether there is one is no secret
		case string:
			members[name] = provider.NewSecret(v)
		default:
			members[name] = provider.Redacted
		}
	}
}

func walk(v any) {
	switch v := v.(type) {
	case map[string]any:
		redact(v)
	case []any:
		for _, item := range v {
			walk(item)
		}
	}
}

// secretive reports whether a member of this name may hold a secret.
func secretive(name string) bool {
	name = normal(name)
	for _, word := range []string{"secret", "password", "passwd", "token", "session", "privatekey", "apikey", "authorization"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// normal is the name of a member without what differs from one style to another.
func normal(name string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
}

// masked reports whether s stands in for a value that is not shown, or is none.
func masked(s string) bool {
	return strings.Trim(s, "*•●∙· ") == "" || strings.EqualFold(s, "hidden") || strings.EqualFold(s, "null")
}
