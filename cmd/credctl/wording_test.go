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
	"slices"
	"strconv"
	"strings"
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
func bannedWords() []*regexp.Regexp {
	words := []string{
		`lives? on`, `lives`, `dead`, `undead`, `outlived?`, `strays?`, `sweeps?`, `furnish(ed)?`, `heed(ed)?`, `mend(ed)?`, `please`,
		`can be had`, `cannot be had`, `goes on`, `go on with`, `gone on`, `going on with`, `give(n)? up`, `gives up`, `nobody to ask`, `the old one`, `the new one`,
		`whatever it`, `all the same`, `reckon with`, `in place of it`, `is no ID`, `is there already`, `takes no operand`, `takes no .* operand`, `was not begun`,
		`has come to`, `brings it back`, `made anew`, `anew`, `for ever`, `signs with`, `said nothing`, `let in`, `lets? the old`, `beside`,
		`don't`, `can't`, `won't`, `isn't`, `it's`, `doesn't`,
	}
	all := make([]*regexp.Regexp, len(words))
	for i, w := range words {
		all[i] = regexp.MustCompile(`(?i)\b` + w + `\b`)
	}
	return all
}

// banned returns the banned words of a text.
func banned(text string) (found []string) {
	for _, word := range bannedWords() {
		if m := word.FindString(text); m != "" {
			found = append(found, m)
		}
	}
	return found
}

func TestBannedWordsAreFound(t *testing.T) {
	for text, want := range map[string][]string{
		"The old one lives on": {"lives on", "lives", "The old one"}, "it cannot be had again": {"cannot be had"}, "Verified the new key (3/3)": nil, "delivered": nil,
		"Recommended": nil, "please try": {"please"},
	} {
		assert.ElementsMatch(t, want, banned(text), text)
	}
}

// wordsOf counts the words of a text.
func wordsOf(text string) int { return len(strings.Fields(text)) }

// heldCommands are the commands whose help is held to the standard of words, with all
// below them: those that pass. The test lists with -v what the others have to change.
func heldCommands() []string {
	return []string{
		"completion", "help", "list", "version", "rotation",
		"katapult list", "katapult get", "losant list", "losant get", "medianova list", "medianova get", "stratum get", "stratum create",
	}
}

// TestHelpIsPlain: a summary has 3 to 7 words, begins with a verb and has no full
// stop, and the text of a flag has at most ten words.
func TestHelpIsPlain(t *testing.T) {
	var others []string
	for _, cmd := range commandTree(t) {
		path := strings.TrimPrefix(cmd.CommandPath(), "credctl ")
		held := slices.ContainsFunc(heldCommands(), func(h string) bool { return path == h || strings.HasPrefix(path, h+" ") })
		for _, fault := range faultsOf(cmd) {
			if held {
				t.Errorf("%s: %s", path, fault)
			} else {
				others = append(others, path+": "+fault)
			}
		}
	}
	t.Logf("%d texts of other commands are not plain yet:\n%s", len(others), strings.Join(others, "\n"))
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

// plainPackages are held to the standard of words in their string literals: those
// that pass. A package that is not among them is listed by the test with -v.
func plainPackages() []string {
	return []string{
		"cmd/credctl", "internal/cli", "internal/cli/call", "internal/cli/completion", "internal/cli/help", "internal/cli/invocation", "internal/cli/syntax",
	}
}

// TestMessagesArePlain: the string literals of the packages that are held have no
// banned word. Of the others it says, with -v, what is not plain yet.
func TestMessagesArePlain(t *testing.T) {
	root := filepath.Join("..", "..")
	var others []string
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == "testdata" || strings.HasSuffix(d.Name(), "test") || path != root && strings.HasPrefix(d.Name(), ".")) {
			return fs.SkipDir
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		rel, err := filepath.Rel(root, path)
		require.NoError(t, err)
		pkg := filepath.ToSlash(filepath.Dir(rel))
		for _, text := range literals(t, path) {
			words := banned(text)
			if len(words) == 0 {
				continue
			}
			if slices.Contains(plainPackages(), pkg) {
				t.Errorf("%s: %q says %s", rel, text, strings.Join(words, ", "))
			} else {
				others = append(others, rel+": "+strings.Join(words, ", ")+": "+strconv.Quote(text))
			}
		}
		return nil
	}))
	t.Logf("%d texts of other packages are not plain yet:\n%s", len(others), strings.Join(others, "\n"))
}

// literals returns the string literals of a file but for imports and tags of fields.
func literals(t *testing.T, path string) (texts []string) {
	t.Helper()
	src, err := os.ReadFile(path)
	require.NoError(t, err)
	file, err := parser.ParseFile(token.NewFileSet(), path, src, parser.SkipObjectResolution)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
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
