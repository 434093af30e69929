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

	"github.com/credctl/credctl/internal/term"
)

// A Keyring stores texts for the user, each under a name. The error for one that it
// does not have is [ErrNoEntry].
type Keyring interface {
	Get(name string) (string, error)
	Set(name, text string) error
	Delete(name string) error
}

// ErrNoEntry is the error of a keyring that has nothing under a name.
var ErrNoEntry = keyring.ErrNotFound

// ErrNoKeyring is the error of a system that has no keyring.
var ErrNoKeyring = errors.New("there is no session bus")

var errKeyringOff = errors.New("CREDCTL_KEYRING is off")

// newKeyring returns the keyring that can be asked in this environment.
func newKeyring(env map[string]string, streams *term.Streams) Keyring {
	switch {
	case env["CREDCTL_KEYRING"] == "off":
		return noKeyring{errKeyringOff}
	case !hasKeyring(runtime.GOOS, env):
		return noKeyring{ErrNoKeyring}
	}
	return &patientKeyring{Keyring: systemKeyring{}, streams: streams}
}

// systemKeyring is that of the operating system.
type systemKeyring struct{}

// keyringName is the name under which the keyring knows credctl.
const keyringName = "credctl"

func (systemKeyring) Get(name string) (string, error) { return keyring.Get(keyringName, name) }
func (systemKeyring) Set(name, text string) error     { return keyring.Set(keyringName, name, text) }
func (systemKeyring) Delete(name string) error        { return keyring.Delete(keyringName, name) }

// keyringLimit is how long a keyring may take to answer.
const keyringLimit = 3 * time.Second

// A patientKeyring gives up on one that does not answer, such as one that waits
// for a window that nobody sees, and asks one that does not answer, or refuses, no more.
type patientKeyring struct {
	Keyring
	streams *term.Streams
	refusal atomic.Pointer[error] // why it is asked no more
}

func (k *patientKeyring) Get(name string) (string, error) {
	return k.await(k.streams.Interrupted(), func() (string, error) { return k.Keyring.Get(name) })
}

func (k *patientKeyring) Set(name, text string) error {
	_, err := k.await(nil, func() (string, error) { return "", k.Keyring.Set(name, text) }) // whole, or not at all
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
	if err != nil && !errors.Is(err, ErrNoEntry) && !errors.Is(err, term.ErrInterrupted) { // a person who says no to it is not asked again, either
		k.refusal.Store(&err)
	}
	return text, err
}

// noKeyring stands in for one that is not there, or must be left alone.
type noKeyring struct{ why error }

func (k noKeyring) Get(string) (string, error) { return "", k.unknown() }
func (k noKeyring) Set(string, string) error   { return k.why }
func (k noKeyring) Delete(string) error        { return k.unknown() }

// unknown is why it is not known what a keyring holds. One that must be left alone
// counts as empty.
func (k noKeyring) unknown() error {
	if errors.Is(k.why, errKeyringOff) {
		return ErrNoEntry
	}
	return k.why
}

// hasKeyring reports whether the system has one that can be asked. Where it is
// behind a session bus that is not there, the library would start one with
// dbus-launch: a process that nobody ends, and that has our environment.
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
