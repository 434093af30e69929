package policyfile

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
)

// However many entries write to one file, ten lines say so.
func TestManyEntriesThatClashAreSaidInTenLines(t *testing.T) {
	e := &rotation.Engine{
		Kind: func(string, string) (rotation.Kind, error) { return rotation.Kind{Name: "key"}, nil },
		Env: rotation.Env{Destination: func(spec string, _ rotation.Subject, _ bool) (deliver.Destination, error) {
			return deliver.Parse(spec, deliver.Options{})
		}},
	}
	text := func(n int) []byte {
		var b strings.Builder
		b.WriteString("rotations:\n")
		for i := range n {
			fmt.Fprintf(&b, "- {name: e%d, provider: acme, id: k%d, max_age: 30d, to: ['file:/x']}\n", i, i)
		}
		return []byte(b.String())
	}
	_, err := Parse(e, "r.yaml", text(1000))
	require.ErrorIs(t, err, provider.ErrUsage)
	lines := strings.Split(err.Error(), "\n")
	assert.LessOrEqual(t, len(lines), 10)
	assert.Equal(t, `r.yaml:3:57: "file:/x" is also written by the entry in line 2 (as "file:/x")`, lines[0])
	assert.Equal(t, `r.yaml:1001:61: 991 more entries write to "file:/x" of the entry in line 2`, lines[len(lines)-1])

	_, err = Parse(e, "r.yaml", text(9))
	require.ErrorIs(t, err, provider.ErrUsage)
	assert.Len(t, strings.Split(err.Error(), "\n"), 8)
	assert.NotContains(t, err.Error(), "more entries")
}

// At least one rotation must be allowed at once.
func TestTheLeastThatMayBeDueAtOnce(t *testing.T) {
	for text, want := range map[string]string{"1": "", "0": "must be a whole number of at least 1", "-1": "must be a whole number of at least 1", "1.5": "must be a whole number of at least 1"} {
		_, err := Parse(&rotation.Engine{}, "r.yaml", []byte("max_changes: "+text+"\nrotations: []\n"))
		if want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, want, text)
		}
	}
}

// Each destination of an entry that another entry writes, too, is named; what anybody may write
// to clashes with nothing, and a name that is not known yet is as good as any.
func TestEachClashOfAnEntryIsNamed(t *testing.T) {
	var tried []string
	e := &rotation.Engine{
		Kind: func(string, string) (rotation.Kind, error) { return rotation.Kind{Name: "key"}, nil },
		Env: rotation.Env{Destination: func(spec string, _ rotation.Subject, _ bool) (deliver.Destination, error) {
			tried = append(tried, spec)
			return deliver.Parse(spec, deliver.Options{})
		}},
	}
	_, err := Parse(e, "r.yaml", []byte(`rotations:
- {name: a, provider: acme, id: k1, max_age: 30d, to: ['file:/x', 'file:/y', 'file:/own']}
- {name: b, provider: acme, id: k2, max_age: 30d, to: ['file:/x', 'file:/y', 'file:/other']}
- {name: c, provider: acme, id: k3, max_age: 30d, to: ['file:/other']}
`))
	require.ErrorIs(t, err, provider.ErrUsage)
	for _, said := range []string{`"file:/x" is also written by the entry in line 2`, `"file:/y" is also written by the entry in line 2`, `"file:/other" is also written by the entry in line 3`} {
		require.ErrorContains(t, err, said)
	}
	tried = nil
	_, err = Parse(e, "r.yaml", []byte(`rotations:
- {name: a, provider: acme, select: {name: "a*"}, max_age: 30d, to: ['file:/keys/{name}']}
- {name: b, provider: acme, select: {name: "b*"}, max_age: 30d, to: ['file:/keys/{name}']}
- {name: c, provider: acme, id: k1, max_age: 30d, to: ['file:/keys/{name}']}
`))
	require.NoError(t, err)
	assert.Equal(t, []string{"file:/keys/name", "file:/keys/name", "file:/keys/{name}"}, tried)
}
