package edit

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/credctl/credctl/internal/provider"
)

// A dotenvEntry is one line, or the several that a quoted value takes. The raw
// texts of all entries are the file.
type dotenvEntry struct {
	raw      string
	name     string // of the variable that is set; empty for comments and all else
	from, to int    // where in raw its value is
	exported bool
}

func (e dotenvEntry) quoted() bool {
	return e.from < e.to && strings.ContainsRune(quotes, rune(e.raw[e.from]))
}

// exported reports whether the last variable is exported, as in a file for sh,
// where a further one must be too.
func exported(entries []dotenvEntry) bool {
	for _, e := range slices.Backward(entries) {
		if e.name != "" {
			return e.exported
		}
	}
	return false
}

const quotes = "\"'`"

// They are compiled when they are needed: most runs edit no file.
var (
	assignment = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[ \t]*(export[ \t]+)?([A-Za-z0-9_.-]+)[ \t]*[=:]`)
	})
	ambiguous = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[\v\f\x{85}\x{a0}]#`) })
	mention   = sync.OnceValue(func() *regexp.Regexp { // a variable that docker passes on
		return regexp.MustCompile(`^[ \t]*(?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_.-]*[ \t]*(?:#.*)?$`)
	})
)

// dotenvEntries splits the content of a dotenv file. What is neither a variable,
// a comment nor blank makes it a program, or something else that is not ours to edit.
func dotenvEntries(s string) ([]dotenvEntry, error) {
	if err := text(s); err != nil {
		return nil, err
	}
	var entries []dotenvEntry
	for number := 1; s != ""; {
		e, err := dotenvNext(s, number)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
		number += strings.Count(e.raw, "\n")
		s = s[len(e.raw):]
	}
	return entries, nil
}

func dotenvNext(s string, number int) (dotenvEntry, error) {
	end := lineEnd(s, 0)
	line := body(s[:end])
	m := assignment().FindStringSubmatchIndex(line)
	if m == nil {
		if t := strings.TrimLeft(line, blank); t != "" && t[0] != '#' && !mention().MatchString(line) {
			return dotenvEntry{}, refuse("line %d is not a variable, a comment or blank, so the file cannot be edited safely", number)
		}
		return dotenvEntry{raw: s[:end]}, nil
	}
	if strings.HasPrefix(line[m[1]-1:], ":=") {
		return dotenvEntry{}, provider.Hint(provider.Usage("line %d: readers differ on the name and the value of %q", number, line[m[4]:m[5]]+":="),
			"write = instead of :=")
	}
	e := dotenvEntry{name: line[m[4]:m[5]], exported: m[2] >= 0}
	e.from = m[1] + len(line[m[1]:]) - len(strings.TrimLeft(line[m[1]:], blank))
	bare := e.from < len(line) && !strings.ContainsRune(quotes, rune(line[e.from]))
	if bare && ambiguous().MatchString(line[m[1]:]) {
		return dotenvEntry{}, refuse("line %d: readers differ on the value of %s, because of the character before the #", number, e.name)
	}
	switch {
	case e.from == len(line):
		e.to = e.from
	case line[e.from] == '#' && e.from > m[1]: // a comment after no value, or two, of which some readers take the first for it
		e.from, e.to = m[1], m[1]+wordEnd(line[m[1]:])
	case !bare:
		to, ok := quotedEnd(s, e.from)
		if !ok {
			return dotenvEntry{}, refuse("line %d: a quote in the value of %s is not closed, or readers differ on where it is closed", number, e.name)
		}
		e.to, end = to, lineEnd(s, to)
	default:
		e.to = e.from + wordEnd(line[e.from:])
	}
	e.raw = s[:end]
	return e, nil
}

// quotedEnd returns where the value ends that begins with a quote at i. As in
// sh, more quotes and plain text may follow the first, up to a space or the end
// of the line; only the first may go on over several lines.
func quotedEnd(s string, i int) (end int, ok bool) {
	for first := true; i < len(s) && !strings.ContainsRune(blank+"\r\n", rune(s[i])); first = false {
		q := s[i]
		if !strings.ContainsRune(quotes, rune(q)) {
			if q == '\\' && i+1 < len(s) && s[i+1] != '\n' && s[i+1] != '\r' {
				i++
			}
			i++
			continue
		}
		for i++; i < len(s) && s[i] != q; i++ {
			if s[i] == '\n' && !first {
				return 0, false
			}
			if q == '"' && s[i] == '\\' {
				i++
			}
		}
		if i >= len(s) {
			return 0, false
		}
		i++
	}
	// What else is on the line must be a comment: else it is part of the value
	// for one reader and not for another.
	rest := strings.TrimLeft(body(s[i:lineEnd(s, i)]), blank)
	return i, rest == "" || rest[0] == '#'
}

// wordEnd returns where an unquoted value ends: before the spaces and the
// comment that may follow. Some readers take the last " #" for its begin, and
// some the first; before the last, no reader finds a rest of the old value.
func wordEnd(s string) int {
	for i := len(s) - 1; i > 0; i-- {
		if s[i] == '#' && strings.ContainsRune(blank, rune(s[i-1])) {
			s = s[:i]
			break
		}
	}
	return len(strings.TrimRight(s, blank))
}

// lineEnd returns where the line ends that i is in, after its newline.
func lineEnd(s string, i int) int {
	if n := strings.IndexByte(s[i:], '\n'); n >= 0 {
		return i + n + 1
	}
	return len(s)
}
