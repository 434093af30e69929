package rest

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func record(t *testing.T, text string) Record {
	t.Helper()
	var r Record
	require.NoError(t, json.Unmarshal([]byte(text), &r, lenient()))
	return r
}

func TestRecordMembers(t *testing.T) {
	r := record(t, " {\"a\" : \"x\\\\\" ,\n \"b\\u0022\":{\"c\":[1,{\"]\":\"}\\\"\"}]},\"d\":[ ],\"e\":-1.5e3 , \"f\":true,\"g\":null}\n")
	var names, values []string
	require.NoError(t, r.Members(func(m Member) error {
		names, values = append(names, m.Name), append(values, string(m.Value))
		return nil
	}))
	assert.Equal(t, []string{"a", `b"`, "d", "e", "f", "g"}, names)
	assert.Equal(t, []string{`"x\\"`, `{"c":[1,{"]":"}\""}]}`, "[ ]", "-1.5e3", "true", "null"}, values)
	for _, none := range []string{"null", "{}", " { } "} {
		require.NoError(t, record(t, none).Members(func(Member) error { return assert.AnError }))
	}
	require.Error(t, json.Unmarshal([]byte(`[]`), new(Record)))
}

func TestRecordValues(t *testing.T) {
	type values struct {
		Text   string          `json:"text"`
		Texts  []string        `json:"texts"`
		Secret provider.Secret `json:"secret"`
		Time   time.Time       `json:"time"`
		Bool   bool            `json:"bool"`
		Int    int64           `json:"int"`
		Into   *int            `json:"into"`
	}
	read := func(text string) (values, error) {
		var v values
		err := record(t, text).Members(func(m Member) error {
			return map[string]func() error{
				"text": func() error { return m.Text(&v.Text) }, "texts": func() error { return m.Texts(&v.Texts) },
				"secret": func() error { return m.Secret(&v.Secret) }, "time": func() error { return m.Time(&v.Time) },
				"bool": func() error { return m.Bool(&v.Bool) }, "int": func() error { return m.Int(&v.Int) },
				"into": func() error { return m.Into(&v.Into) },
			}[m.Name]()
		})
		return v, err
	}
	for _, good := range []string{
		`{"text":"a\u00e9\n\"","texts":["b","\\"],"secret":"s","time":"2026-11-22T04:53:28.718+01:00","bool":true,"int":-9007199254740993,"into":7}`,
		`{"text":null,"texts":null,"secret":null,"time":null,"bool":null,"int":null,"into":null}`,
		`{"text":"","secret":"","bool":false,"int":0}`, `{}`,
	} {
		got, err := read(good)
		require.NoError(t, err)
		var want values
		require.NoError(t, json.Unmarshal([]byte(good), &want))
		assert.True(t, got.Time.Equal(want.Time))
		got.Time, want.Time = time.Time{}, time.Time{}
		assert.Equal(t, want, got, good)
	}
	for _, bad := range []string{
		`{"text":1}`, `{"texts":["a",1]}`, `{"texts":"a"}`, `{"secret":{}}`, `{"time":"yesterday"}`, `{"time":7}`, `{"bool":"true"}`, `{"int":1.5}`, `{"int":"1"}`, `{"into":"x"}`,
	} {
		_, err := read(bad)
		require.Error(t, err, bad)
		assert.Contains(t, where(err), bad[2:4], "the place is named")
	}
}

func TestRecordIsSecret(t *testing.T) {
	r := record(t, `{"a":"canary"}`)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		assert.NotContains(t, fmt.Sprintf(verb, struct{ R *Record }{&r}), "canary")
		assert.NotContains(t, fmt.Sprintf(verb, r), "canary")
	}
}

func TestMemberAppend(t *testing.T) {
	b := []byte{'{'}
	require.NoError(t, record(t, "{\"a\" :\t1,\"b\\u0022\": [\r\n 1, \"x y\" ] , \"c\": {}}").Members(func(m Member) error {
		b = m.Append(b)
		return nil
	}))
	b = Member{}.Append(b)
	assert.JSONEq(t, `{"a":1,"b\u0022":[1,"x y"],"c":{}}`, string(b)+"}", "an object is left open")
}

// FuzzRecord holds that a record has the members that decoding finds, and that
// what is appended of them is the same again, in one line.
func FuzzRecord(f *testing.F) {
	f.Add("{\"a\":\"\\\\\",\"b\":[1,{\"c\":\"}\\\"\"}],\"\\u0064\":-1e9,\n\"e\":\r{\"f\": null}}")
	f.Add(`{"":"\ud83d\ude00","\\\"":[[],[[]],{}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		var r Record
		want := map[string]any{}
		if json.Unmarshal([]byte(text), &want) != nil || want == nil {
			return
		}
		require.NoError(t, json.Unmarshal([]byte(text), &r))
		got, again := map[string]any{}, []byte{'{'}
		require.NoError(t, r.Members(func(m Member) error {
			var v any
			err := m.Into(&v)
			got[m.Name], again = v, m.Append(again)
			return err
		}))
		assert.Equal(t, want, got)
		var same map[string]any
		require.NoError(t, json.Unmarshal(append(again, '}'), &same, lenient()))
		assert.Len(t, same, len(got))
		assert.NotContains(t, string(again), "\n")
	})
}
