package configfile

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// TestAnEditKeepsTheRest: comments, order, empty lines and quoting stay as they are.
func TestAnEditKeepsTheRest(t *testing.T) {
	for name, c := range map[string]struct{ before, key, value, after string }{
		"an empty file":         {"", "profiles.work.katapult.org", "acme", "profiles:\n  work:\n    katapult:\n      org: acme\n"},
		"comments alone":        {"# mine\n", "default_profile", "work", "# mine\ndefault_profile: work\n"},
		"no newline at the end": {"losant: {}", "default_profile", "work", "losant: {}\ndefault_profile: work\n"},
		"a value":               {"katapult:\n  org: acme  # ours\n\n  region: x\n", "katapult.org", "globex", "katapult:\n  org: globex  # ours\n\n  region: x\n"},
		"a quoted value":        {"katapult:\n  org: 'it''s' # ours\n", "katapult.org", "globex", "katapult:\n  org: globex # ours\n"},
		"a value to be quoted":  {"katapult:\n  org: acme\n", "katapult.org", "it's: #1", "katapult:\n  org: 'it''s: #1'\n"},
		"what looks like null":  {"katapult: {org: acme}\n", "katapult.org", "null", "katapult: {org: 'null'}\n"},
		"a URL":                 {"", "stratum.base_url", "https://stratum.example.com:8443/api", "stratum:\n  base_url: https://stratum.example.com:8443/api\n"},
		"a new key":             {"katapult:\n  region: x\n\n# of Losant\nlosant:\n  application: y\n", "katapult.org", "acme", "katapult:\n  region: x\n  org: acme\n\n# of Losant\nlosant:\n  application: y\n"},
		"nothing yet":           {"profiles:\n  default:\n    # Katapult\n    katapult:\n      #org:\n    # Losant\n    losant:\n", "profiles.default.katapult.org", "acme", "profiles:\n  default:\n    # Katapult\n    katapult:\n      org: acme\n      #org:\n    # Losant\n    losant:\n"},
		"no value yet":          {"katapult:\n  org:  # ID\n  region: x\n", "katapult.org", "acme", "katapult:\n  org: acme  # ID\n  region: x\n"},
		"braces":                {"profiles: {work: {katapult: {org: acme, region: \"x, y\"}}, home: {}} # two\n", "profiles.work.katapult.region", "z", "profiles: {work: {katapult: {org: acme, region: z}}, home: {}} # two\n"},
		"a new key in braces":   {"profiles: {work: {katapult: {org: acme}}}\n", "profiles.work.losant.application", "y", "profiles: {work: {losant: {application: y}, katapult: {org: acme}}}\n"},
		"empty braces":          {"profiles: {work: {}}\n", "profiles.work.katapult.org", "acme", "profiles: {work: {katapult: {org: acme}}}\n"},
		"a list":                {"katapult:\n  token_command:\n  - pass\n  - show\n  org: acme\n", "katapult.token_command", "op read x", "katapult:\n  token_command: 'op read x'\n  org: acme\n"},
		"Windows":               {"katapult:\r\n  region: x\r\n", "katapult.org", "acme", "katapult:\r\n  region: x\r\n  org: acme\r\n"},
		"a full stop":           {"profiles:\n  home.lab: {}\n", "profiles.home.lab.katapult.org", "acme", "profiles:\n  home.lab: {katapult: {org: acme}}\n"},
		"characters":            {"profiles: {'büro': {katapult: {org: 'ä', region: x}}}\n", "profiles.büro.katapult.region", "y", "profiles: {'büro': {katapult: {org: 'ä', region: y}}}\n"},
		"a destination":         {"profiles:\n  work: {}\n", "profiles.work.destinations.github.host", "github.example.com", "profiles:\n  work: {destinations: {github: {host: github.example.com}}}\n"},
		"deeper indentation":    {"profiles:\n    work:\n        katapult:\n            org: acme\n", "profiles.work.katapult.region", "x", "profiles:\n    work:\n        katapult:\n            org: acme\n            region: x\n"},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := known().Key(c.key)
			require.NoError(t, err)
			got, err := known().Set("config.yaml", []byte(c.before), key, c.value)
			require.NoError(t, err)
			assert.Equal(t, c.after, string(got))
			f, err := known().Parse("config.yaml", got)
			require.NoError(t, err)
			if strings.Contains(c.key, "org") {
				assert.Equal(t, c.value, f.Sections(key.Profile(), "katapult")[0].Text("org"))
			}
		})
	}
}

