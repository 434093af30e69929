package deliver

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
)

// A Place is what a destination writes, however it is spelled.
type Place struct {
	At    string   // all that can overwrite one another have the same
	sort  string   // how the parts are written
	parts []string // what it owns of a file; nil is all of it
}

// NewPlace returns the place at, of which only the named values are written; none is
// that the whole is.
func NewPlace(at string, values []string) Place { return Place{at, "values", values} }

// PlaceOf returns the place of d as it is now: of a file, where its symlinks lead.
func PlaceOf(d Destination) Place {
	if p, ok := d.(interface{ Place() Place }); ok {
		return p.Place()
	}
	f, ok := d.(*file)
	if !ok {
		return Place{At: d.Spec()}
	}
	path, err := fsafe.Resolve(f.path)
	if err != nil { // it cannot be written either
		path = f.path
	}
	sort, parts := f.parts()
	return Place{path, sort, parts}
}

// Clashes reports whether what is written to one of two places would overwrite what
// is at the other. A place without At can be shared.
func (p Place) Clashes(q Place) bool {
	apart := p.parts != nil && q.parts != nil && p.sort == q.sort &&
		!slices.ContainsFunc(p.parts, func(part string) bool { return slices.Contains(q.parts, part) })
	return p.At != "" && p.At == q.At && !apart
}

// A location is the place of a spec, and its options.
type location struct {
	place   string
	options map[string]string
	text    string // of the options, with the question mark
}

// locate reads "place?name=value&…". Without known options none may be given.
func locate(spec, s string, known ...string) (location, error) {
	place, text := Split(s)
	options, err := Query(spec, text, known...)
	if err == nil && len(known) == 0 && text != "" {
		err = provider.Hint(provider.Usage("the destination %q takes no options", spec), "for a question mark in a file name, write %%3F")
	}
	if text != "" {
		text = "?" + text
	}
	return location{place, options, text}, err
}

// Split divides "place?name=value&…" at the last question mark. A question mark in
// the place is written as %3F.
func Split(s string) (place, options string) {
	if at := strings.LastIndexByte(s, '?'); at >= 0 {
		s, options = s[:at], s[at+1:]
	}
	return strings.NewReplacer("%3F", "?", "%3f", "?").Replace(s), options
}

// Escape returns a place as a spec has it.
func Escape(place string) string { return strings.ReplaceAll(place, "?", "%3F") }

// on reports whether an option is given, as 1; nothing else is allowed.
func (l location) on(spec, option string) (bool, error) {
	value, given := l.options[option]
	if given && value != "1" {
		return false, provider.Usage("the option %s of the destination %q is 1 or left out", option, spec)
	}
	return given, nil
}

// parseFile returns the destination that is a file, with what its spec has
// before and after the path.
func parseFile(spec, before, path, after string, f format, o Options) (*file, error) {
	abs, err := Absolute(spec, path, o)
	if err != nil {
		return nil, err
	}
	return &file{format: f, given: spec, spec: before + Escape(abs) + after, path: abs, o: o}, nil
}

// Absolute expands "~/" in a path of spec and makes it absolute.
func Absolute(spec, path string, o Options) (string, error) {
	tail := filepath.ToSlash(path)
	switch {
	case path == "":
		return "", provider.Usage("the destination %q names no file", spec)
	case path == "-":
		return "", provider.Hint(provider.Usage("the destination %q is not a file: - does not stand for standard output here", spec),
			"leave the destination out to print the secret, or write ./- for a file of that name")
	case strings.HasSuffix(tail, "/"):
		return "", provider.Usage("the destination %q is a folder, not a file", spec)
	case strings.HasPrefix(tail, "~/"):
		home, err := o.home()
		if err != nil {
			return "", err
		}
		return filepath.Join(home, path[2:]), nil
	case strings.HasPrefix(tail, "~"):
		return "", provider.Hint(provider.Usage("the destination %q begins with ~: only ~/, your home folder, is expanded", spec),
			"write the whole path, or ./%s for a file of that name", path)
	}
	return filepath.Abs(path)
}

func (o Options) home() (string, error) {
	if o.Home == nil {
		return "", provider.Usage("the home folder is unknown")
	}
	return o.Home()
}

// getenv returns the value of a variable, or "".
func (o Options) getenv(name string) string {
	value, _ := o.LookupEnv(name)
	return value
}

// LookupEnv returns the last value of a variable, as a program would see it, and
// whether it is set.
func (o Options) LookupEnv(name string) (value string, set bool) {
	for _, kv := range slices.Backward(o.Env) {
		if k, v, _ := strings.Cut(kv, "="); k == name {
			return v, true
		}
	}
	return "", false
}
