package rest

import (
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// encode returns the body of r as it is sent, or nil, and the secrets in it. This
// is the place where a request reveals them.
func (r Request) encode() (body []byte, secrets []string, err error) {
	body, err = r.marshal(json.WithMarshalers(json.JoinMarshalers(
		json.MarshalToFunc(func(e *jsontext.Encoder, s provider.SecretJSON) error {
			value := s.Reveal()
			secrets = append(secrets, vendorjson.Strings(value)...)
			return e.WriteValue(jsontext.Value(value))
		}),
		json.MarshalToFunc(func(e *jsontext.Encoder, s provider.Secret) error {
			value := s.Reveal()
			secrets = append(secrets, value)
			return e.WriteToken(jsontext.String(value))
		}),
	)))
	return body, secrets, err
}

// redact takes what r and its headers reveal out of a message of the vendor, who
// may repeat it.
func (r Request) redact(message string, sent *http.Request) string {
	_, secrets, _ := r.encode() // it has been written before
	for name, values := range sent.Header {
		if name != "Accept" && name != "Content-Type" && name != "User-Agent" {
			secrets = append(secrets, strings.Fields(strings.TrimPrefix(strings.Join(values, " "), bearer))...)
		}
	}
	for _, secret := range secrets {
		if len(secret) < 4 { // it would be found everywhere
			continue
		}
		if quoted, err := jsontext.AppendQuote(nil, secret); err == nil {
			message = strings.ReplaceAll(message, string(quoted[1:len(quoted)-1]), provider.Redacted)
		}
		message = strings.ReplaceAll(message, secret, provider.Redacted)
	}
	return message
}
