package configfile

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/katapult"
	"github.com/credctl/credctl/internal/losant"
	"github.com/credctl/credctl/internal/medianova"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/stratum"
	"github.com/credctl/credctl/internal/visible"
)

// The vendors of the program, whose settings are of every sort.
func vendors() []provider.Provider {
	return []provider.Provider{medianova.Provider(), katapult.Provider(), losant.Provider(), stratum.Provider()}
}

// known returns them with some settings of destinations.
func known() Known {
	return Known{vendors(), func() []deliver.Setting {
		return []deliver.Setting{{Name: "github.host"}, {Name: "github.token", Secret: true}, {Name: "aws-sm.region"}}
	}}
}

// FuzzConfig: a configuration is read completely or rejected in words that a terminal
// can show, and edited to what it should say or not at all.
func FuzzConfig(f *testing.F) {
	for _, text := range []string{"profiles: {a: {katapult: {org: 0123, token_command: [pass, show]}}}\nstratum: {bearer_token_file: ~/jwt}", "a: &a [x,x]\nkatapult: *a", "", "a: b", "katapult: {token: *x}", "- \x00", "? {a: b}\n: c", "katapult: {org: !!binary aGk=}", "---\n---\n", "profiles: {a: {}, A: {}}", "\"\\e\": 1", "katapult:\n\ttoken: x"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := known().Parse("config.yaml", text)
		if err != nil {
			require.ErrorIs(t, err, provider.ErrUsage)
			assert.Equal(t, visible.Text(err.Error()), err.Error())
			assert.Equal(t, visible.Text(provider.HintOf(err)), provider.HintOf(err))
			assert.Less(t, len(err.Error()), 1000)
			return
		}
		for _, key := range []string{"katapult.org", "profiles.a.katapult.org", "profiles.b.destinations.github.host"} {
			setting, err := known().Key(key)
			require.NoError(t, err)
			edited, err := known().Set("config.yaml", text, setting, "o'x: #1")
			if err == nil {
				again, err := known().Parse("config.yaml", edited)
				require.NoError(t, err)
				assert.GreaterOrEqual(t, len(again.Profiles), len(file.Profiles))
			} else {
				require.ErrorIs(t, err, provider.ErrUsage)
			}
		}
		for _, profile := range file.Profiles {
			_, err := known().RemoveProfile("config.yaml", text, profile)
			assert.True(t, err == nil || errors.Is(err, provider.ErrUsage), err)
		}
		for _, profile := range append(file.Profiles, "") {
			for _, p := range vendors() {
				for _, s := range file.Sections(profile, p.Name) {
					for _, key := range Keys(p) {
						switch v := s.Get(key).(type) {
						case nil, string:
						case []string:
							assert.Equal(t, TokenCommand, key)
						default:
							t.Fatalf("%s of %s is a %T", key, s.Name, v)
						}
					}
				}
			}
		}
	})
}
