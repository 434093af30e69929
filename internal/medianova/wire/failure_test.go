package wire_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/medianova/wire"
	"github.com/credctl/credctl/internal/provider"
)

func TestFailureMessages(t *testing.T) {
	for body, want := range map[string]string{
		`{"status":false,"message":"Credential not found"}`:                                                        "Credential not found",
		`{"message":"The given data was invalid.","errors":{"name":["is required","is short"],"buckets":"empty"}}`: "The given data was invalid.: buckets: empty; name: is required; name: is short",
		`{"detail":[{"loc":["body","name"],"msg":"field required","type":"x","input":"canary"}]}`:                  "body.name: field required",
		`{"detail":[{"loc":["body",0,"uuid"],"msg":"a"},{"msg":"b"}]}`:                                             "body.0.uuid: a; b",
		`{"detail":"Not Found"}`:                                   "Not Found",
		`{"detail":{"message":"nested"}}`:                          "nested",
		`{"error":{"message":"legacy"}}`:                           "legacy",
		`{"error":"flat"}`:                                         "flat",
		`{"message":"first","error":"second"}`:                     "first",
		`{"success":false,"errors":["one","two"],"messages":[]}`:   "one; two",
		`{"errors":[{"field":"name","message":"taken"}]}`:          "name: taken",
		`{"secret":"canary"}`:                                      "",
		`{"message":{"secret":"canary"},"error":{"key":"canary"}}`: "",
		`<html>`: "",
		`[]`:     "",
		``:       "",
	} {
		assert.Equal(t, want, wire.Failure(422, []byte(body)).Message, body)
	}
}

func TestSuccessesThatAreNone(t *testing.T) {
	for body, want := range map[string]bool{
		`{"status":true}`: false, `{"status":1}`: false, `{"status":"1"}`: false, `{}`: false, `{"status":null}`: false, `{"status":"ok"}`: false, `{"status":200}`: false,
		`{"status":false}`: true, `{"status":0}`: true, `{"status":"0"}`: true, `{"status":"false"}`: true, `{"success":false}`: true, ``: false, `[]`: false,
	} {
		assert.Equal(t, want, wire.Failure(200, []byte(body)).Failed, body)
	}
}

func TestRouterIsToldFromDomain(t *testing.T) {
	for body, want := range map[string]bool{`<html>`: true, `{"message":"x"}`: true, `{"detail":"Not Found"}`: true, ``: true, `{"status":false,"message":"x"}`: false} {
		f := wire.Failure(404, []byte(body))
		assert.Equal(t, want, f.Class != nil && errors.Is(f.Class, wire.ErrNoRoute), body)
	}
	require.ErrorIs(t, wire.Failure(405, nil).Class, wire.ErrNoRoute)
	assert.NoError(t, wire.Failure(401, nil).Class)
}

// A create that the API itself turned away was not carried out; what a gateway
// turned away may have been.
func TestTheAPIIsToldFromAGateway(t *testing.T) {
	for body, want := range map[string]error{
		`{"status":false,"message":"maintenance"}`: provider.ErrUnavailable,
		`{"success":0}`:                     provider.ErrUnavailable,
		`{"message":"Service Unavailable"}`: nil,
		`<html>`:                            nil,
		``:                                  nil,
	} {
		assert.Equal(t, want, wire.Failure(503, []byte(body)).Class, body)
		assert.NoError(t, wire.Failure(500, []byte(body)).Class, body)
	}
}

func FuzzFailure(f *testing.F) {
	f.Add([]byte(`{"status":false,"message":"m","errors":{"name":["a"]}}`))
	f.Add([]byte(`{"detail":[{"loc":["body",{}],"msg":3}]}`))
	f.Add([]byte(`{"error":{"message":"m"},"success":0}`))
	f.Fuzz(func(_ *testing.T, body []byte) {
		wire.Failure(422, body)
		wire.Failure(200, body)
	})
}
