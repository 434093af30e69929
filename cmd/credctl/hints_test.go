//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/sandbox"
)

// A walk leads into a state in which a hint is printed.
type walk struct {
	of     subject // the zero subject is the key of Katapult
	o      sandbox.Options
	begin  func(s *scene) []string // returns the command that prints the hint
	status int                     // of that command
	fix    func(s *scene)          // what the hint leaves to a person
	stdin  func(s *scene) string   // what a person enters
	lost   bool                    // what is at the places stopped working before credctl was asked

	printed func(s *scene, args []string) outcome // runs the command in a way of its own; nil: as all are
}

// alternatives returns what a hint offers. Each is to be done by itself.
func alternatives(hint string) []string {
	return regexp.MustCompile(`; |, or:? `).Split(hint, -1)
}

// line matches a command line of credctl, and away what is to be moved.
var (
	line = regexp.MustCompile("(?:^|[ `])credctl ((?:rotation|rotate|deliver|stratum|katapult|medianova|losant|help|%s) [^`]*)")
	away = regexp.MustCompile(`move (\S+) away`)
	then = regexp.MustCompile("`, then (run the same command|try) again|first: ") // the same command comes next
)

// offers reports whether an alternative names something to run.
func offers(alternative string) bool {
	return line.MatchString(alternative) || away.MatchString(alternative) || strings.Contains(alternative, "same command") || strings.Contains(alternative, "--") || strings.Contains(alternative, "move the file away")
}

// command returns what an alternative says to run after args.
func command(s *scene, alternative string, args []string) []string {
	s.Helper()
	if m := line.FindStringSubmatch(alternative); m != nil {
		var words []string
		for _, word := range regexp.MustCompile(`'[^']*'|[^ ']+`).FindAllString(placeholders().Replace(m[1]), -1) {
			words = append(words, strings.Trim(word, "'"))
		}
		if slices.Contains([]string{"abort", "rotate", "delete"}, words[1]) {
			words = append(words, "--yes")
		}
		return words
	}
	if m := away.FindStringSubmatch(alternative); m != nil {
		require.NoError(s, os.Rename(m[1], m[1]+".away"))
		return args
	}
	args = slices.Clone(args)
	drop := func(flag string) {
		for i := 0; i < len(args); i++ {
			if args[i] == flag {
				n := 1
				if i+1 < len(args) && !strings.HasPrefix(args[i+1], "--") {
					n = 2
				}
				args = slices.Delete(args, i, i+n)
				i--
			}
		}
	}
	flag := regexp.MustCompile(`--[a-z0-9-]+`)
	for _, before := range []string{"leave out ", "in place of "} {
		if _, rest, ok := strings.Cut(alternative, before); ok {
			drop(flag.FindString(rest))
			alternative = strings.Replace(alternative, before+flag.FindString(rest), "", 1)
		}
	}
	if m := regexp.MustCompile(`(--[a-z0-9-]+)(?: (exec:COMMAND|none|5m|NAME|FILE|PATH|[0-9a-f-]{36}))?`).FindStringSubmatch(alternative); m != nil {
		drop(m[1])
		args = append(args, m[1])
		value, needed := s.values()[m[1]]
		if m[2] != "" && !needed {
			value, needed = placeholders().Replace(m[2]), true
		}
		if needed {
			args = append(args, value)
		}
	}
	return args
}

// placeholders puts what a person would into a command.
func placeholders() *strings.Replacer {
	return strings.NewReplacer("COMMAND", "true", "NAME", "administrators", "FILE", "made", "PATH", "made", "DESTINATION", "json:out")
}

// values are what a person would pass with a flag that a hint names.
func (s *scene) values() map[string]string {
	vendor := "stratum"
	if len(s.subjects) > 0 {
		vendor = s.subjects[0].vendor
	}
	return map[string]string{"--s3-endpoint": s.URL("s3"), "--base-url": s.URL(vendor), "--tenant": valueOf(s.env, "STRATUM_TENANT_ID"), "--to": "file:" + s.dir + "/made", "--new-name": "short", "--token-file": s.dir + "/token"}
}

// hintIn returns the hint that a run printed.
func hintIn(got outcome) string {
	var e struct{ Error exit.Object }
	if json.Unmarshal([]byte(got.stderr), &e) == nil { // with -o json
		return e.Error.Hint
	}
	_, hint, _ := strings.Cut(got.stderr, "\nhint: ")
	hint, _, _ = strings.Cut(hint, "\n")
	return hint
}

// follow runs what an alternative offers, and then what each hint offers first, until a
// run succeeds.
func (w walk) follow(s *scene, alternative string, args []string) (walked []string) {
	s.Helper()
	for range 5 {
		if w.fix != nil {
			w.fix(s)
		}
		walked = append(walked, alternative)
		before := args
		args = command(s, alternative, args)
		if then.MatchString(alternative) {
			first(s, 0, args...)
			args = before
		}
		stdin := ""
		if w.stdin != nil {
			stdin = w.stdin(s)
		}
		p := s.command(stdin, args...)
		_ = p.Run()
		got := p.outcome()
		s.silentBut(got, stdin)
		if got.status == 0 {
			return walked
		}
		hint := hintIn(got)
		i := slices.IndexFunc(alternatives(hint), offers)
		if !assert.GreaterOrEqual(s, i, 0, "%q ends without a way on: %s", args, got.stderr) {
			return walked
		}
		alternative = alternatives(hint)[i]
	}
	assert.Fail(s, "it goes round in circles", walked)
	return walked
}

