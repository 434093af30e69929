package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// Whatever is in the configuration: it is understood whole, or refused in words
// that a terminal can show.
func FuzzConfig(f *testing.F) {
	for _, text := range []string{twoProfiles, bomb, "", "a: b", "katapult: {token: *x}", "- \x00", "? {a: b}\n: c", "katapult: {org: !!binary aGk=}", "---\n---\n", "profiles: {a: {}, A: {}}", "\"\\e\": 1", "katapult:\n\ttoken: x"} {
		f.Add([]byte(text))
	}
	vendors := providers()
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, err := checkConfig("config.yaml", text, vendors)
		if err != nil {
			require.ErrorIs(t, err, provider.ErrUsage)
			assert.Equal(t, visible.Text(err.Error()), err.Error())
			assert.Equal(t, visible.Text(provider.HintOf(err)), provider.HintOf(err))
			assert.Less(t, len(err.Error()), 1000)
			return
		}
		a := newApp([]string{"HOME=/nowhere"}, nil, nil, nil)
		a.configFile = func() (*configFile, error) {
			file := newConfigFile()
			file.profiles = doc.profiles
			return file, file.v.MergeConfigMap(doc.values)
		}
		file, err := a.configFile()
		require.NoError(t, err)
		for _, profile := range append(doc.profiles, "") {
			for _, p := range vendors {
				for _, s := range (&config{configFile: file, profile: profile}).sections(p.Name) {
					for _, key := range configKeys(p) {
						switch v := s.get(key).(type) {
						case nil, string:
						case []string:
							assert.Equal(t, commandKey, key)
						default:
							t.Fatalf("%s of %s is a %T", key, s.name, v)
						}
					}
				}
			}
		}
	})
}

// Whatever is in the file of a token: it is one that a header can hold, or it is
// refused without being shown.
func FuzzTokenFile(f *testing.F) {
	for _, text := range []string{"token", "token\n", "token\r\n", "a b", "a\nb", "\x00", "\ufefftoken", "", "\n", "é", "it's\"quoted\\"} {
		f.Add([]byte(text))
	}
	stratum, err := newApp(nil, nil, nil, nil).vendor("stratum")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text []byte) {
		a := newApp(nil, bytes.NewReader(text), nil, nil)
		in := provider.NewInput(stratum.Settings...)
		content, err := a.readFile("-", "the token")
		require.NoError(t, err)
		s := setting{Vendor: "stratum", Name: tokenKey, info: provider.Token.Info(), read: literally(content)}
		err = s.give(t.Context(), in)
		if err == nil {
			token := provider.Token.Get(in).Reveal()
			assert.NotEmpty(t, token)
			assert.Equal(t, strings.TrimRight(string(text), "\r\n"), token)
			assert.True(t, visible.ASCII(token) && !strings.Contains(token, " "))
			return
		}
		require.ErrorIs(t, err, provider.ErrUsage)
		if len(text) > 12 {
			assert.NotContains(t, err.Error(), string(text))
		}
	})
}

// Whatever the environment says of a setting: it is taken as it is, or refused in
// words that a terminal can show; and so is what was stored.
func FuzzSettings(f *testing.F) {
	f.Add("acme", `{"secrets":{"token":"a"},"stored":"2026-01-02T03:04:05Z"}`)
	f.Add("a\nb", `{"secrets":null}`)
	f.Add("\x1b[2J", `[`)
	f.Add("http://u:p@h/?q#f", `{"secrets":{"token":1}}`)
	f.Fuzz(func(t *testing.T, text, kept string) {
		for _, p := range providers() {
			for _, name := range configKeys(p) {
				a := newApp([]string{"XDG_CONFIG_HOME=/nowhere", envName(p.Name, name) + "=" + text}, nil, nil, nil)
				a.keyring = &memory{entries: map[string]string{keyringUser(p.Name, ""): kept}}
				s, err := a.settle(t.Context(), p, provider.NewInput(p.Settings...), "")
				for _, err := range []error{err, s.trouble} {
					if err != nil {
						assert.Equal(t, visible.Text(err.Error()), err.Error())
					}
				}
				for _, found := range s.all {
					assert.Equal(t, visible.Text(found.Source), found.Source)
				}
			}
		}
	})
}

// Whatever a token looks like: when it ends can be written down, or is not known.
func FuzzJWT(f *testing.F) {
	for _, token := range []string{"", "a.b.c", "e30.eyJleHAiOjF9.x", "e30.eyJleHAiOjFlMzAwfQ.x", "e30.eyJleHAiOi0xfQ.x", "e30.eyJleHAiOiIxIn0.x"} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		expires := jwtExpiry(provider.NewSecret(token))
		_, err := json.Marshal(expires)
		require.NoError(t, err)
		assert.False(t, !expires.IsZero() && expires.Before(time.Unix(0, 0)))
	})
}
