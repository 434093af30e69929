package conformance_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/conformance"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/vendortest"
	"github.com/credctl/credctl/internal/stratum"
)

const (
	stratumTenant  = "049563bb-1f45-4543-a988-8d7262cb0cdb"
	stratumRevoked = "b0d71f2c-e4e6-4c01-98dd-8e4614db1b59"
	stratumOther   = "2f2cc2ce-f0f8-43f6-b9e6-28f03f46f2af"
)

var stratumOperator = []string{"token-file", "sk_test_operator"}

// TestStratum holds what the adapter sends and understands against recordings
// of a real server, and what it sends against the OpenAPI document.
func TestStratum(t *testing.T) {
	published := conformance.OpenPublished(t, "stratum")
	rec, document := published.Recordings(), published.OpenAPI("openapi.upstream.json")
	all, afterwards := rec.Take("20-list-all"), rec.Take("65-list-after-revoke")
	afterwards.Query = url.Values{} // get and rotate look at the keys of all tenants

	cases := map[string]conformance.Hearing{
		"get what is revoked": {Verb: provider.Get, ID: stratumRevoked, Play: exchanges{afterwards}, Check: stratumUnderstood(onlyKey(t, afterwards, stratumRevoked))},
		"rotate what is revoked": { // the server's answer would be a 500
			Verb: provider.Rotate, ID: stratumRevoked, Play: exchanges{afterwards},
			Check: func(t *testing.T, _ []provider.Credential, err error) { require.ErrorIs(t, err, provider.ErrNotFound) },
		},
		"rotate what is unknown": {
			Verb: provider.Rotate, ID: "00000000-0000-4000-8000-000000000000", Play: exchanges{all},
			Check: func(t *testing.T, _ []provider.Credential, err error) { require.ErrorIs(t, err, provider.ErrNotFound) },
		},
	}
	rec.Without("the listing is asked for first, and shows that there is nothing to rotate", "55-rotate-revoked", "56-rotate-unknown")
	rec.Without("credctl makes no tenants and does not ask for the health", "00-health", "02-tenant-create-root", "03-tenant-create-child", "04-tenant-create-other")

	for name, inputs := range map[string][]string{
		"01-list-empty-operator": nil, "20-list-all": nil, "21-list-by-tenant": nil, "22-list-unknown-tenant": nil, "42-list-after-use": nil, "65-list-after-revoke": nil,
		"30-dormant-default": {"dormant", "true"}, "31-dormant-days-1": {"dormant", "true", "days", "1"},
		"40-new-key-lists-keys-403": nil,
	} {
		e := rec.Take(name)
		cases[name] = conformance.Hearing{Verb: provider.List, Inputs: inputs, Play: exchanges{e}, Check: stratumUnderstood(e)}
	}
	for _, name := range []string{"10-create-full", "11-create-minimal", "12-create-child-tenant", "13-create-other-tenant", "77-create-window-upper", "7e-create-empty-name", "7f-create-long-name"} {
		e := rec.Take(name)
		cases[name] = conformance.Hearing{Verb: provider.Create, Inputs: stratumInputs(t, e.Body), Play: exchanges{e}, Check: stratumUnderstood(e)}
	}
	renamed := rec.Take("53-rotate-with-name")
	cases[renamed.Name] = conformance.Hearing{Verb: provider.Rotate, Inputs: append([]string{"new-name"}, stratumInputs(t, renamed.Body)[1:]...), Play: exchanges{all, renamed}, Check: stratumUnderstood(renamed)}
	later := map[string]exchanges{} // answers to the requests that follow
	for _, name := range []string{"60-revoke", "61-revoke-again-404", "62-revoke-unknown-404"} {
		e := rec.Take(name)
		check := stratumUnderstood(e)
		if e.Status == http.StatusNotFound { // whether the key exists elsewhere is looked up
			later[name], check = exchanges{all.AnswerOnly()}, absent
		}
		cases[name] = conformance.Hearing{Verb: provider.Delete, Play: exchanges{e}, Check: check}
	}
	// The list of a tenant that does not exist is empty, which is not "none".
	unknown := cases["22-list-unknown-tenant"]
	missing := conformance.Exchange{Status: http.StatusNotFound, Answer: `{"success":false,"error":{"code":"NOT_FOUND","message":"Tenant not found"}}`}
	later["22-list-unknown-tenant"] = exchanges{missing.AnswerOnly()}
	unknown.Check = absent
	cases["22-list-unknown-tenant"] = unknown
	for name, h := range cases {
		t.Run(name, func(t *testing.T) { runStratum(t, h, document, later[name]...) })
	}
	t.Run("verify", func(t *testing.T) { stratumVerifies(t, rec) })
	t.Run("answers", func(t *testing.T) { stratumAnswers(t, rec, all.AnswerOnly()) })
}

