package main

import (
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/cli"
)

// TestDocsCommandLines looks at every credctl command in the documents, also in
// crontabs, units, manifests and prose: its subcommands and flags must be there.
func TestDocsCommandLines(t *testing.T) {
	t.Parallel()
	span := regexp.MustCompile("`([^`\n]*)`")
	checked := 0
	for _, path := range documents(t) {
		d := readDocument(t, path)
		texts := make([]string, 0, len(d.blocks))
		for _, b := range d.blocks {
			if b.lang != "console" {
				texts = append(texts, strings.Join(d.lines[b.first:b.last], "\n"))
			}
			for _, s := range b.steps {
				texts = append(texts, s.command)
			}
		}
		for _, m := range span.FindAllStringSubmatch(prose(t, path), -1) {
			texts = append(texts, m[1])
		}
		for _, text := range texts {
			for _, args := range invocations(text) {
				checkCommandLine(t, filepath.Base(path), args)
				checked++
			}
		}
	}
	assert.Greater(t, checked, 50)
}

func checkCommandLine(t *testing.T, page string, args []string) {
	t.Helper()
	for i, a := range args { // a word of prose that stands for any vendor
		if a == "VENDOR" {
			args[i] = "katapult"
		}
	}
	if len(args) > 1 && args[1] == "VERB" {
		args[1] = "rotate"
	}
	line := "credctl " + strings.Join(args, " ")
	root := cli.Root(cli.New(providers, noDestinations, nil, strings.NewReader(""), io.Discard, io.Discard), args)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	cmd, rest, err := root.Find(args)
	require.NoError(t, err, "%s: %s", page, line)
	cmd.InitDefaultHelpFlag()
	var operands []string
	for i := 0; i < len(rest); i++ {
		arg := rest[i]
		if arg == "--" {
			break // what follows is no subcommand, as the command of a sandbox
		}
		if !strings.HasPrefix(arg, "-") || arg == "-" {
			operands = append(operands, arg)
			continue
		}
		name, _, inline := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		var f *pflag.Flag
		if strings.HasPrefix(arg, "--") {
			f = cmd.Flag(name)
		} else if f = cmd.Flags().ShorthandLookup(name[:1]); f == nil {
			f = cmd.InheritedFlags().ShorthandLookup(name[:1])
		}
		if arg == "--token" { // shown for its error message
			return
		}
		if !assert.NotNil(t, f, "%s: %s: there is no flag %s", page, line, arg) {
			return
		}
		if f.NoOptDefVal == "" && !inline {
			i++
		}
	}
	if cmd.HasSubCommands() && cmd != root && len(operands) > 0 {
		assert.Fail(t, "there is no such command", "%s: %s", page, line)
	}
}

// invocations are the arguments of each call of credctl in a text of any kind.
func invocations(text string) (all [][]string) {
	var call []string
	in := false
	flush := func() {
		if in && len(call) > 0 {
			all = append(all, call)
		}
		call, in = nil, false
	}
	for _, w := range words(text) {
		switch {
		case w == "\n" || w == "|" || w == ";":
			flush()
		case strings.ContainsAny(w, " \n") && strings.Contains(w, "credctl "): // a command line in quotes
			all = append(all, invocations(strings.NewReplacer("$(", ";", ")", ";").Replace(w))...)
			call = append(call, w)
		case w == "credctl" || strings.HasSuffix(w, "/credctl"):
			flush()
			in = true
		case in:
			call = append(call, w)
		}
	}
	flush()
	return all
}

// words divides a text roughly as a shell does. Lists of YAML divide as well;
// comments and redirections are left out.
func words(text string) (all []string) {
	text = strings.ReplaceAll(text, "\\\n", " ")
	var w strings.Builder
	open, quote, started := false, rune(0), false
	end := func(operator string) {
		if started {
			all = append(all, w.String())
		}
		w.Reset()
		started = false
		if operator != "" {
			all = append(all, operator)
		}
	}
	comment := false
	for _, r := range text {
		switch {
		case comment && r != '\n':
		case open && r == quote:
			open = false
		case open:
			w.WriteRune(r)
		case r == '"' || r == '\'':
			open, quote, started = true, r, true
		case r == '#' && !started:
			comment = true
		case r == '\n':
			comment = false
			end("\n")
		case r == '|' || r == ';' || r == '&' || r == '(' || r == ')' || r == '<' || r == '>':
			end(";")
		case r == ' ' || r == '\t' || r == ',' || r == '[' || r == ']' || r == '=' && strings.HasPrefix(w.String(), "ExecStart"):
			end("")
		default:
			started = true
			w.WriteRune(r)
		}
	}
	end("\n")
	return all
}
