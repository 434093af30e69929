package deliver

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/deliver/spec"
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

// parseFile returns the destination that is a file, with what its spec has
// before and after the path.
func parseFile(text, before, path, after string, f format, o Options) (*file, error) {
	abs, err := Absolute(text, path, o)
	if err != nil {
		return nil, err
	}
	return &file{format: f, given: text, spec: before + spec.Escape(abs) + after, path: abs, o: o}, nil
}

// Absolute expands "~/" in a path of spec and makes it absolute.
func Absolute(spec, path string, o Options) (string, error) {
	tail := filepath.ToSlash(path)
	switch {
	case path == "":
		return "", provider.Usage("the destination %q names no file", spec)
	case path == "-":
		return "", provider.Hint(provider.Usage("the destination %q is not a file: - does not mean standard output here", spec),
			"leave out the destination to print the secret, or pass ./- for a file with that name")
	case strings.HasSuffix(tail, "/"):
		return "", provider.Usage("the destination %q is a folder, not a file", spec)
	case strings.HasPrefix(tail, "~/"):
		if o.Home == nil {
			return "", provider.Usage("the home folder is unknown")
		}
		home, err := o.Home()
		if err != nil {
			return "", err
		}
		return filepath.Join(home, path[2:]), nil
	case strings.HasPrefix(tail, "~"):
		return "", provider.Hint(provider.Usage("the destination %q begins with ~: only ~/, your home folder, is expanded", spec),
			"write the whole path, or ./%s for a file with that name", path)
	}
	return filepath.Abs(path)
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

// Locked calls work while no other run of credctl is at the same place.
func (o Options) Locked(ctx context.Context, place string, work func() error) error {
	if o.LockDir == "" {
		return work()
	}
	return fsafe.Locked(ctx, o.LockDir, place, work)
}
