package output_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
)

func TestTemplates(t *testing.T) {
	for text, want := range map[string]string{
		`{{.id}} {{.created}} {{.details.limit}}`:                          "objkey_1 2026-01-02T02:04:05Z 9007199254740993\n",
		`{{join "," .scopes}}|{{join "," .details.buckets}}`:               "all-buckets:read,web:write|web\n",
		`{{range $i, $s := .scopes}}{{if $i}} {{end}}{{$s}}{{end}}`:        "all-buckets:read web:write\n",
		`{{with .details}}{{.limit | printf "%s!"}}{{else}}none{{end}}`:    "9007199254740993!\n",
		`{{if eq .status "configured" "active"}}{{len .scopes}}{{end}}`:    "2\n",
		`{{index .details "again"}} {{.details.missing}}`:                  "[redacted] <no value>\n",
		`{{define "x"}}<{{.}}>{{end}}{{template "x" .region}}{{"\n"}}`:     "<uk-lon-01>\n",
		`{{html .name}} {{slice .id 0 3}} {{print .secret}} {{or "" "b"}}`: "Web &#34;é&#34; &lt;assets&gt; obj  b\n",
		`{{if not .key}}none{{end}}`:                                       "",
	} {
		assert.Equal(t, want, one(t, output.Printer{Format: parse(t, "template="+text, "")}, full()), text)
	}
}

func TestTemplateErrorsHoldNoSecret(t *testing.T) {
	for _, text := range []string{
		"{{range .secret}}{{end}}", "{{.secret.x}}", "{{eq .secret 1}}", "{{index .secret 99}}", "{{index . .secret .secret}}", "{{slice .secret 99}}", "{{.secret .secret}}", "{{join .secret .secret}}", "{{lt .secret .scopes}}",
	} {
		f := parse(t, "template="+text, "")
		var b strings.Builder
		err := output.Printer{W: &b, Format: f, Reveal: true}.One(full())
		require.ErrorIs(t, err, provider.ErrUsage, text)
		assert.NotContains(t, err.Error(), canary[:6], text)
		assert.Empty(t, b.String(), text)
		assert.False(t, f.HoldsSecret(), text)
	}
	c := full()
	c.Name = trick
	for _, f := range []output.Format{parse(t, "template={{range .name}}{{end}}", ""), parse(t, "", "error(.name)")} {
		err := output.Printer{W: &strings.Builder{}, Format: f, Terminal: true}.One(c)
		require.ErrorIs(t, err, provider.ErrUsage)
		assert.NotContains(t, err.Error(), "\x1b", "what a vendor wrote reaches a terminal")
	}
}