func absent(t *testing.T, _ []provider.Credential, err error) {
	require.ErrorIs(t, err, provider.ErrNotFound)
}

// runStratum runs a hearing with the key, the tenant and the ID of the last exchange, and
// holds the bodies that are sent against the document.
func runStratum(t *testing.T, h conformance.Hearing, document *conformance.OpenAPI, later ...conformance.Exchange) {
	t.Helper()
	e := h.Play[len(h.Play)-1]
	h.Provider, h.Settings = stratum.Provider(), []string{"token-file", e.Header.Get("X-Api-Key")}
	tenant := e.Query.Get("tenant_id")
	if h.Verb == provider.Create {
		tenant = e.At(t, "tenant_id").(string)
	}
	if tenant != "" {
		h.Settings = append(h.Settings, "tenant", tenant)
	}
	inPath := regexp.MustCompile(`/api-keys/([0-9a-f-]{36})`)
	if m := inPath.FindStringSubmatch(e.Path); h.ID == "" && m != nil {
		h.ID = m[1]
	}
	h.Play = append(h.Play, later...)
	h.Sent = func(t *testing.T, sent conformance.Sent) {
		if sent.Body != "" {
			wrong := conformance.Check(t, document.Body(sent.Method, inPath.ReplaceAllString(sent.Path, "/api-keys/{id}")), sent.Body)
			wrong = slices.DeleteFunc(wrong, func(s string) bool { return strings.Contains(s, "2 Hours") }) // the server takes a window in any case (API.md 3.1)
			assert.Empty(t, wrong, e.Name)
		}
	}
	h.Run(t)
}

// stratumInputs are the parameters that lead to a body.
func stratumInputs(t *testing.T, body string) (inputs []string) {
	t.Helper()
	var members map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &members))
	for name, value := range members {
		if name != "tenant_id" {
			inputs = append(inputs, strings.ReplaceAll(name, "_", "-"), fmt.Sprint(value))
		}
	}
	return inputs
}

// onlyKey is a listing with one of its keys.
func onlyKey(t *testing.T, e conformance.Exchange, id string) conformance.Exchange {
	t.Helper()
	for _, item := range e.At(t).([]any) {
		if item.(map[string]any)["id"] == id {
			b, err := json.Marshal(item)
			require.NoError(t, err)
			e.Answer = string(b)
		}
	}
	return e
}

// stratumVerifies holds what the adapter makes of trying a new and an old secret.
func stratumVerifies(t *testing.T, rec *conformance.Recordings) {
	for _, name := range []string{"41-new-key-read-own-tenant", "51-old-key-after-rotate-401", "52-new-key-after-rotate-200"} {
		e := rec.Take(name)
		s := &vendortest.Script{T: t, Answers: []string{strconv.Itoa(e.Status) + " " + e.Answer}}
		k, err := stratum.Provider().Kinds[0].Open(s.Conn("http://localhost:3000/api/v1", vendortest.Input(t, stratum.Provider().Settings, stratumOperator...)))
		require.NoError(t, err)
		secret := e.Header.Get("X-Api-Key")
		err = k.(provider.Verifier).Verify(t.Context(), provider.Credential{ID: stratumRevoked, Scopes: []string{"tenant:" + lastSegment(e)}, Secret: provider.NewSecret(secret)})
		assert.Equal(t, []string{e.Method + " " + e.Path}, s.Sent, name)
		assert.Equal(t, secret, s.Headers[0].Get("X-Api-Key"), name)
		if e.Status == http.StatusOK {
			require.NoError(t, err, name)
		} else {
			stratumRefused(t, e, err, provider.ErrDenied)
		}
	}
}

// lastSegment is the tenant in the path of e.
func lastSegment(e conformance.Exchange) string { return e.Path[strings.LastIndex(e.Path, "/")+1:] }
