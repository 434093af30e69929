// Package userfile has the configuration file of a run, and the profiles in it.
package userfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/credctl/credctl/internal/config/configfile"
	"github.com/credctl/credctl/internal/config/environment"
	"github.com/credctl/credctl/internal/config/tokenstore"
	"github.com/credctl/credctl/internal/config/vendors"
	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
)

// Default is the source of a path or a profile that nothing names.
const Default = "default"

// Flags are what the command line says about the configuration.
type Flags struct {
	Path    string            // of the configuration file
	Profile string            // its name
	Secrets map[string]string // the files that secret settings were read from, by the names of the flags
}

// A File is the configuration file of a run. Its text is read once, but for edits.
type File struct {
	Flags   Flags
	Env     environment.Env
	Vendors vendors.Vendors
	Streams *term.Streams

	// Destinations returns the settings of destinations that the file may have.
	Destinations func() []deliver.Setting

	// Sandbox returns the addresses of the servers of the sandbox that the run is in,
	// or none outside of one. A sandbox that has ended is [provider.ErrUnavailable].
	Sandbox func() ([]string, error)

	load func() (*configfile.File, error)
}

// New returns the file of a run. It reads nothing yet.
func New(env environment.Env, supported vendors.Vendors, streams *term.Streams) *File {
	f := &File{Flags: Flags{Secrets: map[string]string{}}, Env: env, Vendors: supported, Streams: streams}
	f.Sandbox = sync.OnceValues(f.findSandbox)
	f.load = sync.OnceValues(f.read)
	return f
}

// Load returns the content of the file.
func (f *File) Load() (*configfile.File, error) { return f.load() }

// FilePath returns the path of the configuration file, and what names it.
func (f *File) FilePath() (path, source string, err error) {
	switch {
	case f.Flags.Path != "":
		return f.Flags.Path, "flag", nil
	case f.Env["CREDCTL_CONFIG"] != "":
		return f.Env["CREDCTL_CONFIG"], "CREDCTL_CONFIG", nil
	}
	dir, err := f.Env.ConfigDir()
	if err != nil {
		return "", "", err
	}
	return filepath.Join(dir, "config.yaml"), Default, nil
}

// known returns what the file may have settings for.
func (f *File) known() configfile.Known {
	return configfile.Known{Vendors: f.Vendors(), Destinations: f.Destinations}
}

// Schema returns the JSON Schema of the configuration file.
func (f *File) Schema() ([]byte, error) { return f.known().Schema() }

// read reads and checks the configuration file. Only a file that was named must
// exist.
func (f *File) read() (*configfile.File, error) {
	if err := f.Env.Check(); err != nil {
		return nil, err
	}
	if err := tokenstore.CheckEnv(f.Env); err != nil {
		return nil, err
	}
	if _, err := f.Sandbox(); err != nil {
		return nil, err
	}
	path, text, err := f.readText()
	if err != nil || text == nil {
		return configfile.Empty(), err
	}
	parsed, err := f.known().Parse(path, text.Text)
	if err != nil {
		return nil, err
	}
	return parsed, checkMode(f.Streams, path, text.Info, parsed.SecretLine)
}

// readText returns the text of the configuration file, or nil where there is none.
func (f *File) readText() (path string, text *term.Contents, err error) {
	path, source, err := f.FilePath()
	if err != nil {
		if f.Env["XDG_CONFIG_HOME"] != "" {
			return "", nil, err
		}
		return "", nil, nil // without a home folder, there is no file in it
	}
	got, err := f.Streams.ReadWith(fsafe.OpenTrusted, path)
	if err != nil && source == Default {
		if _, missing := os.Lstat(path); errors.Is(missing, fs.ErrNotExist) { // also in a home folder of another user
			return path, nil, nil
		}
	}
	if err != nil {
		if !errors.Is(err, provider.ErrRefused) {
			err = provider.WithClass(provider.ErrUsage, err)
		}
		err = fmt.Errorf("could not read the configuration: %w", err)
		if source == Default && errors.Is(err, fs.ErrPermission) {
			err = provider.Hint(err, "set HOME to your own home folder, or XDG_CONFIG_HOME and XDG_STATE_HOME to folders of yours")
		}
		return path, nil, err
	}
	return path, &got, nil
}

// checkMode refuses a file that shows a token to others.
func checkMode(streams *term.Streams, path string, info fs.FileInfo, secretAt int) error {
	mode := ModeOf(info)
	switch {
	case secretAt == 0:
		return nil
	case mode&0o077 != 0:
		return provider.Hint(provider.Usage("%s:%d: the file contains a token, and other users can read it (mode %04o)", path, secretAt, mode), "run: chmod 600 %s", path)
	}
	streams.Remark("credctl: warning: %s:%d contains a token; use token_file or token_command to keep it out of the file", path, secretAt)
	return nil
}

// ModeOf returns the permissions of a regular file on Unix; of anything else, the
// mode does not tell who may read or change it.
func ModeOf(info fs.FileInfo) fs.FileMode {
	if filepath.Separator != '/' || !info.Mode().IsRegular() {
		return 0
	}
	return info.Mode().Perm()
}

// Keys returns the keys that can be set, for completion.
func (f *File) Keys() []string { return f.known().Settable() }

// Create writes a new configuration file in which every setting is a comment, and
// returns its path.
func (f *File) Create() (path string, err error) {
	path, err = f.prepare()
	if err != nil {
		return "", err
	}
	if err := fsafe.CheckNew(path); err != nil {
		err = provider.WithClass(provider.ErrUsage, err)
		if errors.Is(err, fs.ErrExist) {
			err = provider.Hint(err, "to change a setting, run: credctl config set KEY VALUE; to write another file, pass --config PATH")
		}
		return "", err
	}
	return path, fsafe.WriteFile(path, []byte(configfile.Template(f.Vendors())), fsafe.Options{})
}

// prepare returns the path of the configuration file, in a folder that exists.
func (f *File) prepare() (path string, err error) {
	path, source, err := f.FilePath()
	if err != nil || source != Default {
		return path, err
	}
	dir, err := f.Env.WritableConfigDir()
	if err != nil {
		return "", err
	}
	return path, fsafe.Dir(dir)
}

// Edit replaces the text of the configuration file and returns its path. A file
// that does not exist is created.
func (f *File) Edit(change func(known configfile.Known, path string, text []byte) ([]byte, error)) (path string, err error) {
	if _, err := f.Load(); err != nil { // also for who may change it
		return "", err
	}
	path, err = f.prepare()
	if err != nil {
		return "", err
	}
	var before []byte
	switch _, text, err := f.readText(); {
	case err != nil:
		return "", err
	case text != nil:
		before = text.Text
	}
	after, err := change(f.known(), path, before)
	if err != nil || string(after) == string(before) {
		return path, err
	}
	if err := fsafe.WriteFile(path, after, fsafe.Options{AllowInsecurePerms: true}); err != nil { // a file with a token was refused above
		return "", fmt.Errorf("could not write the configuration: %w", err)
	}
	f.load = sync.OnceValues(f.read)
	return path, nil
}
