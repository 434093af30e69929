package main

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/credctl/credctl/internal/provider"
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
// for a window that nobody sees, and does not ask it again.
type patientKeyring struct {
	keyringService
	app  *app
	late atomic.Pointer[error] // what it was
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
	if late := k.late.Load(); late != nil {
		return "", *late
	}
	limit := min(keyringLimit, k.app.global.timeout)
	late := errLate("the keyring does not answer", limit)
	text, err := patiently(k.app.interrupted(), limit, late, ask)
	if errors.Is(err, provider.ErrUnavailable) {
		k.late.Store(&late)
	}
	return text, err
}

// noKeyring is that of CREDCTL_KEYRING=off.
type noKeyring struct{}

func (noKeyring) Get(string) (string, error) { return "", errNoEntry }
func (noKeyring) Set(string, string) error   { return errKeyringOff }
func (noKeyring) Delete(string) error        { return errNoEntry }
