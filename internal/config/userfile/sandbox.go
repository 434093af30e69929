package userfile

import (
	"fmt"

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
		err = provider.WithClass(provider.ErrUnavailable, fmt.Errorf("the sandbox of this shell has ended (%s is %s): %w", environment.Sandbox, dir, err))
		return nil, provider.Hint(err, `to start another, run: eval "$(credctl sandbox --detach)"; to use your own accounts, run: eval "$(credctl sandbox stop)"`)
	}
	return handle.Servers, nil
}
