package main

import (
	"errors"
	"fmt"
	"os"
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
	return k.await(func() (string, error) { return k.keyringService.Get(name) })
}

func (k *patientKeyring) Set(name, text string) error {
	_, err := k.await(func() (string, error) { return "", k.keyringService.Set(name, text) })
	return err
}

func (k *patientKeyring) Delete(name string) error {
	_, err := k.await(func() (string, error) { return "", k.keyringService.Delete(name) })
	return err
}

func (k *patientKeyring) await(ask func() (string, error)) (string, error) {
	if trouble := k.trouble.Load(); trouble != nil {
		return "", *trouble
	}
	limit := min(keyringLimit, k.app.global.timeout)
	late := errLate("the keyring does not answer", limit)
	text, err := patiently(k.app.interrupted(), limit, late, ask)
	if err != nil && !errors.Is(err, errNoEntry) { // a person who says no to it is not asked again, either
		k.trouble.Store(&err)
	}
	return text, err
}

// noKeyring stands in for one that is not there, or must be left alone.
type noKeyring struct{ why error }

func (noKeyring) Get(string) (string, error) { return "", errNoEntry }
func (k noKeyring) Set(string, string) error { return k.why }
func (noKeyring) Delete(string) error        { return errNoEntry }

// hasKeyring reports whether the system has one that can be asked. Where it is
// behind a session bus that is not there, the library would start one with
// dbus-launch: a process that nobody ends, and that has our environment.
func hasKeyring(goos string, env map[string]string) bool {
	switch address := env["DBUS_SESSION_BUS_ADDRESS"]; {
	case goos == "darwin", goos == "windows":
		return true
	case address != "":
		return address != "autolaunch:"
	}
	_, err := os.Stat(fmt.Sprintf("/run/user/%d/bus", os.Getuid()))
	return err == nil
}
