package syntax

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/provider"
)

// Flags makes flags of parameters. What is secret is never an argument, which
// others can see: its flag names a file, which is read after all flags, when it is
// known how long that may take.
type Flags struct {
	// ReadFile reads a file for a purpose.
	ReadFile func(path, purpose string) (string, error)

	// ReadTrusted is ReadFile for a file with a token, which nobody else may change:
	// such a file is [provider.ErrRefused].
	ReadTrusted func(path, purpose string) (string, error)

	// Files takes the path that a flag names.
	Files map[string]string

	unread []func() error
}

// Add makes a flag of each parameter.
func (l *Flags) Add(fs *pflag.FlagSet, in provider.Input, params []provider.AnyParam) {
	for _, p := range params {
		i := p.Info()
		var v pflag.Value = in.Value(i.Name)
		switch {
		case i.From != provider.Plain:
			v = fileFlag{v, l, i}
		case i.Required:
			v = neededFlag{v}
		}
		usage := i.Usage
		if len(i.Values) > 0 {
			usage += ": " + strings.Join(i.Values, ", ")
		}
		if i.Required {
			usage += Required
		}
		f := fs.VarPF(v, i.Name, "", usage)
		if v.Type() == "bool" {
			f.NoOptDefVal = "true"
		}
	}
}

// Required marks the usage of a flag that must be given.
const Required = " (required)"

// A neededFlag is a flag that must be given. An empty value does not count as one.
type neededFlag struct{ pflag.Value }

func (f neededFlag) Set(arg string) error {
	if arg == "" {
		return nil
	}
	return f.Value.Set(arg)
}

// A fileFlag is a flag whose value is the content of a file.
type fileFlag struct {
	pflag.Value
	flags *Flags
	info  provider.ParamInfo
}

func (f fileFlag) Type() string { return "file" }

func (f fileFlag) Set(arg string) error {
	key, path := "", arg
	if f.info.From == provider.KeyedFile {
		var ok bool
		if key, path, ok = strings.Cut(arg, "="); !ok || key == "" {
			return errors.New("expected KEY=FILE")
		}
		key += "="
	}
	f.flags.unread = append(f.flags.unread, func() error {
		err := f.read(key, path)
		if err != nil {
			err = fmt.Errorf("--%s: %w", f.info.Name, err)
		}
		if err != nil && !errors.Is(err, provider.ErrRefused) {
			err = provider.WithClass(provider.ErrUsage, err)
		}
		return err
	})
	return nil
}

func (f fileFlag) read(key, path string) error {
	read := f.flags.ReadFile
	if f.info.From == provider.File {
		read = f.flags.ReadTrusted
	}
	content, err := read(path, "--"+f.info.Name)
	if errors.Is(err, provider.ErrRefused) {
		if _, missing := os.Lstat(path); missing != nil { // it may be the secret itself
			err = missing
		}
	}
	if pe, ok := errors.AsType[*fs.PathError](err); ok { // who gives the secret itself must not find it in a log
		err = fmt.Errorf("could not read the file at this path: %w", pe.Err)
		if strings.Trim(path, "=") != "" { // else the key may be the secret
			err = fmt.Errorf("%s%w", strings.Replace(key, "=", ": ", 1), err)
		}
		return provider.Hint(err, "pass the path of a file that contains the value, or - for standard input")
	}
	if err != nil {
		return err
	}
	f.flags.Files[f.info.Name] = path
	return f.Value.Set(key + content)
}

// Read reads the files that flags name.
func (l *Flags) Read() error {
	for _, read := range l.unread {
		if err := read(); err != nil {
			return err
		}
	}
	return nil
}

// Days lets a duration be given in days, weeks and years too.
type Days struct{ D *time.Duration }

func (d Days) String() string {
	if d.D == nil || *d.D == 0 {
		return ""
	}
	return duration.Format(*d.D)
}

// Set reads such a duration.
func (d Days) Set(s string) (err error) {
	if *d.D, err = duration.Parse(s); err != nil && len(s) <= 12 { // what is longer may be a secret
		err = fmt.Errorf("%q: %w", s, err)
	}
	return err
}

// Type is what the help calls it.
func (d Days) Type() string { return "duration" }
