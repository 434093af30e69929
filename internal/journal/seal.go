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
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/credctl/credctl/internal/journal/identity"
	"github.com/credctl/credctl/internal/provider"
)

// ErrIdentity is the class of errors of an age identity that is lost or unreachable.
var ErrIdentity = errors.New("the journal's identity")

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
	id, err := s.identity()
	if err != nil {
		err = provider.WithClass(ErrIdentity, fmt.Errorf("state identity: %w", err))
		if provider.HintOf(err) == "" {
			err = provider.Hint(err, "restore it from a backup; or, if it is lost, move %s away", s.dir)
		}
		return nil, err
	}
	derived := func(purpose string) []byte {
		sum := sha256.Sum256([]byte("credctl " + purpose + "\n" + id.String()))
		return sum[:]
	}
	s.key = &key{id, derived("print"), derived("chain")}
	return s.key, nil
}

// place returns where the identity is.
func (s *Store) place() identity.Place {
	if s.options.Identity != nil {
		return *s.options.Identity
	}
	own := identity.File(s.path("identity", "age.txt"))
	read := own.Read
	own.Read = func(ctx context.Context) ([]byte, error) {
		if err := s.own(own.Name); err != nil {
			return nil, err
		}
		return read(ctx)
	}
	return own
}

// identity returns the age identity of the store.
func (s *Store) identity() (*age.X25519Identity, error) {
	folder := identity.Folder{Dir: s.dir, Used: func() (bool, error) {
		files, err := filepath.Glob(s.path("operations", "*"+suffix))
		return len(files) > 0, err
	}}
	return folder.Find(context.Background(), s.place())
}

// CheckIdentity reports whether secrets can be kept, before there is one.
func (s *Store) CheckIdentity() error {
	_, err := s.sealer()
	return err
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
			"restore the state identity (%s) as it was when the operation began", s.place().Name)
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
