//go:build unix

package main

import (
	"cmp"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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
	says    func(outcome) string                  // what it says to run; nil: the hint of its error
	given   map[string]string                     // what a person passes with a flag, or writes for a word such as VALUE
	edit    func(args []string) []string          // what a person corrects in the command line besides
	once    bool                                  // the command is not run again after what was to be done first
	look    int                                   // status of a command that shows what is wrong
}

// alternatives returns what a hint offers. Each is to be done by itself.
func alternatives(hint string) []string {
	return regexp.MustCompile(`; |, or:? |\n`).Split(hint, -1)
}

// line matches a command line of credctl, script one that needs a shell, away what is to be
// moved, and theirs what is to be done with another program.
var (
	line   = regexp.MustCompile("(?:^|[ `])credctl ((?:rotation|rotate|deliver|stratum|katapult|medianova|losant|VENDOR|help|auth|profile|config|state|sandbox|completion|version|list|audit|%s)\\b[^`\"]*)")
	script = regexp.MustCompile(`eval "\$\(credctl [^"]*"|credctl (?:audit|sandbox)\b[^;]* (?:> \S+|-- .*)`)
	away   = regexp.MustCompile(`move (\S+) away`)
	then   = regexp.MustCompile("`, then (run the same command|try) again|first: ") // the same command comes next
	theirs = regexp.MustCompile(`(?:^|: )(aws|kubectl|gh|glab|age-keygen|trufflehog|gitleaks|getfacl|setfacl|sudo) |variable that should hold`)
)

// offers reports whether an alternative names something to run.
func offers(alternative string) bool {
	if theirs.MatchString(alternative) {
		return false
	}
	return line.MatchString(alternative) || script.MatchString(alternative) || away.MatchString(alternative) || regexp.MustCompile(`same command|--[a-z%]|-o [a-z%]|run: %s|move the file away`).MatchString(alternative)
}

