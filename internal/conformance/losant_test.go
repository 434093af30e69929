package conformance_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/conformance"
	"github.com/credctl/credctl/internal/losant"
	"github.com/credctl/credctl/internal/provider"
)

const (
	losantApplication = "575ece2b7ae143cd83dc4a9c"
	losantCredential  = "575ece2b7ae143cd83dc4a9b"
)

// TestLosantRequests holds what is sent to create and update a credential of
// each type against Losant's schemas, with all that they know in it.
func TestLosantRequests(t *testing.T) {
	published := conformance.OpenPublished(t, "losant")
	post, patch, shown := published.Schema("schemas/credentialPost.json"), published.Schema("schemas/credentialPatch.json"), published.Schema("schemas/credential.json")
	for _, name := range post.Properties["type"].Enum.Values {
		typ := name.(string)
		member := typ + "Config"
		t.Run(typ, func(t *testing.T) {
			given := objectOf(t, conformance.Sample(t, post.Properties[member]))
			delete(given, "generatePrivateKey") // in place of a key, which is there
			answer := objectOf(t, conformance.Sample(t, shown))
			for name := range answer {
				if strings.HasSuffix(name, "Config") && name != member {
					delete(answer, name)
				}
			}
			answer["type"], answer["enabled"] = typ, false
			if config, is := answer[member].(map[string]any); is {
				for name, v := range given {
					if _, readable := config[name]; readable {
						config[name] = v
					}
				}
			}
			told := conformance.Exchange{Status: http.StatusOK, Answer: jsonOf(t, answer)}
			answer["lastUpdated"] = "2026-12-01T00:00:00.000Z"
			later := conformance.Exchange{Status: http.StatusOK, Answer: jsonOf(t, answer)}
			id, _ := answer["id"].(string)
			inputs := []string{"name", answer["name"].(string), "description", answer["description"].(string), "disabled", "true", "config-file", jsonOf(t, given)}

			h := conformance.Hearing{Provider: losant.Provider(), Settings: []string{"token-file", "t", "application", losantApplication}}
			h.Verb, h.Inputs, h.Play, h.Check = provider.Create, append(inputs, "type", typ), []conformance.Exchange{later.AnswerOnly()}, losantShows(later)
			h.Sent = func(t *testing.T, sent conformance.Sent) {
				assert.Empty(t, conformance.Check(t, post, sent.Body))
				assert.Equal(t, given, objectOf(t, sent.Body)[member])
			}
			h.Run(t)
			h.Verb, h.ID, h.Inputs, h.Play = provider.Update, id, append([]string{"new-name"}, inputs[1:]...), []conformance.Exchange{told.AnswerOnly(), later.AnswerOnly(), later.AnswerOnly()}
			h.Sent = func(t *testing.T, sent conformance.Sent) {
				if sent.Method == http.MethodPatch {
					assert.Empty(t, conformance.Check(t, patch, sent.Body))
					assert.Equal(t, given, objectOf(t, sent.Body)[member])
				}
			}
			h.Run(t)
		})
	}
}

// TestLosantExamples holds what is understood of Losant's own examples.
func TestLosantExamples(t *testing.T) {
	published := conformance.OpenPublished(t, "losant")
	example := func(name string, status int) conformance.Exchange {
		return conformance.Exchange{Name: name, Status: status, Answer: published.Text("schemas/apiExamples.subset.json", name)}
	}
	h := conformance.Hearing{Provider: losant.Provider(), Settings: []string{"token-file", "t", "application", losantApplication}, Verb: provider.Get, ID: losantCredential}
	one := example("credential", http.StatusOK)
	h.Play, h.Check = []conformance.Exchange{one.AnswerOnly()}, losantShows(one)
	t.Run("credential", h.Run)
	for name, status := range map[string]int{"error": http.StatusNotFound, "validationErrors": http.StatusBadRequest} {
		e, class := example(name, status), map[string]error{"error": provider.ErrNotFound, "validationErrors": provider.ErrInvalid}[name]
		h.Play, h.Check = []conformance.Exchange{e.AnswerOnly()}, func(t *testing.T, _ []provider.Credential, err error) {
			e.Refused(t, err, class, e.At(t, "type"), e.At(t, "message"))
		}
		t.Run(name, h.Run)
	}
}

// losantShows checks that the credential in an answer is understood and shown, all of it.
func losantShows(e conformance.Exchange) func(*testing.T, []provider.Credential, error) {
	return func(t *testing.T, got []provider.Credential, err error) {
		require.NoError(t, err)
		require.Len(t, got, 1)
		want := objectOf(t, e.Answer)
		assert.JSONEq(t, e.Answer, jsonOf(t, got[0].Details))
		assert.Equal(t, []any{want["id"], want["name"]}, []any{got[0].ID, got[0].Name})
		assert.Equal(t, map[any]string{true: "enabled", false: "disabled"}[want["enabled"]], got[0].Status)
		assert.Equal(t, want["creationDate"], got[0].Created.Format("2006-01-02T15:04:05.000Z"))
		assert.Equal(t, want["lastUpdated"], got[0].Updated.Format("2006-01-02T15:04:05.000Z"))
	}
}

func objectOf(t *testing.T, text string) (object map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &object))
	return object
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}
