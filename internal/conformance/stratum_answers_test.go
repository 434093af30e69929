package conformance_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/conformance"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/stratum"
)

// stratumAnswers holds how the adapter reads what the server says of requests that the
// adapter does not send, because it checks its input, or always names the new key.
func stratumAnswers(t *testing.T, rec *conformance.Recordings, list conformance.Exchange) {
	tenantThere := rec.Take("41-new-key-read-own-tenant").AnswerOnly() // a create that fails with 500 is looked into
	for verb, names := range map[provider.Verb]map[string]error{
		provider.List: {
			"32-dormant-days-bad": nil, "33-dormant-days-0": nil, "34-dormant-days-9999": nil, "23-list-bad-tenant-id": provider.ErrUnavailable,
		},
		provider.Create: {
			"14-create-unknown-extra-fields": nil, "70-create-no-tenant": provider.ErrInvalid, "71-create-bad-uuid": provider.ErrInvalid,
			"72-create-tenant-null": provider.ErrInvalid, "73-create-rate-max-0": provider.ErrInvalid, "74-create-rate-max-100001": provider.ErrInvalid,
			"75-create-rate-max-float": provider.ErrInvalid, "76-create-bad-window": provider.ErrInvalid, "78-create-window-nospace": provider.ErrInvalid,
			"79-create-multi-errors": provider.ErrInvalid, "7a-create-unknown-tenant": provider.ErrUnknown, "7b-create-bad-json": provider.ErrInvalid,
			"7c-create-form": provider.ErrInvalid, "7d-create-empty-no-ct": provider.ErrInvalid, "7g-create-body-array": provider.ErrInvalid,
		},
		provider.Rotate: {
			"50-rotate-nobody": nil, "54-rotate-empty-json": nil, "57-rotate-bad-id": provider.ErrUnknown, "58-rotate-name-too-long": provider.ErrInvalid,
			"59-rotate-name-wrong-type": provider.ErrInvalid, "5a-rotate-empty-body-with-content-type": provider.ErrInvalid,
		},
		provider.Delete: {"63-revoke-bad-id": provider.ErrUnavailable, "64-revoke-with-json-ct-empty-body": provider.ErrInvalid},
	} {
		for name, want := range names {
			e := rec.Take(name).AnswerOnly()
			h := conformance.Hearing{Provider: stratum.Provider(), Settings: append([]string{"tenant", stratumTenant}, stratumOperator...), Verb: verb, ID: stratumOther, Play: exchanges{e}}
			switch failed := e.Status == http.StatusInternalServerError; {
			case verb == provider.Rotate && failed:
				h.Play = exchanges{list, e, list}
			case verb == provider.Rotate:
				h.Play = exchanges{list, e}
			case verb == provider.Create && failed:
				h.Play = exchanges{e, tenantThere}
			case verb == provider.List && !failed:
				h.Inputs, h.Settings = []string{"dormant", "true"}, stratumOperator
			}
			h.Check = func(t *testing.T, got []provider.Credential, err error) {
				if want == nil {
					stratumUnderstood(e)(t, got, err)
				} else {
					stratumRefused(t, e, err, want)
				}
			}
			t.Run(name, h.Run)
		}
	}
}

// TestStratumNames holds the names and types that the adapter decodes against
// those of the OpenAPI document.
func TestStratumNames(t *testing.T) {
	document := conformance.OpenPublished(t, "stratum").OpenAPI("openapi.upstream.json")
	for verb, answer := range map[provider.Verb]string{
		provider.List:   "[" + conformance.Sample(t, document.Schema("ApiKey")) + "]",
		provider.Create: conformance.Sample(t, document.Schema("ApiKeyCreated")),
	} {
		e := conformance.Exchange{Status: http.StatusOK, Answer: answer}
		server := e // the server's own names (API.md 1), under which credctl shows what the document promises
		server.Answer = strings.NewReplacer(`"prefix":`, `"key_prefix":`, `"key":`, `"plaintext_key":`).Replace(answer)
		settings := stratumOperator
		if verb == provider.Create {
			settings = append([]string{"tenant", stratumTenant}, stratumOperator...)
		}
		h := conformance.Hearing{Provider: stratum.Provider(), Settings: settings, Verb: verb, Play: exchanges{e.AnswerOnly()}, Check: stratumUnderstood(server)}
		t.Run(string(verb), h.Run)
	}
}

// stratumUnderstood checks that the adapter understood each member of each key in an
// answer, or why it was refused.
func stratumUnderstood(e conformance.Exchange) func(*testing.T, []provider.Credential, error) {
	return func(t *testing.T, got []provider.Credential, err error) {
		switch e.Status {
		case http.StatusForbidden:
			stratumRefused(t, e, err, provider.ErrDenied)
			return
		case http.StatusNotFound:
			stratumRefused(t, e, err, provider.ErrNotFound)
			return
		}
		require.NoError(t, err, e.Name)
		var keys []any
		if e.Answer != "" {
			var list bool
			if keys, list = e.At(t).([]any); !list {
				keys = []any{e.At(t)}
			}
		}
		require.Len(t, got, len(keys), e.Name)
		for i, key := range keys {
			sameKey(t, key.(map[string]any), got[i])
		}
	}
}

func stratumRefused(t *testing.T, e conformance.Exchange, err, class error) {
	t.Helper()
	body := e.At(t).(map[string]any)
	said := body["error"].(map[string]any)
	words := []any{said["message"]}
	for _, list := range []any{said["issues"], body["details"]} {
		issues, _ := list.([]any)
		for _, issue := range issues {
			words = append(words, issue.(map[string]any)["message"])
		}
	}
	e.Refused(t, err, class, said["code"], words...)
}

// sameKey checks that a credential says what the server says of a key.
func sameKey(t *testing.T, key map[string]any, have provider.Credential) {
	t.Helper()
	text := func(name string) string { s, _ := key[name].(string); return s }
	at := func(name string) (when time.Time) {
		if text(name) != "" {
			var err error
			when, err = time.Parse(time.RFC3339, text(name))
			require.NoError(t, err)
		}
		return when
	}
	want := provider.Credential{
		Provider: "stratum", Kind: "api-key", ID: text("id"), Name: text("name"), Scopes: []string{"all-tenants"},
		Created: at("created_at"), LastUsed: at("last_used_at"), Expires: at("expires_at"),
	}
	if text("tenant_id") != "" {
		want.Scopes = []string{"tenant:" + text("tenant_id")}
	}
	_, tellsRevoked := key["revoked_at"]
	switch {
	case text("revoked_at") != "":
		want.Status, want.Revoked = "revoked", true
	case tellsRevoked || text("plaintext_key") != "": // a dormant listing tells neither
		want.Status = "active"
	}
	assert.Equal(t, text("plaintext_key"), have.Secret.Reveal())
	shown := map[string]any{}
	for name, v := range key {
		if v != nil && name != "plaintext_key" {
			shown[name] = v
		}
	}
	shownBytes, err := json.Marshal(shown)
	require.NoError(t, err)
	assert.JSONEq(t, string(shownBytes), jsonOf(t, have.Details))
	have.Secret, have.Details = provider.Secret{}, nil
	assert.Equal(t, want, have)
}
