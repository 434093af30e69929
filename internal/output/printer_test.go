package output_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
)

const canary = "CANARY/wJalrXUtnFEMI+bPxRfiCY="

type details struct {
	Buckets []string        `json:"buckets"`
	Limit   int64           `json:"limit"`
	Again   provider.Secret `json:"again,omitzero"`
}

func full() provider.Credential {
	return provider.Credential{
		Provider: "katapult", Kind: "access-key", ID: "objkey_1", Name: `Web "é" <assets>`, Key: "AKIA1", Status: "configured",
		Scopes:   []string{"all-buckets:read", "web:write"},
		Created:  time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("CET", 3600)),
		Updated:  time.Date(2026, 2, 3, 4, 5, 6, 789e6, time.UTC),
		Expires:  time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC),
		LastUsed: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
		Endpoint: "https://s3.example", Region: "uk-lon-01",
		Secret:  provider.NewSecret(canary),
		Details: details{Buckets: []string{"web"}, Limit: 9007199254740993, Again: provider.NewSecret(canary)},
	}
}

func least() provider.Credential {
	return provider.Credential{Provider: "stratum", Kind: "api-key", ID: "2"}
}

func two() iter.Seq2[provider.Credential, error] { return listing(nil, full(), least()) }

// listing lists all, and then fails with err, if there is one.
func listing(err error, all ...provider.Credential) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		for _, c := range all {
			if !yield(c, nil) {
				return
			}
		}
		if err != nil {
			yield(provider.Credential{}, err)
		}
	}
}

func parse(t testing.TB, format, jq string, columns ...string) output.Format {
	t.Helper()
	f, err := output.Parse(output.Formats(), format, jq, columns)
	require.NoError(t, err)
	return f
}

func list(t testing.TB, p output.Printer, seq iter.Seq2[provider.Credential, error]) string {
	t.Helper()
	var b strings.Builder
	p.W = &b
	require.NoError(t, p.List(seq))
	return b.String()
}

func one(t testing.TB, p output.Printer, c provider.Credential) string {
	t.Helper()
	var b strings.Builder
	p.W = &b
	require.NoError(t, p.One(c))
	return b.String()
}

const fullJSON = `{"provider":"katapult","kind":"access-key","id":"objkey_1","name":"Web \"é\" <assets>","key":"AKIA1","status":"configured",` +
	`"scopes":["all-buckets:read","web:write"],"created":"2026-01-02T02:04:05Z","updated":"2026-02-03T04:05:06.789Z",` +
	`"expires":"2027-01-02T00:00:00Z","last_used":"2026-03-04T05:06:07Z","endpoint":"https://s3.example","region":"uk-lon-01",` +
	`"details":{"buckets":["web"],"limit":9007199254740993,"again":"[redacted]"}}`

const leastJSON = `{"provider":"stratum","kind":"api-key","id":"2"}`

