package losant

import (
	"encoding/json"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/losant/service"
	"github.com/credctl/credctl/internal/provider"
)

// FuzzRecord holds that whatever Losant answers, a credential of it can be made
// and printed, and a secret field of a type that is known is not in it.
func FuzzRecord(f *testing.F) {
	for _, typ := range types {
		f.Add(cred(typ.name, typ.least))
	}
	f.Add(`{"type":"vault","vaultConfig":{"a":[[{"token":1}]],"_links":null},"_links":{}}`)
	f.Add(`{"type":"","Config":{},"awsConfig":7,"certificateKeyPairConfig":null}`)
	f.Fuzz(func(t *testing.T, answer string) {
		var r record
		if jsonv2.Unmarshal([]byte(answer), &r) != nil {
			return
		}
		c := r.as(credID).credential()
		require.NotEmpty(t, c.ID)
		shown, err := json.Marshal(c)
		require.NoError(t, err)
		var again struct {
			Details map[string]any `json:"details"`
		}
		require.NoError(t, json.Unmarshal(shown, &again))
		s, known := service.Find(r.Type)
		if config, _ := again.Details[s.Config()].(map[string]any); known {
			require.NotContains(t, config, s.Secret().Name)
		}
	})
}

// FuzzConfig holds that a configuration file is either taken as it is, or refused
// as the caller's mistake at a place within it, and that no error quotes it.
func FuzzConfig(f *testing.F) {
	for _, typ := range types {
		f.Add(typ.least, typ.name)
	}
	f.Add("{\n\"a\": sesame", "aws")
	f.Add("\xff", "vault")
	f.Fuzz(func(t *testing.T, file, typ string) {
		in := provider.NewInput(params()[provider.Create]...)
		require.NoError(t, in.Value("config-file").Set(file))
		g, err := read(in)
		if err != nil {
			require.ErrorIs(t, err, provider.ErrUsage)
			return
		}
		body, err := g.Creation(typ)
		if err != nil {
			require.ErrorIs(t, err, provider.ErrUsage)
			return
		}
		sent, err := jsonv2.Marshal(body, revealing())
		require.NoError(t, err)
		require.JSONEq(t, file, string(sent))
	})
}

// revealing writes secrets as package rest does when it sends them.
func revealing() jsonv2.Options {
	return jsonv2.WithMarshalers(jsonv2.JoinMarshalers(
		jsonv2.MarshalToFunc(func(e *jsontext.Encoder, s provider.SecretJSON) error {
			return e.WriteValue(jsontext.Value(s.Reveal()))
		}),
		jsonv2.MarshalToFunc(func(e *jsontext.Encoder, s provider.Secret) error {
			return e.WriteToken(jsontext.String(s.Reveal()))
		}),
	))
}
