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
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
)

// A key seals secrets, opens them, and makes their fingerprints.
type key struct {
	identity *age.X25519Identity
	prints   []byte
	chain    []byte
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
	b, err := s.identity()
	if err != nil {
		return nil, fmt.Errorf("state identity: %w", err)
	}
	ids, err := age.ParseIdentities(bytes.NewReader(b))
	if err != nil { // its text may quote the line
		return nil, provider.Usage("the state identity is not an age identity")
	}
	id, ok := ids[0].(*age.X25519Identity)
	if !ok {
		return nil, provider.Usage("the state identity is not an X25519 age identity")
	}
	derived := func(purpose string) []byte {
		sum := sha256.Sum256([]byte("credctl " + purpose + "\n" + id.String()))
		return sum[:]
	}
	s.key = &key{id, derived("print"), derived("chain")}
	return s.key, nil
}

// identity reads the age identity. One of the store's own is made the first time,
// but never in place of one that is lost.
func (s *Store) identity() ([]byte, error) {
	if s.options.Identity != nil {
		return s.options.Identity(context.Background())
	}
	path := s.path("identity", "age.txt")
	if err := s.own(path); err != nil {
		return nil, err
	}
	b, err := fsafe.ReadPrivate(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return b, err
	}
	if files, err := filepath.Glob(s.path("operations", "*"+suffix)); err != nil || len(files) > 0 {
		return nil, provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("%s is missing, and there are rotations that need it", path)),
			"restore it from a backup; or, if it is lost, move %s away", s.path("operations"))
	}
	b, err = NewIdentity()
	if err == nil {
		err = fsafe.WriteFile(path, b, fsafe.Options{})
	}
	return b, err
}

// CheckIdentity reports whether secrets can be kept, before there is one.
func (s *Store) CheckIdentity() error {
	_, err := s.sealer()
	return err
}

// NewIdentity returns a new age identity, as a file holds it.
func NewIdentity() ([]byte, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	return []byte("# This opens the secrets in credctl's journal of rotations.\n" + id.String() + "\n"), nil
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
		e.Fingerprints[name] = k.fingerprint(secret)
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

// fingerprint returns what tells a secret again. Without the identity it says nothing.
func (k *key) fingerprint(secret provider.Secret) string {
	h := hmac.New(sha256.New, k.prints)
	h.Write([]byte(secret.Reveal()))
	return hex.EncodeToString(h.Sum(nil)[:16])
}
