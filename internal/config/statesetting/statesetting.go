// Package statesetting reads what the configuration and the environment say about where
// the state of rotations is.
package statesetting

import (
	"strings"
	"time"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/journal/postgres/dsn"
	"github.com/credctl/credctl/internal/provider"
)

// The settings, as the configuration file names them.
const (
	State     = "state"
	Identity  = "state_identity"
	LeaseTime = "state_lease"
	InKeyring = "keyring" // the one value of Identity
)

// InFolder begins the value of state that names a folder.
const InFolder = "dir:"

// The bounds of state_lease, and its value unless it is set. Requests of a run must fit
// into a lease, and after a crash other hosts wait for its end.
const (
	shortestLease = 10 * time.Second
	DefaultLease  = 2 * time.Minute
	longestLease  = 10 * time.Minute
)

// CheckValue refuses what one of the settings cannot be.
func CheckValue(setting, text string) error {
	switch {
	case setting == Identity && text != InKeyring:
		return provider.Hint(provider.Usage("unknown value %.60q of %s (valid: %s)", text, setting, InKeyring),
			"for a file or a command, set CREDCTL_STATE_IDENTITY_FILE or CREDCTL_STATE_IDENTITY_COMMAND")
	case setting == State:
		return Check(setting, text)
	case setting == LeaseTime:
		_, err := Lease(setting, text)
		return err
	}
	return nil
}

// Check refuses a text that does not say where the state is. source names the
// setting.
func Check(source, text string) error {
	if path, ok := strings.CutPrefix(text, InFolder); ok && path != "" || dsn.Is(text) {
		return nil
	}
	return provider.Hint(provider.Usage("%s is neither a folder nor a PostgreSQL URL", source),
		"write dir:PATH, or postgres://ROLE@HOST:PORT/DATABASE")
}

// Lease reads how long a lock in a state database lasts. source names the setting.
func Lease(source, text string) (time.Duration, error) {
	d, err := duration.Parse(text)
	if err != nil || d < shortestLease || d > longestLease {
		return 0, provider.Hint(provider.Usage("%s is %q, which is not a duration between 10s and 10m", source, text), "set %s to 2m, for example", source)
	}
	return d, nil
}
