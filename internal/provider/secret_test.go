package provider_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/provider"
)

const plain = "hunter2"

type hidden struct{ s provider.Secret } // fmt cannot call methods on s

// vault holds a secret wherever a Go value can.
type vault struct {
	Secret provider.Secret
	Ptr    *provider.Secret
	List   []provider.Secret
	Map    map[string]provider.Secret
	Any    any
	deep   hidden
}

func TestSecretNeverShows(t *testing.T) {
	s := provider.NewSecret(plain)
	c := provider.Credential{ID: "1", Secret: s, Details: struct{ K provider.Secret }{s}}
	v := vault{s, &s, []provider.Secret{s}, map[string]provider.Secret{"k": s}, s, hidden{s}}
	_, scan := fmt.Sscan("x", &s)
	values := []any{
		s, &s, c, &c, v, &v,
		hidden{s},
		&hidden{s},
		[]provider.Secret{s},
		[1]provider.Secret{s},
		map[string]any{"k": s},
		errors.Join(fmt.Errorf("%v %+v %#v %s %q", s, s, s, s, s)), fmt.Errorf("%w", provider.Usage("%s", s)), scan, provider.Hint(scan, "%v", s),
		func() any { return recovered(func() { panic(s) }) }(),
	}
	var shown []string
	for _, v := range values {
		for _, verb := range "vsqxXdtbcoOeEfFgGUpT" {
			for _, flags := range []string{"", "+", "#", "#+", " ", "-40", "040", ".3"} {
				shown = append(shown, fmt.Sprintf("%"+flags+string(verb), v))
			}
		}
		for _, encode := range []func(any) ([]byte, error){json.Marshal, func(v any) ([]byte, error) { return jsonv2.Marshal(v) }, yamlMarshal} {
			if b, err := encode(v); err == nil {
				shown = append(shown, string(b))
			}
		}
		for _, handler := range []func(io.Writer) slog.Handler{
			func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
			func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) },
		} {
			var log bytes.Buffer
			slog.New(handler(&log)).With("with", v).WithGroup("g").Info("x", "v", v, slog.Group("group", "v", v))
			shown = append(shown, log.String())
		}
	}
	for _, got := range shown {
		for _, form := range []string{plain, fmt.Sprintf("%x", plain), fmt.Sprintf("%X", plain), "aHVudGVyMg", "104 117 110"} {
			require.NotContains(t, got, form)
		}
	}
}

// yamlMarshal encodes v; the library panics at the unexported fields of errors.
func yamlMarshal(v any) (b []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			b = fmt.Append(nil, p)
		}
	}()
	return yaml.Marshal(v)
}

func recovered(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

func TestSecretForms(t *testing.T) {
	s, none := provider.NewSecret(plain), provider.Secret{}
	for _, got := range []string{s.String(), s.GoString(), fmt.Sprint(s), fmt.Sprintf("%+v", &s), s.LogValue().String()} {
		assert.Equal(t, provider.Redacted, got)
	}
	assert.Empty(t, none.String())
	assert.Empty(t, none.Reveal())
	assert.True(t, none.IsZero())
	assert.True(t, provider.NewSecret("").IsZero())
	assert.False(t, s.IsZero())
	assert.False(t, s.Equal(none))
	assert.False(t, s.Equal(provider.NewSecret(plain+"x")))
	assert.True(t, none.Equal(provider.Secret{}))
	assert.False(t, reflect.TypeFor[provider.Secret]().Comparable(), "== would compare pointers")
}

func TestSecretRoundTrip(t *testing.T) {
	var got struct {
		A, B provider.Secret
	}
	require.NoError(t, json.Unmarshal([]byte(`{"A":"hunter2","B":null}`), &got))
	assert.Equal(t, plain, got.A.Reveal())
	assert.True(t, got.B.IsZero())
	assert.True(t, got.A.Equal(provider.NewSecret(plain)))
	assert.Equal(t, provider.Credential{Secret: got.A}, provider.Credential{Secret: provider.NewSecret(plain)}, "equal by value in tests")
	b, err := json.Marshal(got)
	require.NoError(t, err)
	assert.JSONEq(t, `{"A":"[redacted]","B":""}`, string(b))
}
