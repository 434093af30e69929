package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a reader can take in: the lines of a file, the lines of a package, and
// the methods of a type above floor 1 that do not implement an interface of
// internal/provider, whose methods are the verbs of a kind.
const (
	linesOfFile    = 250
	linesOfPackage = 1200
	methodsOfType  = 15
)

// countsMethods reports whether the types of a package are above floor 1, and not
// of the sandbox or of tests.
func countsMethods(pkg string) bool {
	first := []string{
		"internal/provider", "internal/journal", "internal/deliver", "internal/verify", "internal/fsafe", "internal/quote", "internal/command",
		"internal/table", "internal/exit", "internal/term", "internal/visible", "internal/duration", "internal/failpoint", "internal/pace",
		"internal/sandbox",
	}
	return !slices.ContainsFunc(first, func(p string) bool { return pkg == p || strings.HasPrefix(pkg, p+"/") })
}

// TestSizes holds files, packages and types to the sizes that a reader can take in.
func TestSizes(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	lines, methods, verbs := map[string]int{}, map[string]int{}, vocabulary(t)
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name := d.Name()
		if err == nil && d.IsDir() && (name == "testdata" || name == "conformance" || strings.HasSuffix(name, "test") || path != root && strings.HasPrefix(name, ".") && name != "..") {
			return fs.SkipDir
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		rel, err := filepath.Rel(root, path)
		require.NoError(t, err)
		file := filepath.ToSlash(rel)
		pkg, _ := filepath.Split(file)
		pkg = strings.TrimSuffix(pkg, "/")
		n := bytes.Count(text, []byte("\n"))
		assert.LessOrEqual(t, n, linesOfFile, "%s: divide it by topic", file)
		if lines[pkg] += n; !countsMethods(pkg) {
			return nil
		}
		for receiver, names := range methodsIn(t, path, text) {
			names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(verbs, name) })
			methods[pkg+"."+receiver] += len(names)
		}
		return nil
	}))
	delete(lines, "internal/sandbox") // four servers, which share no code with the adapters
	for what, sizes := range map[string]map[string]int{"lines": lines, "methods": methods} {
		most := map[string]int{"lines": linesOfPackage, "methods": methodsOfType}[what]
		assert.NotEmpty(t, sizes)
		for name, n := range sizes {
			assert.LessOrEqual(t, n, most, "%s: %s", name, what)
		}
	}
}

// vocabulary returns the methods of the interfaces of internal/provider.
func vocabulary(t *testing.T) (names []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", "internal", "provider", "verbs.go"), nil, 0)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		if i, ok := n.(*ast.InterfaceType); ok {
			for _, method := range i.Methods.List {
				names = append(names, method.Names[0].Name)
			}
		}
		return true
	})
	require.Contains(t, names, "Create")
	return names
}

// methodsIn returns the methods in a file by their receiver.
func methodsIn(t *testing.T, path string, text []byte) map[string][]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution)
	require.NoError(t, err)
	found := map[string][]string{}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv == nil {
			continue
		}
		receiver := f.Recv.List[0].Type
		if p, ok := receiver.(*ast.StarExpr); ok {
			receiver = p.X
		}
		if generic, ok := receiver.(*ast.IndexExpr); ok {
			receiver = generic.X
		}
		if name, ok := receiver.(*ast.Ident); ok {
			found[name.Name] = append(found[name.Name], f.Name.Name)
		}
	}
	return found
}
