package provider_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

const plain = "hunter2"

type hidden struct{ s provider.Secret } // fmt cannot call methods on s

func TestSecretNeverShows(t *testing.T) {
	s := provider.NewSecret(plain)
	c := provider.Credential{ID: "1", Secret: s, Details: struct{ K provider.Secret }{s}}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", s, "cred", c, "ptr", &c, "hidden", hidden{s})
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", s, "cred", c, "ptr", &c, "hidden", hidden{s})
	shown := []string{log.String()}
	for _, v := range []any{s, &s, c, &c, hidden{s}, &hidden{s}, []provider.Secret{s}, map[string]any{"k": s}, errors.Join(fmt.Errorf("%v", s))} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
			shown = append(shown, fmt.Sprintf(verb, v))
		}
		if b, err := json.Marshal(v); err == nil {
			shown = append(shown, string(b))
		}
	}
	for _, got := range shown {
		assert.NotContains(t, got, plain)
		assert.NotContains(t, got, fmt.Sprintf("%x", plain))
	}
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
