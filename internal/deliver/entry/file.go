package entry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"

	"github.com/credctl/credctl/internal/command"
	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
)

// An Encrypted is a file whose content a program encrypts. Others may read it.
type Encrypted struct {
	Path    string // absolute
	Program string
	Env     []string
}

func (f Encrypted) safety() fsafe.Options { return fsafe.Options{AllowInsecurePerms: true} }

// Check demands that the program is there, and that the file can be replaced.
func (f Encrypted) Check() error {
	if _, err := exec.LookPath(f.Program); err != nil {
		return provider.Hint(provider.WithClass(provider.ErrUsage, err), "install %s", f.Program)
	}
	err := fsafe.Check(f.Path, f.safety())
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return provider.Hint(provider.WithClass(provider.ErrUsage, err), "check that the folder exists, and that you may write there")
	}
	return err
}

// Run runs the program, and returns what it prints. What it is told on standard
// input never appears in an error.
func (f Encrypted) Run(ctx context.Context, stdin provider.Secret, args ...string) (provider.Secret, error) {
	var out bytes.Buffer
	err := command.Program{
		Args: append([]string{f.Program}, args...), Env: f.Env, Stdin: []byte(stdin.Reveal()), Stdout: &out, Secret: stdin, Limit: command.Limit,
	}.Run(ctx)
	if errors.Is(err, exec.ErrNotFound) {
		err = provider.Hint(provider.WithClass(provider.ErrUsage, err), "install %s", f.Program)
	}
	if err != nil {
		return provider.Secret{}, fmt.Errorf("%s: %w", f.Program, err)
	}
	return provider.NewSecret(out.String()), nil
}

// Replace makes content the content of the file, whole or not at all.
func (f Encrypted) Replace(content provider.Secret) error {
	return fsafe.WriteFile(f.Path, []byte(content.Reveal()), f.safety())
}

// InClear reports whether a text is in a file more often than it was before.
func InClear(text provider.Secret, before, after []byte) bool {
	b := []byte(text.Reveal())
	return bytes.Count(after, b) > bytes.Count(before, b)
}

// Exit returns the exit status of the program that ended with err, or 0.
func Exit(err error) int {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	return 0
}

// Path returns a path of t as an absolute one.
func (t Target) Path(path string) (string, error) { return deliver.Absolute(t.Given, path, t.Options) }
