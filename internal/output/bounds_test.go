package output

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// What the user gives for a result may never end. It ends with its bound, and nothing
// of it is written.
func TestAnEvaluationThatNeverEnds(t *testing.T) {
	for name, c := range map[string]struct{ format, jq string }{
		"a jq expression that counts":   {"json", "last(range(1e18))"},
		"a jq function that calls none": {"json", "def f: f; f"},
		"templates that call templates": {"template=" + manyTemplates(60) + `{{template "0"}}`, ""},
		"a template":                    {"template={{range 1000000000000000000}}{{end}}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			format, err := Parse(Formats(), c.format, c.jq, nil)
			require.NoError(t, err)
			for cause, bound := range map[error]func() (context.Context, context.CancelFunc){
				context.DeadlineExceeded: func() (context.Context, context.CancelFunc) {
					return context.WithTimeout(context.Background(), 20*time.Millisecond)
				},
				context.Canceled: func() (context.Context, context.CancelFunc) {
					ctx, cancel := context.WithCancel(context.Background())
					time.AfterFunc(20*time.Millisecond, cancel)
					return ctx, cancel
				},
			} {
				var out bytes.Buffer
				p := Printer{W: &out, Format: format, Bound: bound, Reveal: true}
				err = p.One(provider.Credential{ID: "1", Secret: provider.NewSecret("CANARY")})
				require.ErrorIs(t, err, cause)
				require.NotErrorIs(t, err, provider.ErrUsage)
				assert.NotContains(t, err.Error(), "CANARY")
				assert.Empty(t, out.String())
			}
		})
	}
}

// What grows without end is refused before it takes all of the memory.
func TestAResultThatGrowsWithoutEnd(t *testing.T) {
	for name, c := range map[string]struct{ format, jq string }{
		"a jq expression": {"json", `range(1e18) | "` + strings.Repeat("x", 1<<16) + `"`},
		"a template":      {"template={{range 1000000000000000000}}" + strings.Repeat("x", 1<<16) + "{{end}}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			format, err := Parse(Formats(), c.format, c.jq, nil)
			require.NoError(t, err)
			var out bytes.Buffer
			err = Printer{W: &out, Format: format}.One(provider.Credential{ID: "1"})
			require.ErrorContains(t, err, "longer than 64 MiB")
			assert.Empty(t, out.String())
		})
	}
}

// manyTemplates defines templates that each call the next one twice.
func manyTemplates(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{{define "%d"}}{{template "%d"}}{{template "%[2]d"}}{{end}}`, i, i+1)
	}
	fmt.Fprintf(&b, `{{define "%d"}}{{end}}`, n)
	return b.String()
}
