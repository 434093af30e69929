package journal

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
)

// A key seals secrets, opens them, and makes their fingerprints.
type key struct {
	identity *age.X25519Identity
	print    []byte // an HMAC key
}

// sealer returns the store's key, and makes it the first time.
func (s *Store) sealer() (*key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key != nil {
		return s.key, nil
	}
	release, err := s.Lock(context.Background(), "the journal's identity", 10*time.Second)
	if err != nil {
		return nil, err
	}
	defer release()
	path := s.path("identity", "age.txt")
	b, err := fsafe.ReadPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		var id *age.X25519Identity
		if id, err = age.GenerateX25519Identity(); err != nil {
			return nil, err
		}
		b = []byte("# This opens the secrets in credctl's journal of rotations.\n" + id.String() + "\n")
		err = fsafe.WriteFile(path, b, fsafe.Options{})
	}
	if err != nil {
		return nil, fmt.Errorf("the journal's identity: %w", err)
	}
	ids, err := age.ParseIdentities(bytes.NewReader(b))
	if err != nil { // its text may quote the line
		return nil, fmt.Errorf("the journal's identity, %s, is not an age identity", path)
	}
	id, ok := ids[0].(*age.X25519Identity)
	if !ok {
		return nil, fmt.Errorf("the journal's identity, %s, is not an X25519 one", path)
	}
	sum := sha256.Sum256([]byte("credctl print\n" + id.String()))
	s.key = &key{id, sum[:]}
	return s.key, nil
}

// seal encrypts e.Secrets into e.
func (s *Store) seal(e *Entry) error {
	if len(e.Secrets) == 0 {
		return nil
	}
	k, err := s.sealer()
	if err != nil {
		return err
	}
	plain := make(map[string]string, len(e.Secrets))
	e.Fingerprints = make(map[string]string, len(e.Secrets))
	for name, secret := range e.Secrets {
		plain[name] = secret.Reveal()
		e.Fingerprints[name] = k.fingerprintOf(secret)
	}
	b, err := json.Marshal(plain)
	if err != nil {
		return errors.New("the secret cannot be encoded")
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, k.identity.Recipient())
	if err != nil {
		return err
	}
	if _, err := w.Write(b); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	e.Sealed = base64.StdEncoding.EncodeToString(out.Bytes())
	return nil
}

// open adds what e.Sealed holds to secrets.
func (s *Store) open(e Entry, secrets map[string]provider.Secret) error {
	if e.Sealed == "" {
		return nil
	}
	k, err := s.sealer()
	if err != nil {
		return err
	}
	r, err := age.Decrypt(base64.NewDecoder(base64.StdEncoding, strings.NewReader(e.Sealed)), k.identity)
	if err != nil {
		return provider.Hint(fmt.Errorf("the secrets of entry %d cannot be opened: %w", e.Seq, err),
			"restore %s as it was when the operation began", s.path("identity", "age.txt"))
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("the secrets of entry %d cannot be opened: %w", e.Seq, err)
	}
	var plain map[string]string
	if err := json.Unmarshal(b, &plain); err != nil {
		return fmt.Errorf("the secrets of entry %d cannot be read", e.Seq)
	}
	for name, v := range plain {
		secrets[name] = provider.NewSecret(v)
	}
	return nil
}

// fingerprintOf returns what tells a secret again. Without the identity it says nothing.
func (k *key) fingerprintOf(secret provider.Secret) string {
	h := hmac.New(sha256.New, k.print)
	h.Write([]byte(secret.Reveal()))
	return hex.EncodeToString(h.Sum(nil)[:16])
}
