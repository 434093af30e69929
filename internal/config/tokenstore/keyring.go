package tokenstore

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
)

// A Keyring stores texts for the user, each under a name. The error for a name that it
// does not have is [ErrNoEntry].
type Keyring interface {
	Get(name string) (string, error)
	Set(name, text string) error
	Delete(name string) error
}

// ErrNoEntry is the error for a name that a keyring does not have.
var ErrNoEntry = keyring.ErrNotFound

// ErrNoKeyring is the error of a system without a keyring.
var ErrNoKeyring = errors.New("no system keyring in this session")

// ErrKeyring is the class of an error of the keyring: what it holds is not known.
var ErrKeyring = errors.New("the keyring cannot be read")

var errKeyringOff = errors.New("CREDCTL_KEYRING is off")

// CheckEnv returns the error for a variable of the keyring that has an unknown value.
func CheckEnv(env map[string]string) error {
	switch value := env["CREDCTL_KEYRING"]; value {
	case "", "on", "off":
		return nil
	default:
		return provider.Hint(provider.Usage("unknown value %q of CREDCTL_KEYRING (valid: on, off)", value), "set CREDCTL_KEYRING=off to keep credctl away from the keyring, or unset it")
	}
}

// newKeyring returns the keyring to use in this environment.
func newKeyring(env map[string]string, streams *term.Streams) Keyring {
	switch {
	case env["CREDCTL_KEYRING"] == "off":
		return noKeyring{errKeyringOff}
	case !hasKeyring(runtime.GOOS, env):
		return noKeyring{ErrNoKeyring}
	}
	return &patientKeyring{Keyring: systemKeyring{}, streams: streams}
}

// systemKeyring is the keyring of the operating system.
type systemKeyring struct{}

// keyringName is the name of credctl in the keyring.
const keyringName = "credctl"

func (systemKeyring) Get(name string) (string, error) { return keyring.Get(keyringName, name) }
func (systemKeyring) Set(name, text string) error     { return keyring.Set(keyringName, name, text) }
func (systemKeyring) Delete(name string) error        { return keyring.Delete(keyringName, name) }

// keyringLimit is how long credctl waits for a keyring.
const keyringLimit = 3 * time.Second

// A patientKeyring stops waiting for a keyring that does not answer, such as one that
// waits for a window that nobody sees. It does not ask again a keyring that did not
// answer, or refused.
type patientKeyring struct {
	Keyring
	streams *term.Streams
	refusal atomic.Pointer[error] // why the keyring is not asked again
}

func (k *patientKeyring) Get(name string) (string, error) {
	return k.await(k.streams.Interrupted(), func() (string, error) { return k.Keyring.Get(name) })
}

func (k *patientKeyring) Set(name, text string) error {
	_, err := k.await(nil, func() (string, error) { return "", k.Keyring.Set(name, text) }) // a text is stored completely or not at all
	return err
}

func (k *patientKeyring) Delete(name string) error {
	_, err := k.await(nil, func() (string, error) { return "", k.Keyring.Delete(name) })
	return err
}

func (k *patientKeyring) await(interrupted <-chan struct{}, ask func() (string, error)) (string, error) {
	if err := k.refusal.Load(); err != nil {
		return "", *err
	}
	limit := min(keyringLimit, k.streams.Timeout)
	late := term.Late("the keyring does not answer", limit)
	text, err := term.Await(interrupted, limit, late, ask)
	if err != nil && !errors.Is(err, ErrNoEntry) && !errors.Is(err, term.ErrInterrupted) { // nor is a person asked again who refused
		k.refusal.Store(&err)
	}
	return text, err
}

// noKeyring is used where there is no keyring, or credctl must not use it.
type noKeyring struct{ why error }

func (k noKeyring) Get(string) (string, error) { return "", k.unknown() }
func (k noKeyring) Set(string, string) error   { return k.why }
func (k noKeyring) Delete(string) error        { return k.unknown() }

// unknown returns why the content is unknown. A keyring that credctl must not use
// counts as empty.
func (k noKeyring) unknown() error {
	if errors.Is(k.why, errKeyringOff) {
		return ErrNoEntry
	}
	return k.why
}

// hasKeyring reports whether the system has a keyring that can be asked. Without a
// session bus, the library would start one with dbus-launch: a process that nobody
// ends, with our environment.
func hasKeyring(goos string, env map[string]string) bool {
	address := env["DBUS_SESSION_BUS_ADDRESS"]
	if goos == "darwin" || goos == "windows" || address != "" && address != "autolaunch:" {
		return true
	}
	dir := fmt.Sprintf("/run/user/%d/", os.Getuid())
	if _, err := os.Stat(dir + "bus"); err == nil {
		return true
	}
	text, err := os.ReadFile(dir + "dbus-session") //nolint:gosec // G304: where the library looks
	return err == nil && strings.HasPrefix(string(text), "DBUS_SESSION_BUS_ADDRESS=unix:")
}
