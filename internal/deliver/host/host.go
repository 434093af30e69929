// Package host is what the destinations of one machine have in common, such as files: on
// another host they are other places.
package host

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
)

// A Local is a destination of one machine, such as a file. It is [entry.Located] on its host. Bound
// to another host, it is read and written only where it is proved to be the same place, as on
// a volume that both share; else its methods fail with [ErrOther].
type Local struct {
	deliver.Destination

	// Same reports whether what a destination holds proves that it is the same place. Nil
	// is that it cannot be told.
	Same func(context.Context, deliver.Destination) bool

	host, path string // path is "" for what is no file
	bound      string
	proved     bool
	command    bool // it is one that is run
}

// ErrOther is [entry.ErrElsewhere] of a [Local]: it is on another host. ErrOtherMachine is that
// both hosts have an ID, as containers do not, so that they are two.
var (
	ErrOther        = fmt.Errorf("%w on another host", entry.ErrElsewhere)
	ErrOtherMachine = fmt.Errorf("%w", ErrOther)
)

// locals are the schemes of what is on one machine.
var locals = []string{"file", "json", "dotenv", "aws", "s3cfg", "exec", "sops", "systemd-creds", "login"}

// Here returns what makes a destination a [Local] of this machine, if its scheme is of one, or
// a [Server], if its server is. It passes on the error of opening the destination.
func Here(env []string) func(deliver.Destination, error) (deliver.Destination, error) {
	return func(d deliver.Destination, err error) (deliver.Destination, error) {
		if err != nil {
			return d, err
		}
		name := This(env)
		scheme, _, _ := strings.Cut(d.Spec(), ":")
		switch {
		case name == "":
		case slices.Contains(locals, scheme):
			return On(d, name), nil
		case served(d):
			return ServedOn(d, name), nil
		}
		return d, nil
	}
}

// On returns d as a [Local] of a host, as [Name] names it.
func On(d deliver.Destination, host string) *Local {
	scheme, _, _ := strings.Cut(d.Spec(), ":")
	l := &Local{Destination: d, host: host, command: scheme == "exec"}
	if path := strings.TrimPrefix(deliver.PlaceOf(d).At, scheme+":"); filepath.IsAbs(path) {
		l.path = path
	}
	return l
}

// variable names the host where its name changes by chance, as that of a container does.
const variable = "CREDCTL_HOST"

// stated is the ID of a host that a person has named: its name alone counts. none is that of
// one without.
const stated, none = "=", "-"

// This is the [Name] of the machine that this process runs on; "" is that it is not known.
func This(env []string) string {
	if name, _ := (deliver.Options{Env: env}).LookupEnv(variable); strings.TrimSpace(name) != "" {
		return "host " + strings.Join(strings.Fields(name), "-") + " " + stated
	}
	name, _ := os.Hostname()
	id, _ := os.ReadFile("/etc/machine-id") // a container may have none
	return Name(name, strings.TrimSpace(string(id)))
}

// Name names a machine that has this name and this ID. A clone often has the ID of
// the other, and a container a name by chance: only both together tell two apart.
func Name(name, id string) string {
	if name == "" {
		return ""
	}
	if len(id) != 32 { // none, or none yet
		return "host " + name + " " + none
	}
	sum := sha256.Sum256([]byte("credctl host " + id)) // the ID itself is confidential
	return "host " + name + " " + hex.EncodeToString(sum[:8])
}

// Within is the host of l, and which file it is there.
func (l *Local) Within() string {
	if l.path == "" {
		return l.host
	}
	return strings.TrimSpace(l.host + " " + fsafe.Identity(l.path))
}

// ProvedBy sets Same.
func (l *Local) ProvedBy(same func(context.Context, deliver.Destination) bool) { l.Same = same }

// Bind keeps l to a host.
func (l *Local) Bind(within string) { l.bound, l.proved = within, l.proved && within == l.bound }

// stays returns an error where l is bound to another host, and nothing proves that it is the
// same place here. A command of a container, of which each has a name of its own, is run in
// the next: it could not be repeated otherwise.
func (l *Local) stays(ctx context.Context) error {
	at, now := strings.Fields(l.bound), strings.Fields(l.host)
	if l.proved || len(at) < 3 || at[0] != now[0] || at[1] == now[1] && (at[2] == now[2] || strings.ContainsAny(at[2]+now[2], stated+none)) {
		return nil
	}
	other, container := ErrOtherMachine, at[2] == none || now[2] == none
	if container {
		other = ErrOther
	}
	l.proved = l.path != "" && len(at) > 3 && fsafe.Identity(l.path) == at[3] || l.Same != nil && l.Same(ctx, l.Destination) ||
		container && l.command
	if l.proved {
		return nil
	}
	return provider.Hint(fmt.Errorf("%s: %w, %s; here, on %s, it may be another place", l, other, at[1], now[1]),
		"run this on host %s, or with %s=%[1]s if this is that host", at[1], variable)
}

// Check fails where l is bound to another host.
func (l *Local) Check(ctx context.Context) error {
	if err := l.stays(ctx); err != nil {
		return err
	}
	return l.Destination.Check(ctx)
}

// CheckFor is Check for a credential that is known.
func (l *Local) CheckFor(ctx context.Context, c provider.Credential) error {
	if err := l.stays(ctx); err != nil {
		return err
	}
	return deliver.CheckFor(ctx, l.Destination, c)
}

// Write fails where l is bound to another host.
func (l *Local) Write(ctx context.Context, c provider.Credential) error {
	if err := l.stays(ctx); err != nil {
		return err
	}
	return l.Destination.Write(ctx, c)
}

// ReadBack fails where l is bound to another host, unless it can be read nowhere.
func (l *Local) ReadBack(ctx context.Context, c provider.Credential) error {
	if l.Proof() == deliver.ByValue {
		if err := l.stays(ctx); err != nil {
			return err
		}
	}
	return l.Destination.ReadBack(ctx, c)
}

// Current fails where l is bound to another host.
func (l *Local) Current(ctx context.Context) (key string, secret provider.Secret, err error) {
	if l.Proof() == deliver.ByValue {
		err = l.stays(ctx)
	}
	if err != nil {
		return "", secret, err
	}
	return l.Destination.Current(ctx)
}

// Place is that of the destination.
func (l *Local) Place() deliver.Place { return deliver.PlaceOf(l.Destination) }

// Overwrites is that of the destination, where it has one.
func (l *Local) Overwrites() bool {
	o, ok := l.Destination.(interface{ Overwrites() bool })
	return ok && o.Overwrites()
}

// Mixed is that of the destination, where it has one and it is the same place.
func (l *Local) Mixed(a, b provider.Credential) bool {
	m, ok := l.Destination.(interface {
		Mixed(a, b provider.Credential) bool
	})
	return ok && l.stays(context.Background()) == nil && m.Mixed(a, b)
}

// CanHold is that of the destination, where it has one.
func (l *Local) CanHold(c provider.Credential) error {
	if h, ok := l.Destination.(interface {
		CanHold(c provider.Credential) error
	}); ok {
		return h.CanHold(c)
	}
	return nil
}

// Unwrap returns the destination without its host.
func (l *Local) Unwrap() deliver.Destination { return l.Destination }
