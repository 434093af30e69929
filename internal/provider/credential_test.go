package provider_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func TestRevealJSON(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("CET", 3600))
	s := provider.NewSecret("it's <hunter2>")
	b, err := provider.Credential{Provider: "p", Kind: "k", ID: "1", Created: at, Secret: s, Details: struct{ S provider.Secret }{s}}.RevealJSON()
	require.NoError(t, err)
	assert.Equal(t, `{"provider":"p","kind":"k","id":"1","created":"2026-01-02T02:04:05Z","details":{"S":"[redacted]"},"secret":"it's <hunter2>"}`+"\n", string(b)) //nolint:testifylint // byte for byte

	b, err = provider.Credential{ID: "1"}.RevealJSON()
	require.NoError(t, err)
	assert.JSONEq(t, `{"provider":"","kind":"","id":"1"}`, string(b))

	_, err = provider.Credential{Secret: provider.NewSecret("\xffhunter2")}.RevealJSON()
	require.ErrorIs(t, err, provider.ErrUsage)
	assert.NotContains(t, err.Error(), "hunter2")
}

func TestFields(t *testing.T) {
	var names []string
	for f := range reflect.TypeFor[provider.Credential]().Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "-" {
			names = append(names, name)
		}
	}
	assert.Equal(t, names, provider.Fields())
}