// silentBut checks that no secret comes out, where none was entered.
func (s *scene) silentBut(got outcome, stdin string) {
	s.Helper()
	if stdin == "" && !strings.Contains(got.stdout, `"secret"`) {
		s.silent(outcome{stderr: got.stderr})
	}
}

// ends checks that nobody was cut off, and that nothing is left open but a grace period.
func (w walk) ends(s *scene, alternative string) {
	s.Helper()
	forced := strings.Contains(alternative, "--force") || strings.Contains(alternative, "to delete it all the same")
	sub := s.subjects[0]
	for _, p := range sub.places {
		assert.True(s, w.lost || forced || s.works(sub, p), "%s holds nothing that works", p)
	}
	assert.True(s, w.lost || forced || s.credential(sub.vendor, sub.id).Live || len(s.made(sub.vendor)) > 0, "no credential is left")
	s.untouched("at the end")
	if regexp.MustCompile(` (list|show|get)\b`).MatchString(alternative) { // it only looks
		return
	}
	open := s.run("rotation", "list", "--columns", "state", "--no-headers")
	if open.status == 0 { // else the journal cannot be read
		assert.Empty(s, strings.ReplaceAll(strings.ReplaceAll(open.stdout, "grace", ""), "\n", ""), "it has not ended")
	}
}

// Every hint that names something to run leads to an end, by each of the ways that it
// names. Those in the source that no walk meets fail the test.
func TestEveryHintLeadsToAnEnd(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var walked []string
	all := walks()
	atOnce(t, slices.Sorted(maps.Keys(all)), strings.Clone, func(t *testing.T, name string) {
		w := all[name]
		if w.of.vendor == "" {
			w.of = subject{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws"}}
		}
		reach := func(t *testing.T) (*scene, string, []string) {
			s := newScene(t, w.o, w.of)
			args := w.begin(s)
			run := w.printed
			if run == nil {
				run = func(s *scene, args []string) outcome { return s.run(args...) }
			}
			got := run(s, args)
			require.Equal(t, w.status, got.status, "%q: %s", args, got.stderr)
			require.NotEmpty(t, hintIn(got), got.stderr)
			return s, hintIn(got), args
		}
		s, hint, args := reach(t)
		for i, offered := 0, 0; i < len(alternatives(hint)); i++ {
			if !offers(alternatives(hint)[i]) {
				continue
			}
			if offered++; offered > 1 { // each begins in the same state
				s, hint, args = reach(t)
			}
			one := alternatives(hint)[i]
			steps := w.follow(s, one, args)
			w.ends(s, one)
			mu.Lock()
			walked = append(walked, steps...)
			mu.Unlock()
		}
	})
	race := "to deliver the secret in use: credctl deliver %s %s --to DESTINATION" // another run replaced it in between
	for where, alternative := range hintsInSource(t) {
		if alternative == race {
			continue
		}
		pattern := regexp.MustCompile(`^(then |and )?` + regexp.MustCompile(`%(\\\[\d\\\])?[sqvd]`).ReplaceAllString(regexp.QuoteMeta(alternative), ".*") + `$`)
		assert.True(t, slices.ContainsFunc(walked, pattern.MatchString), "%s: no walk follows %q", where, alternative)
	}
}

// hintsInSource returns what the hints in the source of rotations, deletions and vendors
// offer, by where.
func hintsInSource(t *testing.T) map[string]string {
	t.Helper()
	at := map[string]int{"Hint": 1, "AlsoHint": 1, "refused": 0, "stuck": 0, "lost": 0} // which argument is the hint
	found := map[string]string{}
	for _, dir := range []string{"rotation", "verify", "journal", "guard", "katapult", "losant", "medianova", "stratum"} {
		at := maps.Clone(at)
		if dir == "guard" {
			at["refused"] = 1
		}
		require.NoError(t, filepath.WalkDir(filepath.Join("..", "..", "internal", dir), func(path string, d fs.DirEntry, err error) error {
			_, inJournal, _ := strings.Cut(filepath.ToSlash(path), "/journal/")
			ofDatabase := strings.HasPrefix(inJournal, "postgres/") || inJournal == "keep.go" || inJournal == "folder/moved.go" // have tests that need one
			if err != nil || d.IsDir() || ofDatabase || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files := token.NewFileSet()
			f, err := parser.ParseFile(files, path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				name := ""
				switch f := call.Fun.(type) {
				case *ast.Ident:
					name = f.Name
				case *ast.SelectorExpr:
					name = f.Sel.Name
				}
				if i, ok := at[name]; ok && i < len(call.Args) {
					for n, a := range alternatives(textOf(call.Args[i])) {
						if offers(a) {
							found[fmt.Sprintf("%s %d", files.Position(call.Pos()), n)] = a
						}
					}
				}
				return true
			})
			return nil
		}))
	}
	assert.Greater(t, len(found), 100)
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
