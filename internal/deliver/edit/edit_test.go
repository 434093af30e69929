package edit

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzINI(f *testing.F) {
	for _, s := range []string{
		"", "[default]\na = b\n", "[web]\naws_access_key_id = OLD\n", "[web]\r\nAWS_ACCESS_KEY_ID=OLD\r\n# x\r\n[y]\r\n", "[a]\nb=c\n\n[web]",
		"\ufeff# x\n[ web ]\n a = b\n  c\n; d\n   e\n[y]\nz:1", "[web]\n[[x]]\n", "[a]\nb\n", "  [web]\n  key = 1\n    2\n[b]\n",
	} {
		f.Add(s, "secret")
	}
	f.Fuzz(func(t *testing.T, content, value string) {
		edited := func(content string) (string, error) {
			file, err := ParseINI(content)
			if err != nil {
				return "", err
			}
			section, err := file.Section("web")
			if err != nil {
				return "", err
			}
			if err := section.Set("key", value); err != nil {
				return "", err
			}
			section.Remove("token")
			return file.String(), nil
		}
		once, err := edited(content)
		if err != nil {
			return
		}
		twice, err := edited(once)
		require.NoError(t, err)
		require.Equal(t, once, twice)
		file, err := ParseINI(once)
		require.NoError(t, err)
		section, err := file.Section("web")
		require.NoError(t, err)
		require.Equal(t, value, section.Value("key"))
		require.Empty(t, section.Value("token"))
		require.Equal(t, foreign(t, content), foreign(t, once))
	})
}

// foreign returns what of a file is not ours to change, with the place of ours.
func foreign(t *testing.T, content string) string {
	t.Helper()
	file, err := ParseINI(content)
	require.NoError(t, err)
	var out strings.Builder
	out.WriteString(file.mark)
	section := ""
	for _, e := range file.entries {
		if e.header != "" {
			section = e.header
		}
		if section == "web" && (e.name == "key" || e.name == "token" || e.header != "") || strings.TrimSpace(e.raw) == "" {
			continue
		}
		out.WriteString(section + "|" + e.name + "|" + body(e.raw) + "\n")
	}
	return out.String()
}

func FuzzDotenv(f *testing.F) {
	for _, s := range []string{"", "A=1\n", "T=x # y\r\n", "export T='a\nb'\nT: c", "\ufeffT=\"\\\"\"", "T= #\nT=`x`", "T= # a # b", "T:"} {
		f.Add(s, "secret")
		f.Add(s, `\`)
		f.Add(s, "it's $x")
		f.Add(s, "=")
	}
	f.Fuzz(func(t *testing.T, content, value string) {
		edited := func(content string) (*Dotenv, string, error) {
			file, err := ParseDotenv(content)
			if err != nil {
				return nil, "", err
			}
			err = file.Set("T", value)
			return file, file.String(), err
		}
		_, once, err := edited(content)
		if err != nil || value == "" {
			return
		}
		is, twice, err := edited(once)
		require.NoError(t, err)
		require.Equal(t, once, twice)
		require.Equal(t, value, is.Values("T")["T"], once)

		was, err := ParseDotenv(content)
		require.NoError(t, err)
		require.Equal(t, was.mark, is.mark)
		require.GreaterOrEqual(t, len(is.entries), len(was.entries))
		for i, e := range was.entries {
			now := is.entries[i].raw
			if e.name == "T" {
				require.Equal(t, e.raw[:e.from], now[:is.entries[i].from])
				require.Equal(t, e.raw[e.to:], now[is.entries[i].to:])
			} else {
				require.Equal(t, e.raw, strings.TrimSuffix(now, strings.TrimPrefix(now, e.raw)))
			}
		}
	})
}
