package azkv

import (
	"time"

	"github.com/getsops/sops/v3/keys/none"
)

type MasterKey struct {
	none.Key
	VaultURL, Name, Version, EncryptedKey string
	CreationDate                          time.Time
}

func NewMasterKeyWithOptionalVersion(_, _, _ string) (*MasterKey, error) { return nil, none.Err() }

func NewMasterKeyFromURL(string) (*MasterKey, error) { return nil, none.Err() }

func MasterKeysFromURLs(urls string) ([]*MasterKey, error) { return nil, none.Given(urls) }
