package edit

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/credctl/credctl/internal/quote"
)

// An INI is the content of an INI file as the AWS tools read it: Python's
// configparser without inline comments, in which an indented line continues with
// the value before it. The raw texts of all entries are the file.
type INI struct {
	mark    string
	entries []iniEntry
	eol     string
}

type iniEntry struct {
	raw    string
	line   int
	header string // the name of the section that begins here
	name   string // of the setting, in lower case; empty for comments, headers and blank lines
	from   int    // where in raw its value begins
	indent string
}

// ParseINI reads the content of an INI file, and refuses what those tools cannot
// read.
func ParseINI(content string) (*INI, error) {
	mark, s := cutBOM(content)
	if err := text(s); err != nil {
		return nil, err
	}
	f := &INI{mark: mark, eol: newline(s)}
	setting := -1 // the entry that an indented line continues with
	level, headed := 0, false
	for number := 1; s != ""; number++ {
		e := iniEntry{raw: s[:lineEnd(s, 0)], line: number}
		s = s[len(e.raw):]
		line := body(e.raw)
		words := strings.TrimSpace(line)
		e.indent = line[:len(line)-len(strings.TrimLeftFunc(line, unicode.IsSpace))]
		switch {
		case words == "" || words[0] == '#' || words[0] == ';':
		case setting >= 0 && width(e.indent) > level:
			for _, between := range f.entries[setting+1:] {
				f.entries[setting].raw += between.raw
			}
			f.entries = f.entries[:setting+1]
			f.entries[setting].raw += e.raw
			continue
		case words[0] == '[':
			name, _, closed := strings.Cut(words[1:], "]")
			if e.header = strings.TrimSpace(name); !closed || e.header == "" {
				return nil, refuse("line %d: the section name has no closing bracket", number)
			}
			level, headed, setting = width(e.indent), true, -1
		default:
			at := strings.IndexAny(line, "=:")
			if at >= 0 {
				e.name = strings.ToLower(strings.TrimSpace(line[:at]))
			}
			switch {
			case e.name == "":
				return nil, refuse("line %d: it is not a section, a setting or a comment", number)
			case !headed:
				return nil, refuse("line %d: setting before the first section", number)
			}
			e.from = at + 1 + len(line[at+1:]) - len(strings.TrimLeft(line[at+1:], blank))
			level, setting = width(e.indent), len(f.entries)
		}
		f.entries = append(f.entries, e)
	}
	return f, nil
}

// width is how far a line is indented.
func width(indent string) int { return utf8.RuneCountInString(indent) }

// String returns the content as it was edited.
func (f *INI) String() string {
	var b strings.Builder
	b.WriteString(f.mark)
	for _, e := range f.entries {
		b.WriteString(e.raw)
	}
	return b.String()
}

// A Section is one section of a file, which need not be there yet.
type Section struct {
	file *INI
	name string
}

// Section returns the named section. One that is there twice, or has a setting
// of ours twice, is refused, because the AWS tools refuse it too.
func (f *INI) Section(name string) (Section, error) {
	s := Section{f, name}
	seen := map[string]bool{}
	inside := false
	for _, e := range f.entries {
		if e.header != "" {
			inside = e.header == name
		}
		if what := e.name + e.header; inside && what != "" {
			if seen[what] {
				return s, refuse("line %d: %s appears twice in [%s], which the AWS tools cannot read", e.line, what, name)
			}
			seen[what] = true
		}
	}
	return s, nil
}

// bounds returns where the entries of the section are; its header is before
// from. Without one, both are negative.
func (s Section) bounds() (from, to int) {
	at := slices.IndexFunc(s.file.entries, func(e iniEntry) bool { return e.header == s.name })
	if at < 0 {
		return -1, -1
	}
	from = at + 1
	if n := slices.IndexFunc(s.file.entries[from:], func(e iniEntry) bool { return e.header != "" }); n >= 0 {
		return from, from + n
	}
	return from, len(s.file.entries)
}

// find returns where the setting is, or -1.
func (s Section) find(name string) int {
	from, to := s.bounds()
	for i := max(from, 0); i < to; i++ {
		if s.file.entries[i].name == name {
			return i
		}
	}
	return -1
}

// Names returns the settings of the section, in lower case.
func (s Section) Names() (names []string) {
	from, to := s.bounds()
	for i := max(from, 0); i < to; i++ {
		if name := s.file.entries[i].name; name != "" {
			names = append(names, name)
		}
	}
	return names
}

// Value returns a setting, or "" where there is none.
func (s Section) Value(name string) string {
	i := s.find(name)
	if i < 0 {
		return ""
	}
	e := s.file.entries[i]
	return strings.TrimSpace(e.raw[e.from:])
}

// Set changes a setting where it is, or adds it after the others. A value that the
// format cannot hold is [provider.ErrUsage], and changes nothing.
func (s Section) Set(name, value string) error {
	value, err := quote.INI(value)
	if err != nil {
		return err
	}
	f := s.file
	if i := s.find(name); i >= 0 {
		e := f.entries[i]
		end := "" // of its line; what went on with the old value goes with it
		if strings.HasSuffix(e.raw, "\n") {
			end = e.raw[len(body(e.raw)):]
		}
		f.entries[i].raw = e.raw[:e.from] + value + end
		return nil
	}
	from, to := s.bounds()
	if from < 0 {
		f.addSection(s.name)
		from, to = len(f.entries), len(f.entries)
	}
	at, indent := from, f.entries[from-1].indent // after the header
	if to < len(f.entries) && width(f.entries[to].indent) > width(indent) {
		indent = f.entries[to].indent // lest the next header continues with our value
	}
	for i := from; i < to; i++ {
		if f.entries[i].name != "" { // better, after the last setting
			at, indent = i+1, f.entries[i].indent
		}
	}
	before := &f.entries[at-1]
	if !strings.HasSuffix(before.raw, "\n") {
		before.raw += f.eol
	}
	start := indent + name + " = "
	f.entries = slices.Insert(f.entries, at, iniEntry{raw: start + value + f.eol, name: name, from: len(start), indent: indent})
	return nil
}

// Remove takes a setting out.
func (s Section) Remove(name string) {
	if i := s.find(name); i >= 0 {
		s.file.entries = slices.Delete(s.file.entries, i, i+1)
	}
}

func (f *INI) addSection(name string) {
	if n := len(f.entries); n > 0 {
		last := &f.entries[n-1]
		if !strings.HasSuffix(last.raw, "\n") {
			last.raw += f.eol
		}
		if strings.TrimSpace(last.raw) != "" {
			f.entries = append(f.entries, iniEntry{raw: f.eol})
		}
	}
	f.entries = append(f.entries, iniEntry{raw: "[" + name + "]" + f.eol, header: name})
}
