package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// Exec tries c once with a command line of the user, which the shell runs (sh -c,
// or cmd /c on Windows) in a process group of its own. Its standard input is c as
// one JSON object with the secret, under the names that the JSON output has; its
// environment holds CREDCTL_PROVIDER, CREDCTL_KIND, CREDCTL_ID, CREDCTL_NAME,
// CREDCTL_KEY, CREDCTL_ENDPOINT and CREDCTL_REGION, and never the secret.
//
// Exit status 0 means that c works. Any other is [provider.ErrPending], since a
// new credential may need time; but 126 and 127, by which a shell says that there
// is no such command, are [provider.ErrVerify]. The error ends with what the
// command wrote to standard error, bounded and without the secret.
func Exec(ctx context.Context, command string, c provider.Credential) error {
	in, err := revealed(c)
	if err != nil {
		return err
	}
	said := &tail{}
	cmd := shell(ctx, command)
	cmd.Stdin = bytes.NewReader(in)
	cmd.Stderr = said
	cmd.Env = append(os.Environ(),
		"CREDCTL_PROVIDER="+c.Provider, "CREDCTL_KIND="+c.Kind, "CREDCTL_ID="+c.ID, "CREDCTL_NAME="+c.Name,
		"CREDCTL_KEY="+c.Key, "CREDCTL_ENDPOINT="+c.Endpoint, "CREDCTL_REGION="+c.Region)
	cmd.WaitDelay = 2 * time.Second // a child that was left behind may hold the pipes open
	err = cmd.Run()
	if err == nil || errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	exit, ended := errors.AsType[*exec.ExitError](err)
	if !ended {
		return provider.As(provider.ErrVerify, fmt.Errorf("the verify command cannot be run: %w", err))
	}
	class := provider.ErrPending
	if code := exit.ExitCode(); code == 126 || code == 127 {
		class = provider.ErrVerify
	}
	err = fmt.Errorf("the verify command says that it does not work: %w", err)
	if text := said.without(c.Secret); text != "" {
		err = fmt.Errorf("%w: %s", err, text)
	}
	return provider.As(class, err)
}

// revealed returns c as JSON, with its secret.
func revealed(c provider.Credential) ([]byte, error) {
	type shown struct {
		provider.Credential

		Secret string `json:"secret,omitzero"`
	}
	b, err := json.Marshal(shown{c, c.Secret.Reveal()}) //nolint:gosec // G117: the command is to have it
	if err != nil {
		return nil, errors.New("the credential cannot be written as JSON for the verify command")
	}
	return append(b, '\n'), nil
}

const (
	kept  = 16 << 10 // of what a command says
	shown = 500
)

// A tail keeps the end of what is written to it.
type tail struct {
	b   []byte
	cut bool
}

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if over := len(t.b) - kept; over > 0 {
		t.b, t.cut = append(t.b[:0], t.b[over:]...), true
	}
	return len(p), nil
}

// without returns the end of what was written as one line, and no secret in it:
// neither as it is nor in the encodings that scripts print by accident.
func (t *tail) without(secret provider.Secret) string {
	text, longest := string(t.b), 0
	for _, f := range spellings(secret.Reveal()) {
		text = strings.ReplaceAll(text, f, provider.Redacted)
		longest = max(longest, len(f))
	}
	if t.cut { // what is left may begin with the end of a secret, which no longer looks like one
		begin := min(longest, len(text))
		if whole := strings.Index(text, provider.Redacted); whole >= 0 {
			begin = min(begin, whole)
		}
		text = text[begin:]
	}
	return line(text)
}