func TestList(t *testing.T) {
	for _, c := range []struct{ name, format, jq, columns, want string }{
		{"json", "json", "", "", "[\n" + fullJSON + ",\n" + leastJSON + "\n]\n"},
		{"jsonl", "jsonl", "", "", fullJSON + "\n" + leastJSON + "\n"},
		{"name", "name", "", "", "objkey_1\n2\n"},
		{"csv", "csv", "", "", `provider,kind,id,name,key,status,scopes,created,updated,expires,last_used,endpoint,region
katapult,access-key,objkey_1,"Web ""é"" <assets>",AKIA1,configured,"all-buckets:read,web:write",2026-01-02T02:04:05Z,2026-02-03T04:05:06.789Z,2027-01-02T00:00:00Z,2026-03-04T05:06:07Z,https://s3.example,uk-lon-01
stratum,api-key,2,,,,,,,,,,
`},
		{"csv columns", "csv", "", "region,id", "region,id\nuk-lon-01,objkey_1\n,2\n"},
		{"table", "", "", "", `
ID        NAME              STATUS      CREATED     LAST USED
objkey_1  Web "é" <assets>  configured  2026-01-02  2026-03-04
2
`},
		{"wide", "wide", "", "", `
PROVIDER  KIND        ID        NAME              KEY    STATUS      SCOPES                      CREATED     UPDATED     EXPIRES     LAST USED   ENDPOINT            REGION
katapult  access-key  objkey_1  Web "é" <assets>  AKIA1  configured  all-buckets:read,web:write  2026-01-02  2026-02-03  2027-01-02  2026-03-04  https://s3.example  uk-lon-01
stratum   api-key     2
`},
		{"table columns", "table", "", "kind,id,region", `
KIND        ID        REGION
access-key  objkey_1  uk-lon-01
api-key     2
`},
		{"yaml", "yaml", "", "", `
- provider: katapult
  kind: access-key
  id: objkey_1
  name: Web "é" <assets>
  key: AKIA1
  status: configured
  scopes:
    - all-buckets:read
    - web:write
  created: "2026-01-02T02:04:05Z"
  updated: "2026-02-03T04:05:06.789Z"
  expires: "2027-01-02T00:00:00Z"
  last_used: "2026-03-04T05:06:07Z"
  endpoint: https://s3.example
  region: uk-lon-01
  details:
    buckets:
      - web
    limit: 9007199254740993
    again: "[redacted]"
- provider: stratum
  kind: api-key
  id: "2"
`},
		{"template", `template={{.id}} {{.name}} {{join "+" .scopes}} {{.details.limit}}`, "", "", "objkey_1 Web \"é\" <assets> all-buckets:read+web:write 9007199254740993\n2   <no value>\n"},
		{"template for some", `template={{if .key}}{{.key}}{{end}}`, "", "", "AKIA1\n"},
		{"jq strings", "", ".[].id", "", "objkey_1\n2\n"},
		{"jq values", "json", ".[0].scopes, length, .[1].name, .[0].details.limit", "", "[\"all-buckets:read\",\"web:write\"]\n2\nnull\n9007199254740993\n"},
		{"jq of each", "jsonl", "{id}", "", "{\"id\":\"objkey_1\"}\n{\"id\":\"2\"}\n"},
		{"jq that stops", "jsonl", "if .id == \"2\" then halt else .id end", "", "objkey_1\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var columns []string
			if c.columns != "" {
				columns = strings.Split(c.columns, ",")
			}
			got := list(t, output.Printer{Format: parse(t, c.format, c.jq, columns...)}, two())
			assert.Equal(t, strings.TrimPrefix(c.want, "\n"), got)
		})
	}
}

func TestEmptyList(t *testing.T) {
	for format, want := range map[string]string{
		"json": "[]\n", "jsonl": "", "yaml": "[]\n", "table": "", "wide": "", "name": "", "template={{.id}}": "",
		"csv": "provider,kind,id,name,key,status,scopes,created,updated,expires,last_used,endpoint,region\n",
	} {
		assert.Equal(t, want, list(t, output.Printer{Format: parse(t, format, "")}, listing(nil)), format)
	}
	assert.Equal(t, "0\n", list(t, output.Printer{Format: parse(t, "", "length")}, listing(nil)))
}

func TestNoHeaders(t *testing.T) {
	for format, want := range map[string]string{
		"table": "objkey_1  uk-lon-01\n2\n",
		"csv":   "objkey_1,uk-lon-01\n2,\n",
	} {
		got := list(t, output.Printer{Format: parse(t, format, "", "id", "region"), NoHeaders: true}, two())
		assert.Equal(t, want, got, format)
	}
}

func TestMixedListTellsTheProvider(t *testing.T) {
	got := list(t, output.Printer{First: []string{"provider"}}, listing(nil, least()))
	assert.Equal(t, "PROVIDER  ID\nstratum   2\n", got)
	got = list(t, output.Printer{}, listing(nil, least()))
	assert.Equal(t, "ID\n2\n", got)
}

