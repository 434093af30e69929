package deliver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
)

const maxFile = 8 << 20 // no file of settings is larger

// A format is how a file holds a credential. Its methods are pure.
type format interface {
	// get returns what the content holds. Its errors are about content that
	// must not be rewritten.
	get(content string) (held, error)

	// set returns the content with c in it.
	set(content string, c provider.Credential) (string, error)

	// stored returns the part of c that the format stores.
	stored(c provider.Credential) held

	// parts returns the parts of the file that set changes, and what they are
	// parts of; none is that it replaces the whole.
	parts() (sort string, parts []string)
}

var errNoSecret = errors.New("no secret to deliver")

// held is what a file holds, or should hold, of a credential. What is empty is
// absent, or unknown.
type held struct{ key, secret, endpoint, region string }

// within returns an error that names what of h is not in got.
func (h held) within(got held) error {
	for _, f := range []struct{ what, want, got string }{
		{"secret", h.secret, got.secret},
		{"key", h.key, got.key},
		{"endpoint", h.endpoint, got.endpoint},
		{"region", h.region, got.region},
	} {
		if f.want != "" && f.want != f.got {
			return provider.WithClass(provider.ErrVerify, fmt.Errorf("it does not contain the expected %s", f.what))
		}
	}
	return nil
}

// A file is a destination that is a file, whole or in part.
type file struct {
	format
	given, spec string
	path        string // absolute
	inPlace     bool   // the file keeps its inode
	makesFolder bool   // the folder is made where it is missing
	o           Options
}

// safety is what is demanded of the file.
func (f *file) safety() fsafe.Options {
	return fsafe.Options{AllowInsecurePerms: f.o.AllowInsecurePerms, InPlace: f.inPlace}
}

func (f *file) String() string { return f.given }
func (f *file) Spec() string   { return f.spec }
func (*file) Proof() Proof     { return ByValue }

func (f *file) Check(ctx context.Context) error { return f.CheckFor(ctx, provider.Credential{}) }

// CheckFor is Check for c, of which the room is known that it needs.
func (f *file) CheckFor(ctx context.Context, c provider.Credential) error {
	return f.locked(ctx, func() error {
		safety := f.safety()
		if content, err := f.read(); err == nil && !c.Secret.IsZero() {
			if content, err = f.edit(content, c); err != nil {
				return err
			}
			safety.Room = len(content)
		}
		err := fsafe.Check(f.path, safety)
		if f.makesFolder && errors.Is(err, fs.ErrNotExist) {
			err = fsafe.Check(filepath.Dir(f.path), safety) // whether something can be made there
		}
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return provider.Hint(provider.WithClass(provider.ErrUsage, err), "create the folder first: mkdir -p -m 700 %s", filepath.Dir(f.path))
		case errors.Is(err, fs.ErrPermission):
			return provider.Hint(provider.WithClass(provider.ErrUsage, err), "run as the owner of the folder, or choose another destination")
		case err != nil:
			return err
		}
		content, err := f.read()
		if err != nil {
			return err
		}
		got, err := f.get(content)
		if err == nil && f.lacksEndpoint(got) {
			err = quote.CheckNoEndpoint(f.o.Shape)
		}
		if err == nil {
			err = f.replaceable(content)
		}
		return err
	})
}

// lacksEndpoint reports whether programs would use a pair in the file at Amazon,
// because the file says no other place.
func (f *file) lacksEndpoint(got held) bool {
	_, data := f.format.(jsonFormat) // which no program uses by itself
	return !data && got.endpoint == "" && f.stored(provider.Credential{Endpoint: "set"}).endpoint != ""
}

func (f *file) Write(ctx context.Context, c provider.Credential) error {
	if c.Secret.IsZero() {
		return fmt.Errorf("%s: %w", f, errNoSecret)
	}
	if f.makesFolder {
		if err := fsafe.Dir(filepath.Dir(f.path)); err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
	}
	return f.locked(ctx, func() error {
		content, err := f.read() // again: it may have changed since Check
		if err != nil {
			return err
		}
		before, err := f.get(content)
		if err != nil {
			return err
		}
		if err := f.stored(c).within(before); err != nil { // else it is written again
			if err := f.replaceable(content); err != nil {
				return err
			}
		}
		edited, err := f.edit(content, c)
		if err == nil && f.lacksEndpoint(before) { // else what the user has set is as good
			err = quote.CheckEndpoint(c, f.o.Shape)
		}
		if err != nil {
			return err
		}
		return fsafe.WriteFile(f.path, []byte(edited), f.safety())
	})
}

// CanHold reports why f, with what it contains now, cannot store c.
func (f *file) CanHold(c provider.Credential) error {
	content, err := f.read()
	if err == nil {
		_, err = f.edit(content, c)
	}
	return err
}

// edit returns the content with c in it, as its readers will find it there.
func (f *file) edit(content string, c provider.Credential) (edited string, err error) {
	if edited, err = f.set(content, c); err == nil {
		err = f.holds(edited, c)
	}
	return edited, err
}

// holds reports whether content has what f stores of c.
func (f *file) holds(content string, c provider.Credential) error {
	got, err := f.get(content)
	if err != nil {
		return err
	}
	return f.stored(c).within(got)
}

func (f *file) ReadBack(_ context.Context, c provider.Credential) error {
	content, err := f.read()
	if c.Secret.IsZero() {
		err = errNoSecret
	} else if err == nil {
		err = f.holds(content, c)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f, err)
	}
	return nil
}

func (f *file) Current(context.Context) (string, provider.Secret, error) {
	content, err := f.read()
	if err != nil {
		return "", provider.Secret{}, fmt.Errorf("%s: %w", f, err)
	}
	got, err := f.get(content)
	if err != nil {
		return "", provider.Secret{}, nil //nolint:nilerr // what cannot be understood is unknown
	}
	if _, whole := f.format.(rawFormat); whole || f.o.Shape.Prefix() != "" { // it may be a secret of another service
		if ours, err := (rawFormat{f.o.Shape, f.o.Issued, false}).ours(got.secret + "\n"); err != nil || !ours {
			return "", provider.Secret{}, err
		}
	}
	return got.key, provider.NewSecret(got.secret), nil
}

// read returns the content of the file, which is empty when there is none in its folder.
func (f *file) read() (string, error) {
	info, err := os.Stat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err = fsafe.Missing(f.path); f.makesFolder {
			err = nil
		}
		return "", err
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", refuse("%s is not a regular file", f.path)
	case info.Size() > maxFile:
		return "", refuse("%s is larger than %d MiB", f.path, maxFile>>20)
	}
	content, err := os.ReadFile(f.path)
	return string(content), err
}

// locked calls work while no other run of credctl is at the same file. The lock
// is not next to the file, where it would be litter.
func (f *file) locked(ctx context.Context, work func() error) error {
	at, err := fsafe.Resolve(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = work() // which says so, with a hint
	case err == nil:
		err = f.o.Locked(ctx, at, work)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f, err)
	}
	return nil
}

// refuse returns an error about content that is not ours to rewrite.
func refuse(format string, args ...any) error {
	return provider.WithClass(provider.ErrRefused, fmt.Errorf(format, args...))
}
