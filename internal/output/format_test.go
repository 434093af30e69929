package output_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
)

func TestParseFindsEveryMistake(t *testing.T) {
	for _, c := range []struct{ format, jq, columns, text, hint string }{
		{"jsn", "", "", `unknown output format "jsn" (valid: ` + strings.Join(output.Formats(), ", "), "json"},
		{"JSON", "", "", `unknown output format "JSON"`, "json"},
		{"xyzzyxyzzy", "", "", "unknown output format", ""},
		{"json:x=y", "", "", "takes no options", ""},
		{"json=", "", "", "takes no options", ""},
		{"env:prefx=A", "", "", "valid: prefix= and name=", ""},
		{"env=A", "", "", "valid: prefix= and name=", ""},
		{"env:prefix=A-", "", "", "not the name of an environment variable", ""},
		{"dotenv:name=", "", "", "empty", ""},
		{"dotenv:name=9", "", "", "not the name of an environment variable", ""},
		{"aws:profile=a b", "", "", "profile name", ""},
		{"aws:name=a", "", "", "valid: profile=", ""},
		{"rclone:name=]", "", "", "profile name", ""},
		{"template", "", "", "needs a Go template", ""},
		{"template=", "", "", "needs a Go template", ""},
		{"template={{.id", "", "", "unclosed action", ""},
		{"template={{nofunc .id}}", "", "", "nofunc", ""},
		{"template={{.ID}}", "", "", `unknown field "ID"`, "id"},
		{"template={{.Secret}}", "", "", `unknown field "Secret"`, "secret"},
		{`template={{if .id}}{{printf "%s" .nam}}{{end}}`, "", "", `unknown field "nam"`, "name"},
		{"", ".[", "", "--jq", ""},
		{"", "nofunc", "", "--jq", ""},
		{"csv", ".id", "", "--jq works with -o json and jsonl, not with -o csv", ""},
		{"", "", "id,lastused", `unknown column "lastused" (valid: provider, profile, kind`, "last_used"},
		{"csv", "", "secret", `unknown column "secret"`, ""},
		{"json", "", "id", "--columns", ""},
		{"", ".", "id", "--columns", ""},
	} {
		var columns []string
		if c.columns != "" {
			columns = strings.Split(c.columns, ",")
		}
		_, err := output.Parse(output.Formats(), c.format, c.jq, columns)
		require.ErrorIs(t, err, provider.ErrUsage, "%+v", c)
		require.ErrorContains(t, err, c.text)
		assert.Contains(t, provider.HintOf(err), c.hint)
	}
}

func TestParseTakes(t *testing.T) {
	for _, format := range append(output.Formats(), "", "env:prefix=S3_", "env:prefix=", "env:name=K", "dotenv:name=K", "aws:profile=web-1", "rclone:name=web",
		"template={{range .scopes}}{{.}}{{end}}{{with .details}}{{.anything}}{{end}}={{$.id}}{{.details.x.y}}") {
		if format != "template=" {
			_, err := output.Parse(output.Formats(), format, "", nil)
			require.NoError(t, err, format)
		}
	}
	_, err := output.Parse(output.Formats(), "template={{.anything}}", "", nil, "state")
	require.NoError(t, err, "the fields of records are not known")
	_, err = output.Parse(output.Formats(), "table", "", []string{"id"}, "state")
	assert.ErrorIs(t, err, provider.ErrUsage, "the columns of records are")
}

func TestHoldsSecret(t *testing.T) {
	for format, want := range map[string]bool{
		"": false, "table": false, "wide": false, "csv": false, "name": false,
		"json": true, "jsonl": true, "yaml": true, "env": true, "dotenv:prefix=A_": true, "aws": true, "rclone": true,
		"template={{.secret}}": true, "template={{.id}}": false, "template={{if .key}}{{.key}}:{{.secret}}{{end}}": true,
	} {
		assert.Equal(t, want, parse(t, format, "").HoldsSecret(), format)
	}
	for jq, want := range map[string]bool{".": true, ".id": false, `"\(.key):\(.secret)"`: true, "del(.secret)": false, ".[0]": false} {
		assert.Equal(t, want, parse(t, "", jq).HoldsSecret(), jq)
	}
}

func TestWhatFormatsAreFor(t *testing.T) {
	for format, want := range map[string][2]bool{
		"": {false, false}, "json": {false, true}, "jsonl": {false, true}, "yaml": {false, false},
		"env": {true, false}, "dotenv:name=K": {true, false}, "aws": {true, false}, "rclone": {true, false},
	} {
		assert.Equal(t, want, [2]bool{parse(t, format, "").Issued(), output.AsksJSON(format)}, format)
	}
	assert.True(t, output.AsksJSON("jsonn"), "whoever mistypes it reads JSON, too")
	assert.True(t, output.Format{}.ForPeople())
	assert.Equal(t, []string{"table", "wide", "csv"}, output.WithHeader())
	for format, want := range map[string][3]bool{
		"": {true, false, false}, "table": {true, false, false}, "wide": {true, false, false}, "csv": {}, "json": {},
		"jsonl": {false, true, false}, "name": {false, false, true}, "env": {},
	} {
		f := parse(t, format, "")
		assert.Equal(t, want, [3]bool{f.ForPeople(), f.Streams(), f.NamesOnly()}, format)
	}
}

func TestCompletionsSayWhatAFormatIs(t *testing.T) {
	formats, completions := output.Formats(), output.Completions(true)
	require.Len(t, completions, len(formats))
	for i, format := range formats {
		name, summary, _ := strings.Cut(completions[i], "\t")
		assert.Equal(t, format, name)
		assert.NotEmpty(t, summary)
	}
}

func TestCanHold(t *testing.T) {
	for _, c := range []struct {
		format     string
		s3, single bool
	}{
		{"json", true, true},
		{"env", true, true},
		{"env:prefix=A_", true, false},
		{"env:name=A", false, true},
		{"dotenv:name=A", false, true},
		{"aws", true, false},
		{"rclone:name=web", true, false},
	} {
		f := parse(t, c.format, "")
		for shape, can := range map[provider.Shape]bool{provider.KeyPair(): c.s3, provider.SingleSecret("STRATUM_API_KEY"): c.single} {
			err := f.CanHold(shape)
			if can {
				assert.NoError(t, err, c.format)
			} else {
				require.ErrorIs(t, err, provider.ErrUsage, c.format)
				assert.NotEmpty(t, provider.HintOf(err))
			}
		}
	}
}

func TestNoColumnsAreAllColumns(t *testing.T) {
	f, err := output.Parse(output.Formats(), "csv", "", []string{})
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, output.Printer{W: &out, Format: f}.Results([]string{"id"}, [][]string{{"a"}}, nil))
	assert.Equal(t, "id\na\n", out.String())
}
