package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A document is a page, and what is to be run of it.
type document struct {
	lines  []string
	blocks []*block
}

// A block is what is between two fences.
type block struct {
	lang        string // what follows the fence: console, sh, yaml
	first, last int    // its lines, without the fences: first <= line < last
	steps       []*step
}

// A step is a command, what it should print, and what it printed.
type step struct {
	line      int // of the first line of the command
	command   string
	prompt    []string // the lines of the command, as they stand
	want, got []string
	loose     bool // what was replaced may have had another width
}

func documents(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	return append([]string{"../../README.md"}, pages...)
}

func readDocument(t *testing.T, path string) *document {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	d := &document{lines: strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")}
	var open *block
	for i, line := range d.lines {
		lang, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			open = &block{lang: lang, first: i + 1}
		case fence:
			open.last = i
			d.blocks = append(d.blocks, open)
			open = nil
		case open != nil && open.lang == "console":
			open.add(line, i+1)
		}
	}
	require.Nil(t, open, "%s: a block is not closed", path)
	return d
}

func (b *block) add(line string, number int) {
	last := len(b.steps) - 1
	if command, ok := strings.CutPrefix(line, "$ "); ok {
		b.steps = append(b.steps, &step{line: number, command: command, prompt: []string{line}})
	} else if more, ok := strings.CutPrefix(line, "> "); ok && last >= 0 && len(b.steps[last].want) == 0 {
		b.steps[last].command += "\n" + more
		b.steps[last].prompt = append(b.steps[last].prompt, line)
	} else if last >= 0 {
		b.steps[last].want = append(b.steps[last].want, line)
	}
}

func (b *block) text(d *document) []string {
	if b.lang != "console" {
		return d.lines[b.first:b.last]
	}
	var out []string
	for _, s := range b.steps {
		out = append(out, s.prompt...)
		blank := s.want[len(trimBlank(s.want)):]
		if s.matches() {
			out = append(out, s.want...)
		} else {
			out = append(append(out, s.got...), blank...)
		}
	}
	return out
}

// text is the document with the outputs that its commands have now.
func (d *document) text() string {
	var out []string
	at := 0
	for _, b := range d.blocks {
		out = append(append(out, d.lines[at:b.first]...), b.text(d)...)
		at = b.last
	}
	return strings.Join(append(out, d.lines[at:]...), "\n") + "\n"
}

func needsJQ(steps []*step) bool {
	return slices.ContainsFunc(steps, func(s *step) bool { return regexp.MustCompile(`(^|[|:;] *)jq `).MatchString(s.command) })
}

func trimBlank(lines []string) []string {
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

func (s *step) matches() bool { return match(trimBlank(s.want), s.got, s.loose) }

// match compares lines, of which "..." stands for any number.
func match(want, got []string, loose bool) bool {
	if len(want) == 0 {
		return len(got) == 0
	}
	if strings.TrimSpace(want[0]) == "..." {
		return match(want[1:], got, loose) || len(got) > 0 && match(want, got[1:], loose)
	}
	if len(got) == 0 {
		return false
	}
	same := want[0] == got[0] || loose && slices.Equal(strings.Fields(want[0]), strings.Fields(got[0]))
	return same && match(want[1:], got[1:], loose)
}
