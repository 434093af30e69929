package inventory

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/audit"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

func checker() Checker {
	return Checker{
		Vendors: []string{"katapult", "losant"}, Now: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC),
		Kinds: func(string) []string { return []string{"access-key"} },
	}
}

const whole = `credentials:
  - {provider: katapult, kind: access-key, id: objkey_1, owner: team-web, purpose: uploads, review: 2027-03-31}
  - {provider: losant, id: 0123}
exceptions:
  - {rule: CRD005, match: {provider: katapult, id: objkey_1}, reason: used once a year, owner: team-web, until: 2027-01-31, ticket: T-1}
  - {rule: CRD001, match: {provider: katapult, kind: access-key, name: "ci-*", glob: true}, reason: r, until: 2027-11-30}
`

func TestParse(t *testing.T) {
	v, err := Parse(checker(), "inventory.yaml", []byte(whole))
	require.NoError(t, err)
	day := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }
	assert.Equal(t, []audit.Entry{
		{Ref: journal.Ref{Provider: "katapult", Kind: "access-key", ID: "objkey_1"}, Owner: "team-web", Purpose: "uploads", Review: day(2027, 3, 31), At: audit.Place{File: "inventory.yaml", Line: 2, Column: 5}},
		{Ref: journal.Ref{Provider: "losant", ID: "0123"}, At: audit.Place{File: "inventory.yaml", Line: 3, Column: 5}},
	}, v.Credentials)
	assert.Equal(t, []audit.Exception{
		{Rule: "CRD005", Match: audit.Match{Ref: journal.Ref{Provider: "katapult", ID: "objkey_1"}}, Reason: "used once a year", Owner: "team-web", Ticket: "T-1", Until: day(2027, 1, 31), At: audit.Place{File: "inventory.yaml", Line: 5, Column: 5}},
		{Rule: "CRD001", Match: audit.Match{Ref: journal.Ref{Provider: "katapult", Kind: "access-key"}, Name: "ci-*", Glob: true}, Reason: "r", Until: day(2027, 11, 30), At: audit.Place{File: "inventory.yaml", Line: 6, Column: 5}},
	}, v.Exceptions)
	empty, err := Parse(checker(), "inventory.yaml", nil)
	require.NoError(t, err)
	assert.NotNil(t, empty, "an empty inventory is one")
}

func TestParseFindsAllMistakes(t *testing.T) {
	_, err := Parse(checker(), "i.yaml", []byte(`credentials:
  - {provider: katapolt, id: a}
  - {provider: katapult, kind: token, id: a}
  - {provider: katapult, owner: x}
  - {id: a}
  - {provider: katapult, id: b, ownr: x}
  - {provider: katapult, id: b, review: soon}
exceptions:
  - {rule: CRD999, match: {provider: katapult, id: a}, reason: r, until: 2027-01-01}
  - {rule: CRD001, match: {provider: katapult, id: a}, reason: r}
  - {rule: CRD001, match: {provider: katapult, id: a}, reason: r, until: 2027-12-01}
  - {rule: CRD001, match: {provider: katapult, id: a, name: b}, reason: r, until: 2027-01-01}
  - {rule: CRD001, match: {provider: katapult, name: "[", glob: true}, reason: "", until: 2027-01-01}
more: 1
`))
	require.ErrorIs(t, err, provider.ErrUsage)
	for _, want := range []string{
		`i.yaml:2:16: unknown vendor "katapolt"; did you mean katapult?`,
		`i.yaml:3:32: katapult has no kind "token" (valid: access-key)`,
		`i.yaml:4:5: id is required`,
		`i.yaml:5:5: provider is required`,
		`i.yaml:6:33: unknown key "ownr"; did you mean owner?`,
		`i.yaml:7:30: b is already in line 6`,
		`i.yaml:7:41: "soon": expected a date, such as 2027-01-31`,
		`i.yaml:9:12: unknown rule "CRD999"`,
		`i.yaml:10:5: until is required`,
		`i.yaml:11:74: until is more than a year away (latest: 2027-11-30)`,
		`i.yaml:12:27: pass either id or name`,
		`i.yaml:13:54: "[" is not a valid pattern`,
		`i.yaml:13:80: expected a text that is not empty`,
		`i.yaml:14:1: unknown key "more"`,
	} {
		assert.Contains(t, err.Error(), want)
	}
	_, err = Parse(checker(), "i.yaml", []byte("credentials:\n  - {provider: katapult, id: a}\n\t- {provider: katapult, id: b}\n"))
	require.ErrorContains(t, err, "i.yaml:3:1: found character that cannot start any token")
	for _, text := range []string{"[]", "a: [", "credentials: {}", "credentials: [1]", "exceptions: [x]", "credentials: []\n---\n{}"} {
		_, err := Parse(checker(), "i.yaml", []byte(text))
		require.ErrorIs(t, err, provider.ErrUsage, text)
	}
}

