package github

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/crypto/nacl/box"

	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

const (
	largest  = 48 << 10               // bytes of a value
	settling = 10 * time.Second       // updated_at may be late
	pause    = 250 * time.Millisecond // before it is asked for again
	skew     = 2 * time.Second        // by which it may be before the answer
)

// A secret is one secret of a repository, an environment or an organization.
type secret struct {
	client         *rest.Client
	patience       time.Duration // for a refusal for the rate
	owner, secrets string        // paths: of the repository or organization, and of its secrets
	name           string
	org            bool
	needs          string // the permission to write
	workflow       bool   // the token is that of a workflow

	visibility string    // of an organization's, as of the last Get
	accepted   time.Time // by the server's clock; zero: nothing was put
	confirmed  string    // the stamp of what was put, once it was seen
}

// send sends a request, reads the answer into out, and returns its header.
func (s *secret) send(ctx context.Context, method, path string, body, out any) (header http.Header, err error) {
	answer, err := rest.Do[jsontext.Value](ctx, s.client, rest.Request{
		Method: method, Path: path, Body: body, RetryFor: s.patience,
		Header:   http.Header{"Accept": {"application/vnd.github+json"}, "X-Github-Api-Version": {"2022-11-28"}},
		Answered: func(h http.Header) { header = h },
	})
	if err == nil && out != nil {
		if err = vendorjson.Read(answer, out); err != nil { // which may quote the answer
			err = fmt.Errorf("%s %s: unexpected answer from GitHub", method, path)
		}
	}
	return header, err
}

// Get returns when the secret was last set. Nobody is told its value.
func (s *secret) Get(ctx context.Context) (entry.Entry, error) {
	var found struct {
		Name       string `json:"name"`
		Updated    string `json:"updated_at"`
		Visibility string `json:"visibility"`
	}
	header, err := s.send(ctx, http.MethodGet, s.secrets+"/"+s.name, nil, &found)
	s.visibility = found.Visibility
	if errors.Is(err, provider.ErrNotFound) {
		_, err = s.publicKey(ctx) // who may not fetch it is told that nothing is there
		return entry.Entry{Sealed: true}, err
	}
	if err == nil && !strings.EqualFold(found.Name, s.name) {
		err = errors.New("the answer is about another secret")
	}
	return entry.Entry{Exists: true, Sealed: true, Version: found.Updated}, s.advise(ctx, err, header)
}

// publicKey is that with which values are sealed.
type publicKey struct {
	ID  string `json:"key_id"`
	Key string `json:"key"`
}

// Check fetches the public key: who may not has no access to the secrets at all.
// Whether they may be written is not told.
func (s *secret) Check(ctx context.Context, _ entry.Entry, _ []string) error {
	_, err := s.publicKey(ctx)
	return err
}

func (s *secret) publicKey(ctx context.Context) (k publicKey, err error) {
	header, err := s.send(ctx, http.MethodGet, s.secrets+"/public-key", nil, &k)
	return k, s.advise(ctx, err, header)
}

func (s *secret) Put(ctx context.Context, e entry.Entry, values entry.Values) error {
	if err := values.Fits(largest, "GitHub"); err != nil {
		return err
	}
	err := s.put(ctx, e, values[""])
	if answer, ok := errors.AsType[*provider.Error](err); ok && answer.Status == http.StatusUnprocessableEntity {
		return s.put(ctx, e, values[""]) // the public key may have changed
	}
	return err
}

func (s *secret) put(ctx context.Context, e entry.Entry, value provider.Secret) error {
	key, err := s.publicKey(ctx)
	if err != nil {
		return err
	}
	sealed, err := key.seal(value)
	if err != nil {
		return err
	}
	body := map[string]any{"encrypted_value": sealed, "key_id": key.ID}
	if s.org { // what is left out is reset
		body["visibility"] = "private"
		if e.Exists {
			body["visibility"] = s.visibility
		}
		if s.visibility == "selected" {
			if body["selected_repository_ids"], err = s.selected(ctx); err != nil {
				return err
			}
		}
	}
	header, err := s.send(ctx, http.MethodPut, s.secrets+"/"+s.name, body, nil)
	if err != nil {
		return s.advise(ctx, err, header)
	}
	s.confirmed = ""
	if s.accepted, err = http.ParseTime(header.Get("Date")); err != nil {
		s.accepted = time.Now()
	}
	return nil
}

// selected returns the IDs of the repositories that may use the secret.
func (s *secret) selected(ctx context.Context) ([]int64, error) {
	ids := []int64{}
	for page := 1; ; page++ {
		answer, err := rest.Do[struct {
			Total        int `json:"total_count"`
			Repositories []struct {
				ID int64 `json:"id"`
			} `json:"repositories"`
		}](ctx, s.client, rest.Request{
			Method: http.MethodGet, Path: s.secrets + "/" + s.name + "/repositories",
			Query: url.Values{"per_page": {"100"}, "page": {strconv.Itoa(page)}},
		})
		if err != nil {
			return nil, s.advise(ctx, err, nil)
		}
		for _, r := range answer.Repositories {
			ids = append(ids, r.ID)
		}
		switch {
		case len(ids) >= answer.Total:
			return ids, nil
		case len(answer.Repositories) == 0: // to send a part would take the secret from the others
			return nil, provider.WithClass(provider.ErrUnavailable, fmt.Errorf("GitHub listed %d of the %d repositories that use the secret", len(ids), answer.Total))
		}
	}
}

// Accepted waits until the server shows that the secret was set when it was put,
// or reports that it was set again since.
func (s *secret) Accepted(ctx context.Context, e entry.Entry) error {
	for deadline := time.Now().Add(settling); ; {
		at, err := time.Parse(time.RFC3339, e.Version)
		switch {
		case s.confirmed != "" && !e.Exists:
			return provider.WithClass(provider.ErrNotFound, errors.New("the secret was deleted after delivery"))
		case s.confirmed != "" && s.confirmed != e.Version:
			return provider.WithClass(provider.ErrVerify, errors.New("another program changed the secret after delivery"))
		case err == nil && !at.Before(s.accepted.Add(-skew)):
			s.confirmed = e.Version
			return nil
		case time.Now().After(deadline):
			return provider.WithClass(provider.ErrUnavailable, errors.New("GitHub accepted the secret, but still shows the time of the previous change"))
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
		if e, err = s.Get(ctx); err != nil {
			return err
		}
	}
}

// seal returns a value that only GitHub can read.
func (k publicKey) seal(value provider.Secret) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(k.Key)
	if err != nil || len(raw) != 32 {
		return "", errors.New("GitHub sent an invalid public key")
	}
	sealed, err := box.SealAnonymous(nil, []byte(value.Reveal()), (*[32]byte)(raw), rand.Reader)
	return base64.StdEncoding.EncodeToString(sealed), err
}
