package losant

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/providertest"
)

// TestConformance holds the table of types against the schemas of Losant.
func TestConformance(t *testing.T) {
	published := providertest.OpenPublished(t, vendor)
	post, patch, shown := published.Schema("schemas/credentialPost.json"), published.Schema("schemas/credentialPatch.json"), published.Schema("schemas/credential.json")
	assert.Equal(t, texts(post.Properties["type"].Enum), typeNames())
	for _, s := range services {
		t.Run(s.name, func(t *testing.T) {
			conforms(t, s, post.Properties[s.config()], shown.Properties[s.config()])
			assert.ElementsMatch(t, sorted(post.Properties[s.config()].Properties), sorted(patch.Properties[s.config()].Properties))
		})
	}
}

func conforms(t *testing.T, s service, post, shown *providertest.Schema) {
	t.Helper()
	assert.ElementsMatch(t, sorted(post.Properties), s.writable())
	for _, f := range s.fields {
		_, readable := shown.Properties[f.name]
		assert.Equal(t, readable, !f.secret && !f.writeOnly, "%s can be read", f.name)
		if f.readOnly {
			continue
		}
		p := post.Properties[f.name]
		if len(p.OneOf) > 0 {
			assert.True(t, f.nullable, f.name)
			p = p.OneOf[0]
		}
		want := field{
			name: f.name, min: p.MinLength + p.Minimum, max: p.MaxLength + p.Maximum, values: texts(p.Enum),
			kind: map[any]valueKind{"string": text, "integer": number, "boolean": truth}[p.Type],
		}
		assert.Equal(t, want, field{name: f.name, min: f.min, max: f.max, values: f.values, kind: f.kind})
		if !slices.Contains([]string{"snowflake", "git"}, s.name) { // they have an anyOf
			assert.Equal(t, slices.Contains(post.Required, f.name), f.required, f.name)
		}
	}
}

func texts(values []any) (all []string) {
	for _, v := range values {
		all = append(all, fmt.Sprint(v))
	}
	return all
}

// TestConformanceOfRequests holds what is sent to create and update a credential of
// each type against Losant's schemas, with all that they know in it.
func TestConformanceOfRequests(t *testing.T) {
	published := providertest.OpenPublished(t, vendor)
	post, patch, shown := published.Schema("schemas/credentialPost.json"), published.Schema("schemas/credentialPatch.json"), published.Schema("schemas/credential.json")
	for _, s := range services {
		t.Run(s.name, func(t *testing.T) {
			given := objectOf(t, post.Properties[s.config()].Sample(t))
			delete(given, generate) // in place of a key, which is there
			answer := objectOf(t, shown.Sample(t))
			for _, other := range services {
				if other.name != s.name {
					delete(answer, other.config())
				}
			}
			answer["type"], answer["enabled"] = s.name, false
			if config, is := answer[s.config()].(map[string]any); is {
				for name, v := range given {
					if _, readable := config[name]; readable {
						config[name] = v
					}
				}
			}
			told := providertest.Exchange{Status: http.StatusOK, Answer: jsonOf(t, answer)}
			answer["lastUpdated"] = "2026-12-01T00:00:00.000Z"
			later := providertest.Exchange{Status: http.StatusOK, Answer: jsonOf(t, answer)}
			id, _ := answer["id"].(string)
			inputs := []string{"name", answer["name"].(string), "description", answer["description"].(string), "disabled", "true", "config-file", jsonOf(t, given)}

			h := providertest.Hearing{Provider: Provider(), Settings: []string{"token-file", "t", "application", appID}}
			h.Verb, h.Inputs, h.Play, h.Check = provider.Create, append(inputs, "type", s.name), []providertest.Exchange{later.AnswerOnly()}, shows(later)
			h.Sent = func(t *testing.T, sent providertest.Sent) {
				assert.Empty(t, post.Check(t, sent.Body))
				assert.Equal(t, given, objectOf(t, sent.Body)[s.config()])
			}
			h.Run(t)
			h.Verb, h.ID, h.Inputs, h.Play = provider.Update, id, inputs, []providertest.Exchange{told.AnswerOnly(), later.AnswerOnly(), later.AnswerOnly()}
			h.Sent = func(t *testing.T, sent providertest.Sent) {
				if sent.Method == http.MethodPatch {
					assert.Empty(t, patch.Check(t, sent.Body))
					assert.Equal(t, given, objectOf(t, sent.Body)[s.config()])
				}
			}
			h.Run(t)
		})
	}
}

// TestConformanceOfExamples holds what is understood of Losant's own examples.
func TestConformanceOfExamples(t *testing.T) {
	published := providertest.OpenPublished(t, vendor)
	example := func(name string, status int) providertest.Exchange {
		return providertest.Exchange{Name: name, Status: status, Answer: published.Text("schemas/apiExamples.subset.json", name)}
	}
	h := providertest.Hearing{Provider: Provider(), Settings: []string{"token-file", "t", "application", appID}, Verb: provider.Get, ID: credID}
	one := example("credential", http.StatusOK)
	h.Play, h.Check = []providertest.Exchange{one.AnswerOnly()}, shows(one)
	t.Run("credential", h.Run)
	for name, status := range map[string]int{"error": http.StatusNotFound, "validationErrors": http.StatusBadRequest} {
		e, class := example(name, status), map[string]error{"error": provider.ErrNotFound, "validationErrors": provider.ErrInvalid}[name]
		h.Play, h.Check = []providertest.Exchange{e.AnswerOnly()}, func(t *testing.T, _ []provider.Credential, err error) {
			e.Refused(t, err, class, e.At(t, "type"), e.At(t, "message"))
		}
		t.Run(name, h.Run)
	}
}

// shows checks that the credential in an answer is understood and shown, all of it.
func shows(e providertest.Exchange) func(*testing.T, []provider.Credential, error) {
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