// A YAML list is written as it comes: what is broken off is no YAML.
func TestYAMLThatIsNotWholeIsNoYAML(t *testing.T) {
	var b strings.Builder
	p := output.Printer{W: &b, Format: parse(t, "yaml", "")}
	require.Error(t, p.List(listing(errors.New("page 2 is lost"), full())))
	assert.Contains(t, b.String(), "id: objkey_1")
	var read any
	require.Error(t, yaml.Unmarshal([]byte(b.String()), &read), b.String())
}

func TestListThatFailsDoesNotLookWhole(t *testing.T) {
	broken := errors.New("page 2 is lost")
	for format, want := range map[string]string{
		"json":  "[\n" + fullJSON,
		"jsonl": fullJSON + "\n",
		"table": "", "wide": "",
		"name": "objkey_1\n",
	} {
		var b strings.Builder
		err := output.Printer{W: &b, Format: parse(t, format, "")}.List(listing(broken, full()))
		require.ErrorIs(t, err, broken, format)
		assert.Equal(t, want, b.String(), format)

		b.Reset()
		err = output.Printer{W: &b, Format: parse(t, format, "")}.List(listing(broken))
		require.ErrorIs(t, err, broken, format)
		assert.Empty(t, b.String(), format)
	}
	var b strings.Builder
	err := output.Printer{W: &b, Format: parse(t, "", "length")}.List(listing(broken, full()))
	require.ErrorIs(t, err, broken)
	assert.Empty(t, b.String())
}

func TestFirstRowAppearsAtOnce(t *testing.T) {
	for _, format := range []string{"json", "jsonl", "csv", "name", "template={{.id}}"} {
		var b strings.Builder
		err := output.Printer{W: &b, Format: parse(t, format, "")}.List(func(yield func(provider.Credential, error) bool) {
			if yield(full(), nil) {
				assert.Contains(t, b.String(), "objkey_1", format)
				yield(least(), nil)
			}
		})
		require.NoError(t, err)
	}
}

func TestBrokenPipeEndsTheList(t *testing.T) {
	for _, format := range []string{"table", "wide", "json", "jsonl", "csv", "name", "template={{.id}}"} {
		r, w := io.Pipe()
		require.NoError(t, r.CloseWithError(io.ErrClosedPipe))
		listed := 0
		err := output.Printer{W: w, Format: parse(t, format, "")}.List(func(yield func(provider.Credential, error) bool) {
			for listed < 100_000 && yield(full(), nil) {
				listed++
			}
		})
		assert.Equal(t, io.ErrClosedPipe, err, format)
		assert.LessOrEqual(t, listed, 2000, format)
	}
}

func TestOne(t *testing.T) {
	for format, want := range map[string]string{
		"json": `{
  "provider": "stratum",
  "kind": "api-key",
  "id": "2",
  "scopes": [
    "read"
  ]
}
`,
		"jsonl":            `{"provider":"stratum","kind":"api-key","id":"2","scopes":["read"]}` + "\n",
		"yaml":             "provider: stratum\nkind: api-key\nid: \"2\"\nscopes:\n  - read\n",
		"table":            "ID  SCOPES\n2   read\n",
		"csv":              "provider,kind,id,name,key,status,scopes,created,updated,expires,last_used,endpoint,region\nstratum,api-key,2,,,,read,,,,,,\n",
		"name":             "2\n",
		"template={{.id}}": "2\n",
	} {
		c := least()
		c.Scopes = []string{"read"}
		assert.Equal(t, want, one(t, output.Printer{Format: parse(t, format, "")}, c), format)
	}
	assert.Equal(t, "2\n", one(t, output.Printer{Format: parse(t, "", ".id")}, least()))
}