// TestTheSchemaKnowsWhatTheParserKnows: editors check the file with it.
func TestTheSchemaKnowsWhatTheParserKnows(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "..", "..", "docs", "schema", "inventory.schema.json"))
	require.NoError(t, err)
	valid := func(text string) error {
		var v any
		require.NoError(t, yaml.Unmarshal([]byte(strings.NewReplacer("0123", "x").Replace(quoteDates(text))), &v))
		return schema.Validate(v)
	}
	require.NoError(t, valid(whole))
	for _, bad := range []string{
		"credentials: [{provider: katapult}]", "credentials: [{id: x}]", "credentials: [{provider: katapult, id: x, colour: red}]", "more: []",
		"exceptions: [{rule: CRD001, match: {provider: katapult, id: x}, reason: r}]",
		"exceptions: [{rule: CRD001, match: {provider: katapult}, reason: r, until: 2027-01-01}]",
		"exceptions: [{rule: CRD001, match: {provider: katapult, id: x, name: y}, reason: r, until: 2027-01-01}]",
	} {
		require.Error(t, valid(bad), bad)
		_, err := Parse(checker(), "i.yaml", []byte(bad))
		require.Error(t, err, bad)
	}
}

// quoteDates makes dates texts, as JSON has them.
func quoteDates(text string) string {
	var out []string
	for word := range strings.FieldsSeq(text) {
		if strings.HasPrefix(word, "202") {
			word = `"` + word[:10] + `"` + word[10:]
		}
		out = append(out, word)
	}
	return strings.NewReplacer("- {", "\n  - {", "exceptions:", "\nexceptions:").Replace(strings.Join(out, " "))
}

func TestDraft(t *testing.T) {
	d, err := NewDraft([]byte("# ours\ncredentials:\n  - {provider: katapult, id: objkey_1} # kept\nexceptions: []\n"))
	require.NoError(t, err)
	hostile := "<b>\n- {provider: evil}\x1b[31m" + strings.Repeat("x", 10_000)
	for range 2 {
		d.Add(journal.Ref{Provider: "losant", Kind: "access-key", ID: "00012"}, hostile)
	}
	d.Add(journal.Ref{Provider: "losant", Kind: "access-key", ID: "a: {b}\n# c"}, "")
	text, err := d.Text()
	require.NoError(t, err)
	assert.Contains(t, string(text), "# ours\ncredentials:\n  - {provider: katapult, id: objkey_1} # kept\n")
	assert.Contains(t, string(text), "exceptions: []\n")
	assert.Less(t, len(text), 500)
	v, err := Parse(checker(), "inventory.yaml", text)
	require.NoError(t, err, "%s", text)
	ids := []string{}
	for _, e := range v.Credentials {
		ids = append(ids, e.Provider+" "+e.ID)
	}
	assert.Equal(t, []string{"katapult objkey_1", "losant 00012", "losant a: {b}\n# c"}, ids)
}

func FuzzParse(f *testing.F) {
	f.Add(whole)
	f.Fuzz(func(t *testing.T, text string) {
		if v, err := Parse(checker(), "i.yaml", []byte(text)); err == nil {
			d, err := NewDraft([]byte(text))
			require.NoError(t, err)
			d.Add(journal.Ref{Provider: "losant", Kind: "access-key", ID: "new"}, "n")
			again, err := d.Text()
			require.NoError(t, err)
			w, err := Parse(checker(), "i.yaml", again)
			require.NoError(t, err, "%s", again)
			assert.Len(t, w.Credentials, len(v.Credentials)+1)
		}
	})
}
