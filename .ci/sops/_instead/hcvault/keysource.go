package hcvault

import (
	"time"

	"github.com/getsops/sops/v3/keys/none"
)

type MasterKey struct {
	none.Key
	VaultAddress, EnginePath, KeyName, EncryptedKey string
	CreationDate                                    time.Time
}

func NewMasterKeyFromURI(string) (*MasterKey, error) { return nil, none.Err() }

func NewMasterKeysFromURIs(uris string) ([]*MasterKey, error) { return nil, none.Given(uris) }
