package configfile

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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

// Whatever is in the configuration: it is understood whole, or refused in words
// that a terminal can show.
func FuzzConfig(f *testing.F) {
	for _, text := range []string{"profiles: {a: {katapult: {org: 0123, token_command: [pass, show]}}}\nstratum: {bearer_token_file: ~/jwt}", "a: &a [x,x]\nkatapult: *a", "", "a: b", "katapult: {token: *x}", "- \x00", "? {a: b}\n: c", "katapult: {org: !!binary aGk=}", "---\n---\n", "profiles: {a: {}, A: {}}", "\"\\e\": 1", "katapult:\n\ttoken: x"} {
		f.Add([]byte(text))
	}
	known := vendors()
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := Parse("config.yaml", text, known)
		if err != nil {
			require.ErrorIs(t, err, provider.ErrUsage)
			assert.Equal(t, visible.Text(err.Error()), err.Error())
			assert.Equal(t, visible.Text(provider.HintOf(err)), provider.HintOf(err))
			assert.Less(t, len(err.Error()), 1000)
			return
		}
		for _, profile := range append(file.Profiles, "") {
			for _, p := range known {
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