func TestAFileThatCannotBeEditedStaysAsItIs(t *testing.T) {
	for _, text := range []string{"katapult: {org: [x]}\n", "\ufeff{katapult: {region: x\n}}\n---\n"} {
		_, err := known().Set("config.yaml", []byte(text), Key{"katapult", "org"}, "acme")
		assert.ErrorIs(t, err, provider.ErrUsage, text)
	}
}

func TestProfilesAreAddedAndRemoved(t *testing.T) {
	add := func(text, name string) string {
		got, err := known().AddProfile("config.yaml", []byte(text), name)
		require.NoError(t, err)
		return string(got)
	}
	assert.Equal(t, "profiles:\n  work: {}\n", add("", "work"))
	assert.Equal(t, "profiles:\n  home: {}\n  a b: {}\n", strings.ReplaceAll(add("profiles:\n  home: {}\n", "a b"), "'", ""))
	assert.Equal(t, "profiles: {work: {}, home: {}}\n", add("profiles: {home: {}}\n", "work"))
	for before, after := range map[string]string{
		"profiles:\n  work:\n    katapult: {org: x}\n    # of work\n\n  # Home\n  home: {}\nlosant: {}\n": "profiles:\n\n  # Home\n  home: {}\nlosant: {}\n",
		"profiles: {work: {katapult: {org: 'a}'}}, home: {}}\n":                                           "profiles: {home: {}}\n",
		"profiles: {home: {}, work: {}}\n":                                                                "profiles: {home: {}}\n",
		"profiles: {work: {}}\n":                                                                          "profiles: {}\n",
		"profiles:\n  work:\n":                                                                            "profiles:\n",
	} {
		got, err := known().RemoveProfile("config.yaml", []byte(before), "work")
		require.NoError(t, err, before)
		assert.Equal(t, after, string(got))
	}
	got, err := known().RemoveDefault("config.yaml", []byte("# mine\ndefault_profile: work # x\nprofiles: {}\n"))
	require.NoError(t, err)
	assert.Equal(t, "# mine\nprofiles: {}\n", string(got))
}

func TestKeys(t *testing.T) {
	for text, want := range map[string]Key{
		"katapult.org":                                 {"katapult", "org"},
		"profiles.work.katapult.org":                   {"profiles", "work", "katapult", "org"},
		"profiles.home.lab.stratum.base_url":           {"profiles", "home.lab", "stratum", "base_url"},
		"destinations.github.host":                     {"destinations", "github", "host"},
		"profiles.home.lab.destinations.aws-sm.region": {"profiles", "home.lab", "destinations", "aws-sm", "region"},
		"default_profile":                              {"default_profile"},
	} {
		got, err := known().Key(text)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for text, hint := range map[string]string{
		"katapult.orgg": "did you mean katapult.org?", "profiles.a.katapult.orgg": "did you mean profiles.a.katapult.org?", "katapult": "", "": "",
		"profiles.a": "profiles.NAME.VENDOR.SETTING", "profiles.a.default_profile": "", "profiles..katapult.org": "", "profiles.a::b.katapult.org": "",
	} {
		_, err := known().Key(text)
		require.ErrorIs(t, err, provider.ErrUsage, text)
		assert.Contains(t, provider.HintOf(err), hint)
	}
	assert.True(t, known().Secret(Key{"profiles", "a", "katapult", "token"}))
	assert.True(t, known().Secret(Key{"destinations", "github", "token"}))
	assert.False(t, known().Secret(Key{"katapult", "token_file"}))
}
