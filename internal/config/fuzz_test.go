package config

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/config/configfile"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
	"github.com/credctl/credctl/internal/term"
	"github.com/credctl/credctl/internal/visible"
)

// Whatever is in the file of a token: it is one that a header can hold, or it is
// refused without being shown.
func FuzzTokenFile(f *testing.F) {
	for _, text := range []string{"token", "token\n", "token\r\n", "a b", "a\nb", "\x00", "\ufefftoken", "", "\n", "é", "it's\"quoted\\"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		in := provider.NewInput(provider.Token)
		content, err := term.New(bytes.NewReader(text), nil, nil).ReadFile("-", "the token")
		require.NoError(t, err)
		err = Settings{Input: in}.load(t.Context(), &Setting{Vendor: "stratum", Name: configfile.Token, info: provider.Token.Info(), read: literally(content)})
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
		for _, p := range supported() {
			for _, name := range configfile.Keys(p) {
				c := newTest("XDG_CONFIG_HOME=/nowhere", setting.EnvName(p.Name, name)+"="+text)
				c.Store.Keyring = holding{text: kept}
				s, err := c.Resolve(t.Context(), Account{Vendor: p, Given: provider.NewInput(p.Settings...)})
				for _, err := range []error{err, s.StoreErr} {
					if err != nil {
						assert.Equal(t, visible.Text(err.Error()), err.Error())
					}
				}
				for _, found := range s.All {
					assert.Equal(t, visible.Text(found.Source), found.Source)
				}
			}
		}
	})
}
