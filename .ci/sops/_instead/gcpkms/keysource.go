package gcpkms

import (
	"time"

	"github.com/getsops/sops/v3/keys/none"
)

type MasterKey struct {
	none.Key
	ResourceID, EncryptedKey string
	CreationDate             time.Time
}

func NewMasterKeyFromResourceID(id string) *MasterKey { return &MasterKey{ResourceID: id} }

func MasterKeysFromResourceIDString(string) []*MasterKey { return nil }
