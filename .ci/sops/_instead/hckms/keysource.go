package hckms

import (
	"time"

	"github.com/getsops/sops/v3/keys/none"
)

type MasterKey struct {
	none.Key
	KeyID, EncryptedKey string
	CreationDate        time.Time
}

func NewMasterKey(string) (*MasterKey, error) { return nil, none.Err() }

func NewMasterKeyFromKeyIDString(ids string) ([]*MasterKey, error) { return nil, none.Given(ids) }
