package command

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// plain is a word that no shell changes.
var plain = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_./+-]+$`) })

// Check reports what can be known to be wrong with a command line without running
// it, as [provider.ErrUsage]: there is no shell, the shell cannot parse it, or there
// is no program of the name that it begins with. Env is what it would get. Any other
// error says that it could not be told.
func Check(ctx context.Context, line string, env []string) error {
	if _, err := exec.LookPath(Shell(line)[0]); err != nil {
		return provider.WithClass(provider.ErrUsage, fmt.Errorf("no shell was found: %w", err))
	}
	read := syntax(line)
	if read == nil {
		return nil
	}
	run := func(args []string) error { return Program{Args: args, Env: env, Limit: 10 * time.Second}.Run(ctx) }
	if err := run(read); exited(err) {
		return provider.WithClass(provider.ErrUsage, fmt.Errorf("the shell cannot parse it: %w", err))
	} else if err != nil {
		return err
	}
	words := strings.Fields(line)
	if len(words) == 0 || !plain().MatchString(words[0]) {
		return nil
	}
	err := run(append(Shell(`command -v -- "$1"`), "sh", words[0]))
	if exited(err) {
		return provider.Usage("there is no program %q", words[0])
	}
	return err
}

// exited reports whether err is what a program came to, and not what kept it from
// coming to anything: an interruption, say, tells nothing of the command line.
func exited(err error) bool {
	_, ok := errors.AsType[*exec.ExitError](err)
	return ok
}
