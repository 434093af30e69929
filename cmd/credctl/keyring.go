package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/zalando/go-keyring"
)

// A keyring keeps texts for the user, each under a name. What is not there is
// [errNoEntry].
type keyringService interface {
	Get(name string) (string, error)
	Set(name, text string) error
	Delete(name string) error
}

var (
	errNoEntry    = keyring.ErrNotFound
	errKeyringOff = errors.New("CREDCTL_KEYRING is off")
	errNoKeyring  = errors.New("there is no session bus")
)

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
	keyringService
	app     *app
	trouble atomic.Pointer[error] // what it was
}

func (k *patientKeyring) Get(name string) (string, error) {
	return k.await(k.app.interrupted(), func() (string, error) { return k.keyringService.Get(name) })
}

func (k *patientKeyring) Set(name, text string) error {
	_, err := k.await(nil, func() (string, error) { return "", k.keyringService.Set(name, text) }) // whole, or not at all
	return err
}

func (k *patientKeyring) Delete(name string) error {
	_, err := k.await(nil, func() (string, error) { return "", k.keyringService.Delete(name) })
	return err
}

func (k *patientKeyring) await(interrupted <-chan struct{}, ask func() (string, error)) (string, error) {
	if trouble := k.trouble.Load(); trouble != nil {
		return "", *trouble
	}
	limit := min(keyringLimit, k.app.global.timeout)
	late := errLate("the keyring does not answer", limit)
	text, err := patiently(interrupted, limit, late, ask)
	if err != nil && !errors.Is(err, errNoEntry) && !errors.Is(err, errInterrupted) { // a person who says no to it is not asked again, either
		k.trouble.Store(&err)
	}
	return text, err
}

// noKeyring stands in for one that is not there, or must be left alone.
type noKeyring struct{ why error }

func (k noKeyring) Get(string) (string, error) { return "", k.untold() }
func (k noKeyring) Set(string, string) error   { return k.why }
func (k noKeyring) Delete(string) error        { return k.untold() }

// untold is why it is not known what a keyring holds. One that must be left alone
// counts as empty.
func (k noKeyring) untold() error {
	if errors.Is(k.why, errKeyringOff) {
		return errNoEntry
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
