package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/cli/help"
	"github.com/credctl/credctl/internal/cli/syntax"
)

// bannedWords are in no message, help or page: metaphors of life and death, and
// phrases that a colleague at a terminal would not say.
var bannedWords = sync.OnceValue(func() []*regexp.Regexp {
	words := []string{
		`lives? on`, `lives`, `dead`, `undead`, `outlived?`, `strays?`, `sweeps?`, `furnish(ed)?`, `heed(ed)?`, `mend(ed)?`, `please`,
		`can be had`, `cannot be had`, `goes on`, `go on with`, `gone on`, `going on with`, `give(n)? up`, `gives up`, `nobody to ask`, `the old one`, `the new one`,
		`whatever it`, `all the same`, `reckon with`, `in place of it`, `is no ID`, `is there already`, `takes no operand`, `takes no .* operand`, `was not begun`,
		`has come to`, `brings it back`, `made anew`, `anew`, `for ever`, `signs with`, `said nothing`, `let in`, `lets? the old`, `beside`,
		`there is nobody`, `what is there`, `it is gone`, `alive`, `dies`, `living`,
		`don't`, `can't`, `won't`, `isn't`, `it's`, `doesn't`,
	}
	all := make([]*regexp.Regexp, len(words))
	for i, w := range words {
		all[i] = regexp.MustCompile(`(?i)\b` + w + `\b`)
	}
	return append(all, regexp.MustCompile(`(?i)\b(`+strings.Join(words, "|")+`)\b`)) // the last is any of them
})

// banned returns the banned words of a text.
func banned(text string) (found []string) {
	words := bannedWords()
	all, one := words[:len(words)-1], words[len(words)-1]
	if !one.MatchString(text) {
		return nil
	}
	for _, word := range all {
		if m := word.FindString(text); m != "" {
			found = append(found, m)
		}
	}
	return found
}

func TestBannedWordsAreFound(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"The old one lives on": {"lives on", "lives", "The old one"}, "it cannot be had again": {"cannot be had"}, "Verified the new key (3/3)": nil, "delivered": nil,
		"Recommended": nil, "please try": {"please"},
	} {
		assert.ElementsMatch(t, want, banned(text), text)
	}
}

// wordsOf counts the words of a text.
func wordsOf(text string) int { return len(strings.Fields(text)) }

// TestHelpIsPlain: a summary has 3 to 7 words, begins with a verb and has no full
// stop, and the text of a flag has at most ten words.
func TestHelpIsPlain(t *testing.T) {
	t.Parallel()
	for _, cmd := range commandTree(t) {
		for _, fault := range faultsOf(cmd) {
			t.Errorf("%s: %s", cmd.CommandPath(), fault)
		}
	}
}

// faultsOf says what is not plain in the help of a command.
func faultsOf(cmd *cobra.Command) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if n := wordsOf(cmd.Short); cmd.GroupID != syntax.VendorGroup && (n < 3 || n > 7) { // a vendor's summary is its name
		fault("the summary has %d words, not 3 to 7: %q", n, cmd.Short)
	}
	if strings.HasSuffix(cmd.Short, ".") || !regexp.MustCompile(`^[A-Z][a-z]+ `).MatchString(cmd.Short) {
		fault("the summary is no imperative without a full stop: %q", cmd.Short)
	}
	if words := banned(cmd.Short + "\n" + cmd.Long + "\n" + help.Example(cmd)); len(words) > 0 {
		fault("the help says %s", strings.Join(words, ", "))
	}
	for line := range strings.Lines(help.Example(cmd)) {
		if line = strings.TrimRight(line, "\n"); len(line) > 78 {
			fault("the example does not fit in 80 columns, indented: %s", line)
		}
	}
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		_, usage := pflag.UnquoteUsage(f)
		usage, _, _ = strings.Cut(usage, ": ") // what follows are the values
		if n := wordsOf(strings.TrimSuffix(usage, syntax.Required)); n > 10 {
			fault("--%s has %d words, more than 10: %q", f.Name, n, usage)
		}
		if words := banned(usage); len(words) > 0 {
			fault("--%s says %s: %q", f.Name, strings.Join(words, ", "), usage)
		}
	})
	return faults
}

// TestMessagesArePlain: no string literal has a banned word, which every message,
// question, plan and progress line is made of.
func TestMessagesArePlain(t *testing.T) {
	t.Parallel()
	sourceFiles(t, func(path string) {
		if strings.HasSuffix(path, "_test.go") || strings.Contains(path, "/deliver/entry/") && strings.HasSuffix(filepath.Dir(path), "test") { // whose values only look like text
			return
		}
		for _, text := range literals(t, path) {
			if strings.HasPrefix(path, filepath.Join(root, "internal", "sandbox")) {
				text = vendorsOwn.ReplaceAllString(text, "")
			}
			if words := banned(text); len(words) > 0 {
				t.Errorf("%s: %q says %s", path, text, strings.Join(words, ", "))
			}
			if quotedCommand.MatchString(text) {
				t.Errorf("%s: %q does not say \"run: COMMAND\"", path, text)
			}
		}
	})
}

// quotedCommand is a command that a hint names in another way than "run: COMMAND".
var quotedCommand = regexp.MustCompile(`\brun (%q|"|\x60|credctl (%s|[a-z]+ -|[a-z]+ [a-z]+$|auth|list|rotation|version|VENDOR))`)

// vendorsOwn is what the vendors say, and the sandbox after them.
var vendorsOwn = regexp.MustCompile(`Please|can't`)

// TestCommentsArePlain: no comment has a banned word.
func TestCommentsArePlain(t *testing.T) {
	t.Parallel()
	sourceFiles(t, func(path string) {
		for _, group := range parsed(t, path).Comments {
			if words := banned(group.Text()); len(words) > 0 {
				t.Errorf("%s: a comment says %s: %s", path, strings.Join(words, ", "), group.Text())
			}
		}
	})
}

// TestPagesArePlain: no page has a banned word.
func TestPagesArePlain(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	require.NoError(t, err)
	for _, path := range append(pages, filepath.Join(root, "README.md")) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for i, line := range strings.Split(string(text), "\n") {
			if words := banned(line); len(words) > 0 {
				t.Errorf("%s:%d says %s: %s", path, i+1, strings.Join(words, ", "), line)
			}
		}
	}
}

var root = filepath.Join("..", "..")

// sourceFiles calls do for every source file of the project.
func sourceFiles(t *testing.T, do func(path string)) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == "testdata" || path != root && strings.HasPrefix(d.Name(), ".")) {
			return fs.SkipDir
		}
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".go") && d.Name() != "wording_test.go" {
			do(path)
		}
		return err
	}))
}

func parsed(t *testing.T, path string) *ast.File {
	t.Helper()
	src, err := os.ReadFile(path)
	require.NoError(t, err)
	file, err := parser.ParseFile(token.NewFileSet(), path, src, parser.SkipObjectResolution|parser.ParseComments)
	require.NoError(t, err)
	return file
}

// literals returns the string literals of a file but for imports and tags of fields.
func literals(t *testing.T, path string) (texts []string) {
	t.Helper()
	ast.Inspect(parsed(t, path), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			n.Tag = nil
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				text, err := strconv.Unquote(n.Value)
				require.NoError(t, err)
				texts = append(texts, text)
			}
		}
		return true
	})
	return texts
}
