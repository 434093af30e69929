package help

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
)

func TestFit(t *testing.T) {
	for _, c := range []struct{ name, table, want string }{
		{"what fits stays", "  list        List keys\n", "  list        List keys\n"},
		{"the last column is filled where it begins", "  rotate      Rotate credentials due under a policy\n", "  rotate      Rotate credentials due\n              under a policy\n"},
		{"below a head that leaves little room", "  CREDCTL_STATE_IDENTITY  file with the key of the journal\n", "  CREDCTL_STATE_IDENTITY\n    file with the key of the journal\n"},
		{"below a head beside which an ID would be broken", "  losant  application 5d0c3a9e-2b71-4c68-9f04-a1b2c3d4\n", "  losant\n    application\n    5d0c3a9e-2b71-4c68-9f04-a1b2c3d4\n"},
		{"a line without columns", strings.Repeat("word ", 9) + "\n", strings.TrimSpace(strings.Repeat("word ", 7)) + "\nword word\n"},
	} {
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.want, Fit(c.table, 38)) })
	}
}

// The indent that all lines have is taken off, and that of a continuation stays.
func TestExample(t *testing.T) {
	for example, want := range map[string]string{
		"a b \\\n  --c":     "a b \\\n  --c",
		"  a b \\\n    --c": "a b \\\n  --c",
		"  a\n\n  b":        "a\n\nb",
	} {
		assert.Equal(t, want, Example(&cobra.Command{Example: example}))
	}
}

// What is copied from a narrow terminal is the same command.
func TestFold(t *testing.T) {
	for example, want := range map[string]string{
		"credctl a b": "credctl a b",
		"credctl katapult list --columns id,name":               "credctl katapult list \\\n  --columns id,name",
		"credctl list --jq '.[] | select(.a == \"b\")' -o json": "credctl list --jq \\\n'.[] | select(.a == \"b\")' \\\n  -o json",
		"  --hook 'test -e ready' || touch ready":               "  --hook 'test -e ready' \\\n    || touch ready",
		"# Show what a run would do, then run it":               "# Show what a run would do,\n# then run it",
		"credctl x \\\n  --yy zz":                               "credctl x \\\n  --yy zz",
	} {
		assert.Equal(t, want, fold(example, 28))
	}
}