func TestSecretBelowTheTable(t *testing.T) {
	for _, columns := range []string{"", "20"} {
		t.Setenv("COLUMNS", columns)
		c := provider.Credential{ID: strings.Repeat("i", 90), Key: strings.Repeat("k", 90), Secret: provider.NewSecret(strings.Repeat("s", 300))}
		for _, format := range []string{"table", "wide"} {
			got := one(t, output.Printer{Format: parse(t, format, "", "id", "key"), Reveal: true, Terminal: true}, c)
			assert.Equal(t, "ID"+strings.Repeat(" ", 90)+"KEY\n"+c.ID+"  "+c.Key+"\n\nsecret (shown once):\n"+c.Secret.Reveal()+"\n", got)
		}
	}
}

func TestResults(t *testing.T) {
	type result struct {
		ID     string `json:"id"`
		Result string `json:"result"`
		Error  string `json:"error,omitzero"`
	}
	heads := []string{"result", "id", "not_set"}
	cells := [][]string{{"deleted", "1", ""}, {"failed", "2", ""}}
	values := []result{{"1", "deleted", ""}, {"2", "failed", "no"}}
	for _, c := range []struct{ format, jq, columns, want string }{
		{"table", "", "", "RESULT   ID\ndeleted  1\nfailed   2\n"},
		{"table", "", "id,not_set", "ID  NOT SET\n1\n2\n"},
		{"csv", "", "", "result,id,not_set\ndeleted,1,\nfailed,2,\n"},
		{"csv", "", "id", "id\n1\n2\n"},
		{"name", "", "", "1\n2\n"},
		{"json", "", "", "[\n{\"id\":\"1\",\"result\":\"deleted\"},\n{\"id\":\"2\",\"result\":\"failed\",\"error\":\"no\"}\n]\n"},
		{"jsonl", "", "", "{\"id\":\"1\",\"result\":\"deleted\"}\n{\"id\":\"2\",\"result\":\"failed\",\"error\":\"no\"}\n"},
		{"yaml", "", "", "- id: \"1\"\n  result: deleted\n- id: \"2\"\n  result: failed\n  error: \"no\"\n"},
		{"template={{.id}}: {{.result}}", "", "", "1: deleted\n2: failed\n"},
		{"", "map(.id)", "", "[\"1\",\"2\"]\n"},
	} {
		var columns []string
		if c.columns != "" {
			columns = strings.Split(c.columns, ",")
		}
		f, err := output.Parse(output.Formats(), c.format, c.jq, columns, heads...)
		require.NoError(t, err)
		var b strings.Builder
		require.NoError(t, output.Printer{W: &b, Format: f}.Results(heads, cells, values))
		assert.Equal(t, c.want, b.String(), c.format)
	}

	var b strings.Builder
	p := output.Printer{W: &b, Format: parse(t, "json", "")}
	require.NoError(t, p.Results(heads, nil, []result(nil)))
	require.NoError(t, p.Results(heads, nil, values[0]))
	require.NoError(t, p.Results(heads, nil, map[string]any{"b": 1, "a": []string{}}))
	assert.Equal(t, "[]\n{\n  \"id\": \"1\",\n  \"result\": \"deleted\"\n}\n{\n  \"a\": [],\n  \"b\": 1\n}\n", b.String())

	p.Format = parse(t, "env", "")
	require.ErrorIs(t, p.Results(heads, nil, values), provider.ErrUsage)
	require.ErrorIs(t, p.List(two()), provider.ErrUsage)
}

