package output_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
)

// environment reads the file of variables of a step as the runner of GitHub
// Actions does: FileCommandManager.cs of actions/runner.
func environment(text string) map[string]string {
	values := map[string]string{}
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		text = rest
		equals, heredoc := strings.Index(line, "="), strings.Index(line, "<<")
		switch {
		case equals >= 0 && (heredoc < 0 || equals < heredoc):
			values[line[:equals]] = line[equals+1:]
		case heredoc >= 0:
			name, end := line[:heredoc], line[heredoc+2:]
			value, after, _ := strings.Cut("\n"+text, "\n"+end+"\n")
			values[name], text = strings.TrimPrefix(value, "\n"), after
		}
	}
	return values
}

func TestGitHubRunnerReadsBackAnySecretAndMasksIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringOf(rapid.SampledFrom([]rune("aZ9 \t\n\r\"'`$#%=<é漢CREDCTL_END"))).Filter(func(s string) bool { return s != "" }).Draw(t, "secret")
		var stdout strings.Builder
		var variable, file string
		p := output.Printer{
			W: &stdout, Format: parseRapid(t, "github:prefix=S3_"), Reveal: true, Shape: provider.KeyPair(),
			Append: func(name, text string) error { variable, file = name, text; return nil },
		}
		require.NoError(t, p.One(s3(secret)))
		assert.Equal(t, "GITHUB_ENV", variable)
		assert.Equal(t, map[string]string{
			"S3_ACCESS_KEY_ID": "AKIA1", "S3_SECRET_ACCESS_KEY": secret, "S3_ENDPOINT_URL": "https://s3.example", "S3_REGION": "uk-lon-01",
		}, environment(file))
		masked := []string{}
		for line := range strings.Lines(stdout.String()) {
			value, ok := strings.CutPrefix(line, "::add-mask::")
			require.True(t, ok, "nothing but masks is printed: %q", line)
			masked = append(masked, strings.ReplaceAll(strings.TrimSuffix(value, "\n"), "%25", "%"))
		}
		assert.Equal(t, strings.FieldsFunc(secret, func(r rune) bool { return r == '\n' || r == '\r' }), masked)
	})
}

func parseRapid(t *rapid.T, format string) output.Format {
	f, err := output.Parse(output.Formats(), format, "", nil)
	require.NoError(t, err)
	return f
}

func TestGitHubOutputOfASingleSecret(t *testing.T) {
	var variable, file string
	p := output.Printer{
		W: &strings.Builder{}, Format: parse(t, "github-output", ""), Reveal: true, Shape: provider.SingleSecret("STRATUM_API_KEY"),
		Append: func(name, text string) error { variable, file = name, text; return nil },
	}
	require.NoError(t, p.One(provider.Credential{ID: "1", Secret: provider.NewSecret("sk_1")}))
	assert.Equal(t, []string{"GITHUB_OUTPUT", "STRATUM_API_KEY=sk_1\n"}, []string{variable, file})
}
