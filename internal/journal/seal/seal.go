// Package seal has the key of a journal: it encrypts secrets, tells them again, and
// proves that entries are as credctl wrote them.
package seal

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"filippo.io/age"

	"github.com/credctl/credctl/internal/provider"
)

// A Key seals secrets, opens them, and makes their prints.
type Key struct {
	identity *age.X25519Identity
	also     []age.Recipient // of what is sealed
	prints   []byte
	chain    []byte
}

// New returns the key that is derived from an age identity.
func New(id *age.X25519Identity) *Key {
	derived := func(purpose string) []byte {
		sum := sha256.Sum256([]byte("credctl " + purpose + "\n" + id.String()))
		return sum[:]
	}
	return &Key{identity: id, prints: derived("print"), chain: derived("chain")}
}

// The names of what Pass seals.
const printsName, chainName = "prints", "chain"

// Pass returns, sealed for another identity, what k makes prints and chains with: the key
// that [Restore] makes of it and that identity takes the place of k.
func (k *Key) Pass(to *age.X25519Identity) (sealed string, err error) {
	sealed, _, err = New(to).Seal(map[string]provider.Secret{
		printsName: provider.NewSecret(hex.EncodeToString(k.prints)), chainName: provider.NewSecret(hex.EncodeToString(k.chain)),
	})
	return sealed, err
}

// Restore returns the key of an identity to which another key was passed; "" is none.
func Restore(id *age.X25519Identity, passed string) (*Key, error) {
	k := New(id)
	if passed == "" {
		return k, nil
	}
	secrets := map[string]provider.Secret{}
	if err := k.Open(passed, secrets); err != nil {
		return nil, err
	}
	for name, of := range map[string]*[]byte{printsName: &k.prints, chainName: &k.chain} {
		b, err := hex.DecodeString(secrets[name].Reveal())
		if err != nil || len(b) == 0 {
			return nil, ErrUnreadable
		}
		*of = b
	}
	return k, nil
}

// Recipient returns the public half of the identity.
func (k *Key) Recipient() string { return k.identity.Recipient().String() }

// And returns a key that seals for another identity too.
func (k *Key) And(id *age.X25519Identity) *Key {
	both := *k
	both.also = append(slices.Clip(k.also), id.Recipient())
	return &both
}

// Seal encrypts secrets, and returns the print of each.
func (k *Key) Seal(secrets map[string]provider.Secret) (sealed string, prints map[string]string, err error) {
	plain := make(map[string]string, len(secrets))
	prints = make(map[string]string, len(secrets))
	for name, secret := range secrets {
		plain[name] = secret.Reveal()
		prints[name] = k.Print(secret)
	}
	b, err := json.Marshal(plain)
	if err != nil {
		return "", nil, errors.New("the secret cannot be encoded")
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, append([]age.Recipient{k.identity.Recipient()}, k.also...)...)
	if err != nil {
		return "", nil, err
	}
	if _, err := w.Write(b); err != nil {
		return "", nil, err
	}
	if err := w.Close(); err != nil {
		return "", nil, err
	}
	return base64.StdEncoding.EncodeToString(out.Bytes()), prints, nil
}

// ErrUnreadable is the error of secrets that were decrypted, and cannot be decoded.
var ErrUnreadable = errors.New("not secrets of credctl")

// Open adds what Seal has encrypted to secrets.
func (k *Key) Open(sealed string, secrets map[string]provider.Secret) error {
	r, err := age.Decrypt(base64.NewDecoder(base64.StdEncoding, strings.NewReader(sealed)), k.identity)
	if err != nil {
		return err
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	var plain map[string]string
	if json.Unmarshal(b, &plain) != nil {
		return ErrUnreadable
	}
	for name, v := range plain {
		secrets[name] = provider.NewSecret(v)
	}
	return nil
}

// Print returns what tells a secret again. Without the identity it says nothing.
func (k *Key) Print(secret provider.Secret) string {
	h := hmac.New(sha256.New, k.prints)
	h.Write([]byte(secret.Reveal()))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Link returns the MAC of an entry of an operation, after the one with MAC before.
func (k *Key) Link(operation, before string, content []byte) string {
	h := hmac.New(sha256.New, k.chain)
	h.Write([]byte(operation + "\n" + before + "\n"))
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil)[:16])
}
