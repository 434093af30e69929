package audit

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the table of rules in docs/audit.md")

// TestTheTableInTheDocsIsThatOfTheCode holds docs/audit.md against [Rules].
func TestTheTableInTheDocsIsThatOfTheCode(t *testing.T) {
	var want strings.Builder
	for _, r := range Rules() {
		fmt.Fprintf(&want, "| %s | %s | %s | %s | %s |\n", r.ID, r.Name, r.Severity(), r.Title, cmp.Or(strings.Join(r.Anchors, "; "), "–"))
	}
	path := filepath.Join("..", "..", "docs", "audit.md")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	const head = "| rule | name | severity | finds | supports |\n|---|---|---|---|---|\n"
	rows := regexp.MustCompile(regexp.QuoteMeta(head) + `(?:\|.*\n)*`)
	if *update {
		text = rows.ReplaceAll(text, []byte(head+want.String()))
		require.NoError(t, os.WriteFile(path, text, 0o644))
	}
	assert.Equal(t, head+want.String(), string(rows.Find(text)))
}
