package quote_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/joho/godotenv"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/ini.v1"
	"pgregory.net/rapid"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
)

// secrets draws values made of the characters that readers stumble over, and any others.
func secrets() *rapid.Generator[string] {
	tricky := rapid.StringOf(rapid.SampledFrom([]rune("aZ9_ \t\n\r\"'`\\$#;!%(){}=:[]~&|<>*?nrst\u00a0\u0085\u2028é漢🔑")))
	return rapid.OneOf(tricky, rapid.String(), rapid.StringMatching(`[A-Za-z0-9+/]{40}={0,2}`)).
		Filter(func(s string) bool { return !strings.Contains(s, "\x00") })
}

// examples are what every format is tried with where a reader is a program of
// its own, which is too slow to start for each value.
func examples() []string {
	out := []string{"", " ", "'", "''", `'\''`, `"`, `\`, `\\`, "$HOME", "${HOME}", "$(id)", "`id`", "a#b", "a #b", "a;b", "!!", "-n", "x\n", "\nx", "x ", "é漢🔑", "%(x)s", "%d", `\n`, `a\nb`, `trailing\`}
	for i := range 500 {
		out = append(out, secrets().Example(i))
	}
	return out
}

func TestShellIsReadBackBySh(t *testing.T) {
	readBySh(t, func(s string) (string, error) { return quote.Shell(s), nil }, examples())
}

// A file that is sourced gives the values that a parser gives, and runs nothing.
func TestDotenvIsReadBackBySh(t *testing.T) {
	readBySh(t, quote.Dotenv, append(examples(), `a\\;exit`, `it's\;exit`, `a\\&&exit\`))
}

// readBySh has sh read those of values that can be written.
func readBySh(t *testing.T, quoted func(string) (string, error), values []string) {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh to read it back with")
	}
	var script bytes.Buffer
	var want []string
	for _, s := range values {
		q, err := quoted(s)
		if err != nil {
			refused(t, err, s)
			continue
		}
		script.WriteString("K=" + q + "\nprintf '%s\\0' \"$K\"\n")
		want = append(want, s)
	}
	cmd := exec.CommandContext(t.Context(), sh)
	cmd.Stdin, cmd.Dir = &script, t.TempDir()
	got, err := cmd.Output()
	require.NoError(t, err)
	assert.Equal(t, want, strings.Split(strings.TrimSuffix(string(got), "\x00"), "\x00"))
}

func TestDotenvIsReadBackByGodotenv(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { readDotenv(t, secrets().Draw(t, "secret")) })
}

func FuzzDotenv(f *testing.F) {
	for _, s := range examples()[:40] {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { readDotenv(t, s) })
}

func readDotenv(t require.TestingT, s string) {
	q, err := quote.Dotenv(s)
	if err != nil {
		refused(t, err, s)
		return
	}
	got, err := godotenv.Unmarshal("Z9=before\nK=" + q + "\nAFTER=x\n")
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"Z9": "before", "K": s, "AFTER": "x"}, got, "written as %s", q)
}

func TestDotenvForms(t *testing.T) {
	for s, want := range map[string]string{
		"":            `""`,
		"wJalr/+=":    `wJalr/+=`,
		"a.b:c@d%-_1": `a.b:c@d%-_1`,
		"a,b":         `"a,b"`,
		"two words":   `"two words"`,
		"a#b":         `"a#b"`,
		"it's":        `"it's"`,
		"$HOME":       `'$HOME'`,
		`a\b`:         `'a\b'`,
		`say "hi"`:    `'say "hi"'`,
	} {
		got, err := quote.Dotenv(s)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

func TestINIIsReadBackByINI(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { readINI(t, secrets().Draw(t, "secret")) })
}

func FuzzINI(f *testing.F) {
	for _, s := range examples()[:40] {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { readINI(t, s) })
}

func readINI(t require.TestingT, s string) {
	q, err := quote.INI(s)
	if err != nil {
		refused(t, err, s)
		return
	}
	// The AWS tools see a comment only after a space.
	file, err := ini.LoadSources(ini.LoadOptions{SpaceBeforeInlineComment: true},
		[]byte("[web]\nfirst = x\nsecret = "+q+"\nlast = y\n"))
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"first": "x", "secret": s, "last": "y"}, file.Section("web").KeysHash())
	assert.Equal(t, s, file.Section("web").Key("secret").String(), "with expansion")
}

func TestINIIsReadBackByPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 to read it back with")
	}
	var file strings.Builder
	want := []string{}
	for _, s := range examples() {
		if q, err := quote.INI(s); err == nil {
			fmt.Fprintf(&file, "[%s]\nk = %s\n", strings.Repeat("s", len(want)+1), q)
			want = append(want, s)
		}
	}
	require.Greater(t, len(want), 100)
	// As botocore reads it: a RawConfigParser with its defaults.
	cmd := exec.CommandContext(t.Context(), python, "-c", `
import configparser, io, json, sys
p = configparser.RawConfigParser()
p.read_file(io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8"))
print(json.dumps([p.get(s, "k") for s in p.sections()]))`)
	cmd.Stdin = strings.NewReader(file.String())
	out, err := cmd.Output()
	require.NoError(t, err)
	var got []string
	require.NoError(t, json.Unmarshal(out, &got))
	assert.Equal(t, want, got)
}

func TestRefusedByINI(t *testing.T) {
	for _, s := range []string{"a\nb", "a\x00", "a\u0085b", " a", "a ", "a\u00a0", `"a"`, "'a", "`a", "#a", ";a", "a #b", "a\u2003;b", `a\`, "%(a)s", "\xff"} {
		_, err := quote.INI(s)
		refused(t, err, s)
	}
	for _, s := range []string{"", "wJalr/+=", "a#b", "a;b", `it's "so"`, "$a`b`", `a\b`, "100%", "a = b", "[x]", "é"} {
		_, err := quote.INI(s)
		assert.NoError(t, err, s)
	}
}

func TestRefusedByDotenv(t *testing.T) {
	for _, s := range []string{"a\x00", "\xff", `it's "`, `it's\`, "a\nb\\", `'#\`, `ends\`, "a\r\nb", "it's $HOME", `it's "x" y`, `a\\b;touch x`} {
		_, err := quote.Dotenv(s)
		refused(t, err, s)
	}
}

func refused(t require.TestingT, err error, secret string) {
	require.ErrorIs(t, err, provider.ErrUsage)
	if len(secret) > 8 {
		assert.NotContains(t, err.Error(), secret)
	}
	assert.NotEmpty(t, provider.HintOf(err))
}

func TestNames(t *testing.T) {
	for _, s := range []string{"A", "_a9", "AWS_SECRET_ACCESS_KEY"} {
		require.NoError(t, quote.Name(s), s)
	}
	for _, s := range []string{"", "9A", "A-B", "A B", "É", "A=B", "A\n", "[", "{", "@", "`"} {
		require.ErrorIs(t, quote.Name(s), provider.ErrUsage, s)
	}
	for _, s := range []string{"default", "web-1.eu", "me@work", "für"} {
		require.NoError(t, quote.Section(s), s)
	}
	for _, s := range []string{"", "-a", "a]", "a b", "a\nb", "a/b", "#a", "\xff"} {
		require.ErrorIs(t, quote.Section(s), provider.ErrUsage, s)
	}
}

func TestWord(t *testing.T) {
	for s, want := range map[string]string{"objkey_1": "objkey_1", "a/b:c@d=e,f": "a/b:c@d=e,f", "": "''", "a b": "'a b'", "$x": "'$x'", "it's": `'it'\''s'`, "*": "'*'", "é": "'é'"} {
		assert.Equal(t, want, quote.Word(s), s)
	}
}
