package userfile

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/credctl/credctl/internal/config/environment"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/sandbox/control"
)

// findSandbox finds the sandbox that the environment names.
func (f *File) findSandbox() ([]string, error) {
	dir := f.Env[environment.Sandbox]
	if dir == "" {
		return nil, nil
	}
	handle, err := control.Find(dir)
	if err == nil {
		err = handle.Check()
	}
	if err != nil {
		ended := fmt.Errorf("the sandbox of this shell has ended (%s is %s)", environment.Sandbox, dir)
		if !errors.Is(err, fs.ErrNotExist) {
			ended = fmt.Errorf("%w: %w", ended, err)
		}
		err = provider.WithClass(provider.ErrUnavailable, ended)
		return nil, provider.Hint(err, `to start another, run: eval "$(credctl sandbox --detach)"; to use your own accounts, open a new shell`)
	}
	return handle.Servers, nil
}
