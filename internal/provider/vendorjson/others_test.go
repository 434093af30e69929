package vendorjson

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRedact(t *testing.T) {
	pass := func(name string, v jsontext.Value) bool { return name == "pass" && string(v) != `""` }
	for in, want := range map[string]string{
		`{"pass":"canary","n":12345678901234567890,"t":"a"}`:        `{"pass":"[redacted]","n":12345678901234567890,"t":"a"}`,
		`{"pass":{"x":"canary"}}`:                                   `{"pass":"[redacted]"}`,
		`{"pass":null}`:                                             `{"pass":null}`,
		`{"pass":true,"a":{"pass":""}}`:                             `{"pass":true,"a":{"pass":""}}`,
		`{"a":[[{"pass":7,"pass":8}],{"b":{"pass":["canary"]}},1]}`: `{"a":[[{"pass":"[redacted]"}],{"b":{"pass":"[redacted]"}},1]}`,
	} {
		members := TryRead[Others]([]byte(in))
		members.Redact(pass)
		got, err := Write(members)
		require.NoError(t, err)
		assert.JSONEq(t, want, string(got))
	}
	items := func(name string, v jsontext.Value) bool { return name == "pass" && v.Kind() != '[' }
	assert.JSONEq(t, `["[redacted]",true,["[redacted]"]]`, string(Redacted("pass", jsontext.Value(`["canary",true,[{"a":1}]]`), items)), "elements have the name of the array")
}

func TestEdit(t *testing.T) {
	f := func(name string, v jsontext.Value) jsontext.Value {
		switch name {
		case "drop":
			return nil
		case "hide":
			return jsontext.Value("0")
		}
		return v
	}
	for in, want := range map[string]string{
		`{"drop":1,"hide":[2],"a":{"drop":3}, "\u0062\n":4,"drop":5}`: `{"hide":0,"a":{"drop":3},"b\n":4}`,
		`{"drop":1}`: `{}`,
		`{}`:         `{}`,
		`[{"a":1}]`:  `{}`,
		``:           `{}`,
	} {
		assert.Equal(t, want, string(Edit(jsontext.Value(in), f)), in)
	}
}

func TestTryRead(t *testing.T) {
	assert.Equal(t, "a", TryRead[string]([]byte(`"a"`)))
	assert.Empty(t, TryRead[string]([]byte(`1`)))
	assert.Empty(t, TryRead[string](nil))
	assert.Nil(t, TryRead[Others]([]byte(`[]`)))
}