func TestLongTableKeepsItsLayout(t *testing.T) {
	const n = 2500
	rows := func(yield func(provider.Credential, error) bool) {
		for i := range n {
			c := provider.Credential{ID: fmt.Sprintf("id-%04d", i), Name: " né 漢\u200b ", Status: "eu"}
			if i == 1 {
				c.Name = ""
			}
			if !yield(c, nil) {
				return
			}
		}
	}
	var b bytes.Buffer
	require.NoError(t, output.Printer{W: &b}.List(rows))
	got := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	require.Len(t, got, n+1)
	assert.Equal(t, "ID       NAME    STATUS  CREATED  LAST USED", got[0], "no column is left out of what is not seen whole")
	for i, line := range got[1:] {
		want := fmt.Sprintf("id-%04d  né 漢?", i)
		if i == 1 {
			want = "id-0001        "
		}
		want += strings.Repeat(" ", strings.Index(got[0], "STATUS")-15) + "eu"
		require.Equal(t, want, line)
	}

	b.Reset()
	wider := func(yield func(provider.Credential, error) bool) {
		for i := range 1002 {
			yield(provider.Credential{ID: strconv.Itoa(i / 1001 * 1234567), Name: "n"}, nil)
		}
	}
	require.NoError(t, output.Printer{W: &b, Format: parse(t, "table", "", "id", "name")}.List(wider))
	assert.True(t, strings.HasSuffix(b.String(), "\n0   n\n1234567  n\n"), "a wider cell is neither cut nor wrapped")
}

func TestResultOfWhatWasIssued(t *testing.T) {
	c := provider.Credential{ID: "2", Key: "AKIA", Endpoint: "https://s3.example.com", Secret: provider.NewSecret("it's")}
	value := map[string]string{"old_id": "1", "id": "2"}
	for _, x := range []struct {
		format, want string
		columns      []string
	}{
		{"table", "OLD ID  ID\n1       2\n\nsecret (shown once):\nit's\n", nil},
		{"table", "ID\n2\n\nsecret (shown once):\nit's\n", []string{"id"}},
		{"jsonl", `{"id":"2","old_id":"1"}` + "\n", nil},
		{"template={{.old_id}}", "1\n", nil},
		{"env", "export AWS_ACCESS_KEY_ID='AKIA'\nexport AWS_SECRET_ACCESS_KEY='it'\\''s'\nexport AWS_ENDPOINT_URL='https://s3.example.com'\nunset AWS_SESSION_TOKEN AWS_SECURITY_TOKEN\n", nil},
	} {
		f, err := output.Parse(output.Formats(), x.format, "", x.columns, "old_id", "id")
		require.NoError(t, err)
		var b bytes.Buffer
		require.NoError(t, output.Printer{W: &b, Format: f, Reveal: true, Shape: provider.KeyPair()}.Result([]string{"old_id", "id"}, []string{"1", "2"}, value, c))
		assert.Equal(t, x.want, strings.ReplaceAll(b.String(), "=AKIA", "='AKIA'"), x.format)
		if f.Issued() {
			continue
		}
		b.Reset()
		require.NoError(t, output.Printer{W: &b, Format: f}.Result([]string{"old_id", "id"}, []string{"1", "2"}, value, c))
		assert.NotContains(t, b.String(), "it's", x.format)
	}
	err := output.Printer{W: io.Discard, Reveal: true, Terminal: true}.Result([]string{"id"}, []string{"2"}, nil, provider.Credential{Secret: provider.NewSecret("\x1b[2J")})
	require.ErrorIs(t, err, provider.ErrUsage, "it would act on the terminal")
}

// Columns of records are none of a credential's, and the other way round.
func TestColumnsOfSomethingElse(t *testing.T) {
	f, err := output.Parse(output.Formats(), "table", "", []string{"old_id"}, "old_id")
	require.NoError(t, err)
	p := output.Printer{W: io.Discard, Format: f}
	for what, err := range map[string]error{
		"one":     p.One(full()),
		"list":    p.List(func(yield func(provider.Credential, error) bool) { yield(full(), nil) }),
		"records": p.Results([]string{"id"}, [][]string{{"1"}}, nil),
	} {
		require.ErrorIs(t, err, provider.ErrUsage, what)
		require.ErrorContains(t, err, `unknown column "old_id" (valid:`, what)
	}
}
