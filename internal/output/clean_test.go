package output_test

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
)

// trick is what a vendor may put into a name: a cursor movement, C1, a
// backspace, a reversal of the text, what is not seen, a forged row.
const trick = "a\x1b[2Jb\u009bc\x08d\u202ee\u200bf\U000E0041g\x7fh\u2028i\nj\tk\ufeffl"

func tricky() provider.Credential {
	return provider.Credential{
		Provider: "p", Kind: "k", ID: trick, Name: trick, Key: trick, Status: trick, Scopes: []string{trick}, Endpoint: trick, Region: trick,
		Details: map[string]any{trick: trick},
	}
}

func TestNothingHostileReachesATerminal(t *testing.T) {
	formats := append(output.Formats(), "template={{.name}} {{.details}}")
	for _, format := range formats {
		if format == "template=" || parse(t, format, "").Issued() {
			continue
		}
		p := output.Printer{Format: parse(t, format, ""), Terminal: true}
		for _, got := range []string{list(t, p, listing(nil, tricky(), least())), one(t, p, tricky())} {
			harmless(t, format, got)
		}
	}
	for _, jq := range []string{".name", "."} {
		harmless(t, jq, one(t, output.Printer{Format: parse(t, "", jq), Terminal: true}, tricky()))
	}
	var b strings.Builder
	require.NoError(t, output.Printer{W: &b, Terminal: true}.Results([]string{"a"}, [][]string{{trick}}, nil))
	assert.Equal(t, "A\na?[2Jb?c?d?e?f?g?h?i?j?k?l\n", b.String())
}

func harmless(t *testing.T, format, got string) {
	t.Helper()
	for _, r := range got {
		if r != '\n' && (r != '\t' || !strings.HasPrefix(format, "template") && format != ".name") {
			assert.False(t, unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp), "%s has %q in %q", format, r, got)
		}
	}
}

func TestOffATerminalNothingIsLost(t *testing.T) {
	var names []struct{ Name string }
	require.NoError(t, json.Unmarshal([]byte(list(t, output.Printer{Format: parse(t, "json", ""), Terminal: true}, listing(nil, tricky()))), &names))
	assert.Equal(t, trick, names[0].Name, "escapes are read back")

	assert.Contains(t, one(t, output.Printer{Format: parse(t, "jsonl", "")}, provider.Credential{ID: "a\x7fb"}), `"a\u007fb"`)

	var item struct{ Name string }
	require.NoError(t, json.Unmarshal([]byte(one(t, output.Printer{Format: parse(t, "", "."), Terminal: true}, tricky())), &item))
	assert.Equal(t, trick, item.Name, "of jq, too")

	rows, err := csv.NewReader(strings.NewReader(list(t, output.Printer{Format: parse(t, "csv", "", "id")}, listing(nil, tricky())))).ReadAll()
	require.NoError(t, err)
	assert.Equal(t, [][]string{{"id"}, {trick}}, rows)
}

func TestInvalidUTF8IsStillJSON(t *testing.T) {
	got := one(t, output.Printer{Format: parse(t, "jsonl", "")}, provider.Credential{ID: "a\xffb", Details: map[string]string{"k": "\xff"}})
	assert.Equal(t, "{\"provider\":\"\",\"kind\":\"\",\"id\":\"a\ufffdb\",\"details\":{\"k\":\"\ufffd\"}}\n", got) //nolint:testifylint // byte for byte
}

func TestSecretThatWouldActOnATerminal(t *testing.T) {
	for _, format := range []string{"table", "wide", "yaml", "env", "dotenv", "template={{.secret}}"} {
		var b strings.Builder
		p := output.Printer{W: &b, Format: parse(t, format, ""), Reveal: true, Terminal: true, Shape: provider.KeyPair()}
		require.ErrorIs(t, p.One(s3("s\x1b[2J")), provider.ErrUsage, format)
		assert.Empty(t, b.String())
		if format != "dotenv" { // which holds one line
			require.NoError(t, p.One(s3("-----BEGIN KEY-----\nabc\n")), format)
		}
		p.Terminal = false
		require.NoError(t, p.One(s3("s\x1b[2J")), format)
	}
	got := one(t, output.Printer{Format: parse(t, "jsonl", ""), Reveal: true, Terminal: true, Shape: provider.KeyPair()}, s3("s\x1b"))
	assert.Contains(t, got, `"secret":"s\u001b"`)
}

func TestSecretIsShownOnlyWhenRevealed(t *testing.T) {
	formats := []string{"table", "wide", "json", "jsonl", "yaml", "csv", "name", "template={{.}}{{.secret}}", "env", "dotenv", "aws", "rclone"}
	for _, format := range formats {
		for _, reveal := range []bool{false, true} {
			var b strings.Builder
			p := output.Printer{W: &b, Format: parse(t, format, ""), Reveal: reveal, Shape: provider.KeyPair()}
			err := p.One(full())
			if !reveal {
				assert.NotContains(t, b.String(), canary, format)
			} else if format != "csv" && format != "name" {
				want := 1
				if strings.HasPrefix(format, "template") {
					want = 2
				}
				require.NoError(t, err)
				assert.Equal(t, want, strings.Count(b.String(), canary), "%s, and the details stay redacted", format)
			}
			if err != nil {
				assert.NotContains(t, err.Error(), canary, format)
			}
		}
	}
	var b strings.Builder
	for _, jq := range []string{".secret.x", ".secret|tonumber", ".|tonumber", "error(.secret)", ".secret|error", ".secret|halt_error"} {
		err := output.Printer{W: &b, Format: parse(t, "", jq), Reveal: true}.One(full())
		require.ErrorIs(t, err, provider.ErrUsage, jq)
		assert.NotContains(t, err.Error(), canary[:6], jq)
		assert.Empty(t, b.String())
	}
}

func TestSpreadsheetsRunNoFormula(t *testing.T) {
	for _, name := range []string{`=cmd|' /C calc'!A0`, "+1", "-1", "@sum(1)", "\tx", "\rx"} {
		format := parse(t, "csv", "", "id", "name")
		cells := func(raw bool) []string {
			rows, err := csv.NewReader(strings.NewReader(list(t, output.Printer{Format: format, NoHeaders: true, CSVRaw: raw}, listing(nil, provider.Credential{ID: "i", Name: name})))).ReadAll()
			require.NoError(t, err)
			return rows[0]
		}
		assert.Equal(t, "'"+name, cells(false)[1])
		assert.Equal(t, name, cells(true)[1])
	}
}

func TestANameHoldsNoLineBreak(t *testing.T) {
	var b strings.Builder
	err := output.Printer{W: &b, Format: parse(t, "name", "")}.List(listing(nil, provider.Credential{ID: "1\n2"}))
	require.EqualError(t, err, `cannot print "1 2" as a name: it contains a line break`)
	require.NotErrorIs(t, err, provider.ErrUsage)
	assert.Empty(t, b.String())
}
