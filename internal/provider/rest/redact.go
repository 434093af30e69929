package rest

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
)

// withoutSecrets takes what r reveals out of a message of the vendor, who may repeat it.
func (r Request) withoutSecrets(message string) string {
	if message == "" {
		return ""
	}
	var found []string
	_, _ = r.marshal(json.WithMarshalers(json.JoinMarshalers( // it has been written before
		json.MarshalToFunc(func(e *jsontext.Encoder, s provider.SecretJSON) error {
			found = append(found, texts(s.Reveal())...)
			return e.WriteToken(jsontext.Null)
		}),
		json.MarshalToFunc(func(e *jsontext.Encoder, s provider.Secret) error {
			found = append(found, s.Reveal())
			return e.WriteToken(jsontext.Null)
		}),
	)))
	for _, secret := range found {
		if len(secret) < 4 { // it would be found everywhere
			continue
		}
		quoted, err := jsontext.AppendQuote(nil, secret)
		if err == nil {
			message = strings.ReplaceAll(message, string(quoted[1:len(quoted)-1]), provider.Redacted)
		}
		message = strings.ReplaceAll(message, secret, provider.Redacted)
	}
	return message
}

// texts returns the strings in a JSON text, but for the names of members.
func texts(s string) (found []string) {
	d := jsontext.NewDecoder(strings.NewReader(s), lenient())
	for {
		switch t, err := d.ReadToken(); {
		case err != nil:
			return found
		case t.Kind() != '"':
		default:
			if in, n := d.StackIndex(d.StackDepth()); in == '{' && n%2 == 1 {
				continue // a name
			}
			found = append(found, t.String())
		}
	}
}
