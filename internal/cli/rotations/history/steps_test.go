package history

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

func TestStepsAreToldInWords(t *testing.T) {
	for want, s := range map[string]oplog.StoryStep{
		"Began the request for the new secret":             {Step: "intent", About: "2026-11-30T13:13:24Z"},
		"Received the new credential: key-2":               {Step: "issued", About: "key-2"},
		"Checked the new secret: verified with the vendor": {Step: "verified", About: "verified with the vendor"},
		"Delivered the new secret: standard output":        {Step: "delivered", About: "-"},
		"Delivered the new secret: file:/a":                {Step: "delivered", About: "file:/a"},
		"":                                                 {Step: "hooked", About: oplog.NoHook},
		"Ran the hook":                                     {Step: "hooked"},
		"Failed: file:/a: disk full":                       {Step: "failed", About: "file:/a", Error: "disk full"},
		"Failed: exec:false: exit status 1":                {Step: "failed", About: "exec:false", Error: "exec:false: exit status 1"},
		"Lost the answer to the request: connection lost":  {Step: "lost", Error: "connection lost"},
		"Could not delete the old credential: denied":      {Step: "failed", About: "retire", Error: "denied"},
		"Waiting: not yet":                                 {Step: "pending", Error: "not yet"},
		"Waiting":                                          {Step: "pending"},
		"Aborted":                                          {Step: "aborted"},
	} {
		assert.Equal(t, want, sentence(s), "%v", s)
	}
}

// TestEachStepHasWords: a step that is added gets a sentence, too.
func TestEachStepHasWords(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", "..", "rotation", "oplog", "event.go"), nil, 0)
	require.NoError(t, err)
	steps := 0
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Step") {
			return true
		}
		steps++
		return true
	})
	assert.Len(t, told(), steps+2, "and those for %s and %s", journal.Done, journal.Aborted)
}
