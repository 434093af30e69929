package stratum

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// A key is an API key, as listings and issuing routes show it. Only the ID is in
// every answer.
type key struct {
	ID       string
	Tenant   string // empty: an operator's key, which sees all
	Name     string
	Created  time.Time
	LastUsed time.Time
	Revoked  time.Time
	Expires  time.Time
	Secret   provider.Secret // of an issuing route

	record rest.Record
}

// UnmarshalJSONFrom reads k, for which the server and its OpenAPI document have
// different names. The server's count.
func (k *key) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if err := k.record.UnmarshalJSONFrom(dec); err != nil {
		return err
	}
	var document provider.Secret
	err := k.record.Members(func(m rest.Member) error {
		switch m.Name {
		case "id":
			return m.Text(&k.ID)
		case "tenant_id":
			return m.Text(&k.Tenant)
		case "name":
			return m.Text(&k.Name)
		case "created_at":
			return m.Time(&k.Created)
		case "last_used_at":
			return m.Time(&k.LastUsed)
		case "revoked_at":
			return m.Time(&k.Revoked)
		case "expires_at":
			return m.Time(&k.Expires)
		case "plaintext_key":
			return m.Secret(&k.Secret)
		case "key":
			return m.Secret(&document)
		}
		return nil
	})
	if k.Secret.IsZero() {
		k.Secret = document
	}
	return err
}

// A shown is what may be shown of a key.
type shown struct{ rest.Record }

// AppendJSON appends s, under the server's names.
func (s shown) AppendJSON(b []byte) ([]byte, error) {
	b = append(b, '{')
	var prefix rest.Member
	err := s.Members(func(m rest.Member) error {
		switch m.Name {
		case "id", "tenant_id", "name", "created_at", "last_used_at", "revoked_at", "expires_at",
			"rate_limit_max", "rate_limit_window": // the limits are in the OpenAPI document alone
			if !m.Null() {
				b = m.Append(b)
			}
		case "key_prefix", "prefix": // sk_test_ or sk_live_, no part of the secret
			if !m.Null() && (m.Name == "key_prefix" || prefix.Name == "") {
				prefix = m.Named("key_prefix")
			}
		}
		return nil
	})
	return append(prefix.Append(b), '}'), err
}

// MarshalJSON implements json.Marshaler.
func (s shown) MarshalJSON() ([]byte, error) { return s.AppendJSON(nil) }

// credential converts k. The status is that at the given time; a listing that
// leaves out what it follows from has none.
func (k key) credential(now time.Time, complete bool) provider.Credential {
	return k.with([]string{k.scope()}, now, complete)
}

// with is credential with its scopes, which the keys of a tenant share.
func (k key) with(scopes []string, now time.Time, complete bool) provider.Credential {
	c := provider.Credential{
		Provider: vendor, Kind: kind, ID: k.ID, Name: k.Name, Scopes: scopes,
		Created: k.Created, LastUsed: k.LastUsed, Expires: k.Expires, Secret: k.Secret, Details: shown{k.record},
	}
	if complete {
		c.Status = k.status(now)
		c.Revoked, c.Expired = c.Status == revoked, c.Status == expired
	}
	return c
}

// The values of --status.
const (
	active  = "active"
	revoked = "revoked"
	expired = "expired"
)

func (k key) status(now time.Time) string {
	switch {
	case !k.Revoked.IsZero():
		return revoked
	case !k.Expires.IsZero() && !k.Expires.After(now):
		return expired
	}
	return active
}

// scope is all that the API tells of what a key may do: where.
func (k key) scope() string {
	if k.Tenant == "" {
		return "all-tenants"
	}
	return ofTenant + k.Tenant
}

const ofTenant = "tenant:"

// tenantOf returns the tenant of c, or "" for an operator's key.
func tenantOf(c provider.Credential) string {
	for _, s := range c.Scopes {
		if id, ok := strings.CutPrefix(s, ofTenant); ok {
			return id
		}
	}
	return ""
}

// An issued key is the answer to a create or a rotation, which is kept as it came.
type issued struct {
	key
	raw jsontext.Value
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (i *issued) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	i.raw = raw.Clone()
	return rest.Read(i.raw, &i.key)
}
