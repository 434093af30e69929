// Package none has keys of services that this build of SOPS cannot ask.
package none

import "errors"

var errNone = errors.New("this build of SOPS has no clients of key services")

// Err says that there is no such service.
func Err() error { return errNone }

// Given returns an error where keys were given.
func Given(keys string) error {
	if keys == "" {
		return nil
	}
	return errNone
}

// Key is what a key of each such service has.
type Key struct{}

func (*Key) Encrypt([]byte) error          { return errNone }
func (*Key) EncryptIfNeeded([]byte) error  { return errNone }
func (*Key) EncryptedDataKey() []byte      { return nil }
func (*Key) SetEncryptedDataKey([]byte)    {}
func (*Key) Decrypt() ([]byte, error)      { return nil, errNone }
func (*Key) NeedsRotation() bool           { return false }
func (*Key) ToString() string              { return "" }
func (*Key) ToMap() map[string]interface{} { return nil }
func (*Key) TypeToIdentifier() string      { return "none" }