// command returns what an alternative says to run after args.
func command(s *scene, alternative string, args []string) []string {
	s.Helper()
	if text := script.FindString(alternative); text != "" {
		if strings.HasPrefix(text, "eval") {
			text += " && credctl " + strings.Join(args, " ") + "; status=$?; credctl sandbox stop >/dev/null 2>&1; exit $status"
		}
		return []string{"sh", "-c", text}
	}
	if m := line.FindStringSubmatch(alternative); m != nil {
		var words []string
		text, _, _ := strings.Cut(m[1], "   ") // what a table says of it
		for _, word := range regexp.MustCompile(`'[^']*'|[^ ']+`).FindAllString(text, -1) {
			if given, ok := s.given[word]; ok {
				word = given
			}
			words = append(words, strings.Trim(placeholders().Replace(word), "'"))
		}
		if len(words) > 1 && slices.Contains([]string{"abort", "rotate", "delete"}, words[1]) {
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
	flag := regexp.MustCompile(`-o|--[a-z0-9-]+`)
	if m := regexp.MustCompile(`-o (\w+)`).FindStringSubmatch(alternative); m != nil {
		drop("-o")
		args = append(args, "-o", cmp.Or(s.given[m[1]], m[1]))
	}
	for _, before := range []string{"leave out ", "in place of ", "leave "} {
		if _, rest, ok := strings.Cut(alternative, before); ok {
			drop(flag.FindString(rest))
			alternative = strings.Replace(alternative, before+flag.FindString(rest), "", 1)
		}
	}
	if m := regexp.MustCompile(`(--[a-z0-9-]+)(?: (exec:COMMAND|none|[0-9]+[mhd]|NAME|FILE|PATH|json:PATH|'[^']*'|[0-9a-f-]{36}))?`).FindStringSubmatch(alternative); m != nil {
		drop(m[1])
		args = append(args, m[1])
		value, needed := s.values()[m[1]]
		if m[2] != "" && !needed {
			value, needed = strings.Trim(placeholders().Replace(m[2]), "'"), true
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
	values := map[string]string{"--s3-endpoint": s.URL("s3"), "--base-url": s.URL(vendor), "--tenant": valueOf(s.env, "STRATUM_TENANT_ID"), "--to": "file:" + s.dir + "/made", "--new-name": "short", "--token-file": s.dir + "/token"}
	maps.Copy(values, s.given)
	return values
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

// setsUp matches a command after which the one that needed it is run again.
var setsUp = regexp.MustCompile(`^(auth login|config set|profile (create|use)|state (init|migrate|export|import)|sh -c [^|]*> )[^-]*(--yes|--[a-gi-z].*|$)`)

// hint returns what a run of a walk says to do.
func (w walk) hint(got outcome) string {
	if hint := hintIn(got); hint != "" || w.says == nil {
		return hint
	}
	return w.says(got)
}

// follow runs what an alternative offers, and then what each hint offers first, until a
// run succeeds.
func (w walk) follow(s *scene, alternative string, args []string) (walked []string) {
	s.Helper()
	original := args
	for range 6 {
		if w.fix != nil {
			w.fix(s)
		}
		walked = append(walked, alternative)
		before := args
		args = command(s, alternative, args)
		if w.edit != nil {
			args = w.edit(args)
		}
		if then.MatchString(alternative) {
			first(s, 0, args...)
			args = before
		}
		got := w.enters(s, args)
		if got.status == 0 && !w.once && setsUp.MatchString(strings.Join(args, " ")) {
			args = original
			got = w.enters(s, args)
		}
		hint := hintIn(got)
		if got.status == 0 || got.status == w.look && !slices.ContainsFunc(alternatives(hint), offers) {
			return walked
		}
		i := slices.IndexFunc(alternatives(hint), offers)
		if !assert.GreaterOrEqual(s, i, 0, "%q ends without a way on: %s", args, got.stderr) {
			return walked
		}
		alternative = alternatives(hint)[i]
	}
	assert.Fail(s, "it goes round in circles", walked)
	return walked
}

// enters runs a command as a person does who follows a hint.
func (w walk) enters(s *scene, args []string) outcome {
	s.Helper()
	stdin := ""
	if w.stdin != nil {
		stdin = w.stdin(s)
	}
	p := s.command(stdin, args...)
	if len(args) > 0 && args[0] == "sh" {
		p.Path, p.Args = "/bin/sh", args
		p.Env = append(p.Env, "PATH="+filepath.Dir(s.command("").Path)+":"+os.Getenv("PATH"))
	}
	require.NoError(s, p.Start())
	limit := time.AfterFunc(2*time.Minute, func() { _ = p.Process.Kill() })
	defer limit.Stop()
	_ = p.Wait() // its status tells
	got := p.outcome()
	s.silentBut(got, stdin)
	return got
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
	if regexp.MustCompile(` (list|show|get|help)\b`).MatchString(alternative) { // it only looks
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
	allWalked(t, walkAll(t, walks()), 200, func(h hintSite) bool { return !h.ofDatabase() })
}

// walkAll reaches all states, and follows the hints there. It returns the alternatives that
// it followed.
func walkAll(t *testing.T, all map[string]walk) (walked []string) {
	t.Helper()
	var mu sync.Mutex
	atOnce(t, slices.Sorted(maps.Keys(all)), strings.Clone, func(t *testing.T, name string) {
		w := all[name]
		if w.of.vendor == "" {
			w.of = subject{vendor: "katapult", id: katapultWeb, places: []string{"aws:web@%s/aws"}}
		}
		reach := func(t *testing.T) (*scene, string, []string) {
			s := newScene(t, w.o, w.of)
			s.given = w.given
			args := w.begin(s)
			run := w.printed
			if run == nil {
				run = func(s *scene, args []string) outcome { return s.run(args...) }
			}
			got := run(s, args)
			require.Equal(t, w.status, got.status, "%q: %s", args, got.stderr)
			require.NotEmpty(t, w.hint(got), "%s%s", got.stdout, got.stderr)
			return s, w.hint(got), args
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
	return walked
}

// allWalked fails for what the source offers and no walk follows, and if it finds fewer
// alternatives than least.
func allWalked(t *testing.T, walked []string, least int, of func(hintSite) bool) {
	t.Helper()
	races := []string{ // another run came in between
		"to deliver the secret in use: credctl deliver %s %s --to DESTINATION",
		"check what it holds: credctl rotation check %s",
	}
	count := 0
	for _, h := range hintSites(t) {
		for _, alternative := range alternatives(h.text) {
			if !of(h) || !offers(alternative) || slices.Contains(races, alternative) {
				continue
			}
			count++
			text := `^(then |and )?` + regexp.MustCompile(`%(\\\[\d\\\])?[sqvd]`).ReplaceAllString(regexp.QuoteMeta(alternative), ".*") + `$`
			if h.open {
				text = strings.TrimSuffix(text, "$")[strings.Index(text, "?")+1:]
			}
			pattern := regexp.MustCompile(text)
			assert.True(t, slices.ContainsFunc(walked, pattern.MatchString), "%s: no walk follows %q", h.at, alternative)
		}
	}
	assert.GreaterOrEqual(t, count, least)
}
