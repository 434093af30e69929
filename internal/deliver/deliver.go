// Package deliver takes a new secret to where it is used: a file, an entry of a
// dotenv or AWS credentials file, another vendor's store, a command.
//
// Every destination can be checked before anything is issued, is written in one
// step, and is read back. Writing twice is the same as writing once.
package deliver

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// A Destination is one place that receives a credential.
type Destination interface {
	// String returns the destination as the user gave it. No secret is in it.
	String() string

	// Spec returns the destination so that [Parse] finds the same place again
	// from another folder and with another environment.
	Spec() string

	// Check reports whether Write can be done, as far as that can be known, and
	// changes nothing at the destination.
	Check(ctx context.Context) error

	// Write stores c. When it fails, or without a method Overwrites is killed, the destination
	// holds what it held before; that it cannot hold c at all is [provider.ErrUsage].
	Write(ctx context.Context, c provider.Credential) error

	// ReadBack reports whether the destination holds c: its secret, and of its
	// key, endpoint and region what c has and this sort keeps. That it holds something
	// else is [provider.ErrVerify]. [ErrNoReadBack]: only another Write can tell.
	ReadBack(ctx context.Context, c provider.Credential) error

	// Current returns what the destination holds now, as far as it can be read:
	// both are zero when there is nothing, or nothing that can be understood.
	Current(ctx context.Context) (key string, secret provider.Secret, err error)

	// Proof returns how ReadBack knows. Check may find that it is weaker than it
	// was before.
	Proof() Proof
}

// CheckFor is Check of d, for a credential that is known.
func CheckFor(ctx context.Context, d Destination, c provider.Credential) error {
	if f, ok := d.(interface {
		CheckFor(ctx context.Context, c provider.Credential) error
	}); ok {
		return f.CheckFor(ctx, c)
	}
	return d.Check(ctx)
}

// ErrNoReadBack is wrapped by a ReadBack of what can be written only, unless it
// was written since it was parsed.
var ErrNoReadBack = errors.New("it cannot be read back, only written again")

// Options say how destinations are parsed and written.
type Options struct {
	// AllowInsecurePerms accepts files that others may read or change.
	AllowInsecurePerms bool

	// Shape is what the secret consists of, as in [provider.Kind].
	Shape provider.Shape

	// Keepers open the vendors that keep the secrets of others, by scheme. They
	// are called when the destination is first used.
	Keepers map[string]OpenKeeper

	// Schemes are the sorts of destinations besides those of this package.
	Schemes []Scheme

	// Conn is how servers are reached. Its BaseURL, Settings and DryRun are not
	// used: a destination has a server of its own, and Check changes nothing.
	Conn provider.Conn

	// Settings are those of the profile, by scheme and name: "github.host". The
	// environment takes precedence.
	Settings map[string]string

	// LockDir is a folder of ours for the locks that keep two runs from editing
	// one place at once. It is made when it is not there; empty means no locks.
	LockDir string

	// Env is the environment: where the AWS credentials file is, and what a
	// command gets.
	Env []string

	// Home returns the home folder, for a path that begins with "~/". Nil
	// is that there is none.
	Home func() (string, error)

	// Issued reports whether credctl issued this secret. Nil is that it is unknown.
	Issued func(provider.Secret) (bool, error)

	// Hide names the variables that commands do not get, such as those of the
	// vendors' tokens. A variable of credctl's own, or of the credential's vendor,
	// whose name ends like a secret's is always left out.
	Hide []string
}

// An OpenKeeper opens the vendor that keeps what target names, and returns what
// target is called there: of "application/credential", say, the second half.
type OpenKeeper func(ctx context.Context, target string) (k provider.SecretStore, within string, err error)

// Parse returns the destination that spec, "scheme:place", names. A spec that is
// malformed, or does not fit the kind of credential, is [provider.ErrUsage].
// Nothing is opened.
func Parse(spec string, o Options) (Destination, error) {
	scheme, place, ok := strings.Cut(spec, ":")
	if !ok && !slices.ContainsFunc(o.All(), func(s Scheme) bool { return s.Name == spec }) {
		return nil, provider.Hint(provider.Usage("the destination %q has no scheme", spec), "for a file that contains only the secret: file:%s", spec)
	}
	if strings.ContainsAny(place, "\x00\r\n") && scheme != "exec" {
		return nil, provider.Usage("the destination %q has a control character in it", spec)
	}
	for _, s := range o.All() {
		if s.Name == scheme && place == "" {
			return nil, provider.Usage("the destination %q is incomplete (expected %s:%s)", spec, scheme, s.Place)
		}
		if s.Name == scheme {
			return s.New(spec, place, o)
		}
	}
	if open, ok := o.Keepers[scheme]; ok {
		return parseKeeper(spec, place, open)
	}
	return nil, unknown(spec, scheme, o)
}

func unknown(spec, scheme string, o Options) error {
	var known []string
	for _, s := range o.All() {
		known = append(known, s.Name)
	}
	known = append(known, slices.Sorted(maps.Keys(o.Keepers))...)
	err := provider.Usage("the destination %q has an unknown scheme (valid: %s)", spec, strings.Join(known, ", "))
	near := provider.Closest(scheme, known)
	if part := slices.IndexFunc(known, func(k string) bool { return len(scheme) > 2 && strings.Contains(k, scheme) }); near == "" && part >= 0 {
		near = known[part]
	}
	if near != "" {
		return provider.Hint(err, "did you mean %s:%s?", near, strings.TrimPrefix(spec, scheme+":"))
	}
	return provider.Hint(err, "for a file that contains only the secret: file:%s", spec)
}
