package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

func TestStatusOfEveryProfile(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	dir := t.TempDir()
	config := filepath.Join(dir, "config.yaml")
	exp := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
	jwt := "e30." + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"exp":%d}`, exp.Unix())) + ".c2ln"
	env = without(env, "katapult", "stratum", "losant")
	require.NoError(t, os.WriteFile(config, []byte("profiles:\n  good:\n    katapult: {token: "+sandbox.KatapultToken+"}\n  bad:\n    katapult: {token: nonsense}\n    losant: {token: "+jwt+"}\n"), 0o600))
	k := &memory{entries: map[string]string{}}
	got := withKeyring(t, k, env, "", "auth", "status", "--config", config, "-o", "json")
	assert.Equal(t, 3, got.status, got.stderr)
	assert.NotContains(t, got.stdout+got.stderr, jwt)
	valid(t, published(t, "auth"), "auth status", got.stdout)
	var states []authState
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &states))
	say := map[string]string{}
	assert.Len(t, states, 3*len(providers()), "each vendor in each profile")
	for _, s := range states {
		if !slices.Contains(sandboxed(), s.Vendor) {
			continue
		}
		word := "unknown"
		if s.Valid != nil {
			word = strconv.FormatBool(*s.Valid)
		}
		say[s.Vendor+"/"+s.Profile] = strings.TrimSpace(word + " " + s.Source)
	}
	assert.Equal(t, map[string]string{
		"medianova/": "true MEDIANOVA_TOKEN", "medianova/good": "true MEDIANOVA_TOKEN", "medianova/bad": "true MEDIANOVA_TOKEN",
		"katapult/": "unknown", "katapult/good": "true profile good", "katapult/bad": "false profile bad",
		"losant/": "unknown", "losant/good": "unknown", "losant/bad": "false profile bad",
		"stratum/": "unknown", "stratum/good": "unknown", "stratum/bad": "unknown",
	}, say)
	for _, s := range states {
		if s.Vendor == "losant" && s.Profile == "bad" {
			assert.Equal(t, exp, s.Expires)
		}
	}
	assert.Equal(t, 0, withKeyring(t, k, env, "", "auth", "status", "--config", config, "--profile", "good").status, "what is not configured is not bad")
	got = withKeyring(t, k, env, "", "auth", "status", "stratum", "--config", config, "--profile", "good", "--columns", "provider,valid")
	assert.Equal(t, 3, got.status, "but what is asked for is")
	assert.Contains(t, got.stdout, "no token")
	assert.Equal(t, 2, withKeyring(t, k, env, "", "auth", "status", "stratm").status)
}

// A vendor that is down says nothing about a token.
func TestStatusOfAVendorThatIsDown(t *testing.T) {
	t.Parallel()
	v := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusInternalServerError, `{}`) })
	got := credctl(t, v.env, "", "auth", "status", "stratum", "-o", "json")
	assert.Equal(t, 75, got.status, got.stderr)
	var states []authState
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &states))
	assert.Nil(t, states[0].Valid)
	assert.True(t, states[0].Configured)
	assert.Contains(t, got.stderr, `"provider":"stratum","verb":"status","message":"GET /api-keys: 500`)
}

// A vendor that only some profiles are for is not bad because others have none.
func TestStatusOfAVendorOfOneProfile(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	env = without(env, "katapult", "stratum")
	config := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(config, []byte("profiles:\n  work:\n    katapult: {token: "+sandbox.KatapultToken+"}\n  home:\n    losant: {token: nonsense}\n"), 0o600))
	for args, want := range map[string]int{
		"katapult":                0,
		"katapult --profile work": 0,
		"katapult --profile home": 3, // it was asked for
		"stratum":                 3, // it is nowhere
	} {
		got := credctl(t, env, "", append([]string{"auth", "status", "--config", config}, strings.Fields(args)...)...)
		assert.Equal(t, want, got.status, "%s: %s", args, got.stderr)
	}
	got := credctl(t, append(env, "CREDCTL_PROFILE=home"), "", "auth", "status", "katapult", "--config", config)
	assert.Equal(t, 3, got.status, got.stderr)
}
