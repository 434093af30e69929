//go:build unix

package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A hintSite is a place in the source at which a hint, or another text for people that
// names a command, is made.
type hintSite struct {
	file, at, text string
	open           bool // the text is a part of what is printed
}

// ofDatabase reports whether a hint is printed only where the state is in a database.
func (h hintSite) ofDatabase() bool {
	return strings.HasPrefix(h.file, "journal/postgres/") || h.file == "journal/keep.go"
}

// hintArgument returns which argument of a call is a hint, by the folder and the function.
func hintArgument(dir, name string) (int, bool) {
	i, ok := map[string]int{"Hint": 1, "AlsoHint": 1}[name]
	if !ok && (dir == "rotation" || dir == "journal" || dir == "verify" || dir == "guard") {
		i, ok = map[string]int{"refused": 0, "stuck": 0, "lost": 0}[name]
		if dir == "guard" && name == "refused" {
			i = 1
		}
	}
	return i, ok
}

// told matches a text that is no hint in a call, and names a command to run.
var told = regexp.MustCompile("^credctl (?:auth|rotation) |(?:: |see \"|\n  )credctl (?:auth|config|profile|rotation|rotate|state|sandbox|status|version|list|help|audit|%s|VENDOR)\\b|^(?:pass|use|add|leave out) -")

// hintSites returns all texts of the program that say what to run. What the help and the
// manual pages show is not among them; their tests run it.
func hintSites(t *testing.T) (found []hintSite) {
	t.Helper()
	root := filepath.Join("..", "..", "internal")
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		rel, rerr := filepath.Rel(root, path)
		require.NoError(t, rerr)
		rel = filepath.ToSlash(rel)
		if err != nil || d.IsDir() && (d.Name() == "testdata" || rel == "bench" || rel == "cli/help") {
			if err == nil {
				err = fs.SkipDir
			}
			return err
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		dir, _, _ := strings.Cut(rel, "/")
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		add := func(n ast.Node, text string, open bool) {
			found = append(found, hintSite{rel, fmt.Sprintf("%s:%d", rel, files.Position(n.Pos()).Line), text, open})
		}
		var visit func(ast.Node) bool
		visit = func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				name := ""
				switch f := n.Fun.(type) {
				case *ast.Ident:
					name = f.Name
				case *ast.SelectorExpr:
					name = f.Sel.Name
				}
				if i, ok := hintArgument(dir, name); ok && i < len(n.Args) {
					add(n, textOf(n.Args[i]), false)
					for j, arg := range n.Args {
						if j != i {
							ast.Inspect(arg, visit)
						}
					}
					return false
				}
			case *ast.KeyValueExpr: // of a command, or of a rule of the audit
				key, ok := n.Key.(*ast.Ident)
				return !ok || !slices.Contains([]string{"Example", "Long", "Short", "Help"}, key.Name)
			case *ast.BasicLit:
				if text := textOf(n); n.Kind == token.STRING && told.MatchString(text) {
					add(n, text, true)
				}
			}
			return true
		}
		ast.Inspect(f, visit)
		return nil
	}))
	return found
}

// textOf returns a text of the source, with %s for what is known only when it runs.
func textOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		if err == nil {
			return text
		}
	case *ast.BinaryExpr:
		return textOf(e.X) + textOf(e.Y)
	}
	return "%s"
}
