package deliver

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/credctl/credctl/internal/provider"
)

// CommandLimit is how long a program of the user's may take, unless it is given another time.
const CommandLimit = 2 * time.Minute

// A Command is a program of the user's that takes part: it stores a credential,
// or reloads what uses one.
type Command struct {
	Args   []string        // the program and its arguments; [Shell] makes them from a line
	Env    []string        // all of its environment; see [Environ]
	Stdin  []byte          // what it can read; empty: nothing
	Secret provider.Secret // what must not be in its messages
	Limit  time.Duration   // how long it may take; zero means [CommandLimit]
}

// Run runs the program in a process group of its own, and kills the group when
// ctx or the time ends. Its standard output is dropped.
// The error has the exit status and the end of its standard error, without the secret.
func (c Command) Run(ctx context.Context) error {
	limit := cmp.Or(c.Limit, CommandLimit)
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(limited, c.Args[0], c.Args[1:]...) //nolint:gosec // the user's own command
	cmd.Env = c.Env
	cmd.Stdin = bytes.NewReader(c.Stdin)
	messages := &head{limit: 64 << 10}
	cmd.Stderr = messages
	cmd.WaitDelay = 5 * time.Second // for what it has left behind, with our pipe still open
	group(cmd)
	err := cmd.Run()
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("it was stopped: %w", context.Cause(ctx))
	case limited.Err() != nil:
		return provider.As(provider.ErrUnavailable, fmt.Errorf("it did not end within %s, and was killed%s", limit, messages.without(c.Secret)))
	}
	return fmt.Errorf("%w%s", err, messages.without(c.Secret))
}

// Environ returns the environment of a command for c: that of o, without what is
// secret in it, and with what identifies c as CREDCTL_ID, CREDCTL_KEY and so on.
func Environ(o Options, c provider.Credential) []string {
	var env []string
	for _, kv := range o.Env {
		name, _, _ := strings.Cut(kv, "=")
		if !slices.Contains(o.Hide, name) && !secretName(name, "CREDCTL_") && !secretName(name, strings.ToUpper(c.Provider)+"_") {
			env = append(env, kv)
		}
	}
	for _, v := range [][2]string{
		{"PROVIDER", c.Provider},
		{"KIND", c.Kind},
		{"ID", c.ID},
		{"NAME", c.Name},
		{"KEY", c.Key},
		{"ENDPOINT", c.Endpoint},
		{"REGION", c.Region},
	} {
		if v[1] != "" && !strings.Contains(v[1], "\x00") {
			env = append(env, "CREDCTL_"+v[0]+"="+v[1])
		}
	}
	return env
}

// secretName reports whether a variable with this prefix is a secret, by its name.
func secretName(name, prefix string) bool {
	name = strings.ToUpper(name)
	return strings.HasPrefix(name, prefix) && prefix != "_" && slices.ContainsFunc(
		[]string{"TOKEN", "KEY", "SECRET", "PASSWORD", "PASSPHRASE"}, func(s string) bool { return strings.HasSuffix(name, s) })
}

// A head keeps the begin of what is written to it.
type head struct {
	limit int
	kept  []byte
	cut   bool
}

func (h *head) Write(p []byte) (int, error) {
	n := min(len(p), h.limit-len(h.kept))
	h.kept = append(h.kept, p[:n]...)
	h.cut = h.cut || n < len(p)
	return len(p), nil
}

// without returns ": " and the end of what was kept, as one line without control
// characters and without any form of the secret; or nothing.
func (h *head) without(secret provider.Secret) string {
	const most = 400
	s := string(h.kept)
	for _, form := range forms(secret.Reveal()) {
		if h.cut { // what was cut off may be the rest of one
			for n := len(form) - 1; n > 0; n-- {
				if strings.HasSuffix(s, form[:n]) {
					s = s[:len(s)-n]
					break
				}
			}
		}
		s = strings.ReplaceAll(s, form, provider.Redacted)
	}
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "?"), func(r rune) bool { return unicode.IsControl(r) || r == ' ' }), " ")
	if r := []rune(s); len(r) > most {
		s = "…" + string(r[len(r)-most:])
	}
	if s == "" {
		return ""
	}
	return ": " + s
}

// forms returns how a secret may be written in a message, the longest first.
func forms(secret string) []string {
	if secret == "" {
		return nil
	}
	all := []string{secret, url.QueryEscape(secret), url.PathEscape(secret)}
	for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		all = append(all, e.EncodeToString([]byte(secret)))
	}
	if b, err := json.Marshal(secret); err == nil {
		quoted := string(b[1 : len(b)-1])
		all = append(all, quoted, strings.NewReplacer(`\u0026`, "&", `\u003c`, "<", `\u003e`, ">").Replace(quoted))
	}
	for line := range strings.Lines(secret) {
		if line = strings.TrimSpace(line); len(line) >= 8 { // of a private key, say
			all = append(all, line)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(all)
}
