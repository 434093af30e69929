package kms

import (
	"time"

	"github.com/getsops/sops/v3/keys/none"
)

type MasterKey struct {
	none.Key
	Arn, Role, EncryptedKey, AwsProfile string
	CreationDate                        time.Time
	EncryptionContext                   map[string]*string
}

func NewMasterKeyWithProfile(arn, _ string, _ map[string]*string, _ string) *MasterKey {
	return &MasterKey{Arn: arn}
}

func NewMasterKeyFromArn(arn string, _ map[string]*string, _ string) *MasterKey {
	return &MasterKey{Arn: arn}
}

func MasterKeysFromArnString(string, map[string]*string, string) []*MasterKey { return nil }

func ParseKMSContext(any) map[string]*string { return nil }
