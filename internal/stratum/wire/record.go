// Package wire reads what a Stratum server writes.
package wire

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// The names of the vendor and of its kinds of records.
const (
	Vendor   = "stratum"
	Kind     = "api-key"
	RoleKind = "role"
)

// A Key is an API key, as listings and issuing routes show it. Only the ID is in
// every Answer.
type Key struct {
	ID       string  `json:"id"`
	Tenant   string  `json:"tenant_id,omitzero"` // empty: an operator's key, which sees all
	Name     *string `json:"name,omitzero"`
	Created  Stamp   `json:"created_at,omitzero"`
	LastUsed Stamp   `json:"last_used_at,omitzero"`
	Revoked  Stamp   `json:"revoked_at,omitzero"`
	Expires  Stamp   `json:"expires_at,omitzero"`

	// For display alone. The limits are in the OpenAPI document only; the prefix is
	// sk_test_ or sk_live_, no part of the secret.
	RateMax    any `json:"rate_limit_max,omitzero"`
	RateWindow any `json:"rate_limit_window,omitzero"`
	Prefix     any `json:"key_prefix,omitzero"`

	Role string `json:"role,omitzero"` // its name, where that is known
}

// An Answer is a key as it is received. The server and its OpenAPI document have
// different names for two members; those of the server count.
type Answer struct {
	Key
	Secret         provider.Secret `json:"plaintext_key"` // of an issuing route
	DocumentSecret provider.Secret `json:"key"`
	DocumentPrefix any             `json:"prefix"`
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (a *Answer) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	type bare Answer
	err := json.UnmarshalDecode(dec, (*bare)(a))
	if a.Secret.IsZero() {
		a.Secret = a.DocumentSecret
	}
	if a.Prefix == nil {
		a.Prefix = a.DocumentPrefix
	}
	return err
}

// A Stamp is a time, which is shown as the server wrote it.
type Stamp struct {
	At   time.Time
	text string
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Stamp) UnmarshalText(b []byte) (err error) {
	s.text = string(b)
	s.At, err = time.Parse(time.RFC3339, s.text)
	return err
}

// AppendText implements encoding.TextAppender.
func (s Stamp) AppendText(b []byte) ([]byte, error) { return append(b, s.text...), nil }

// MarshalText implements encoding.TextMarshaler.
func (s Stamp) MarshalText() ([]byte, error) { return s.AppendText(nil) }

// Credential converts k. The status is that at the given time; a listing that
// leaves out what it follows from has none.
func (k Key) Credential(now time.Time, complete bool) provider.Credential {
	c := provider.Credential{
		Provider: Vendor, Kind: Kind, ID: k.ID, Name: k.Title(), Scopes: []string{k.Scope()},
		Created: k.Created.At, LastUsed: k.LastUsed.At, Expires: k.Expires.At, Details: &k,
	}
	if complete {
		c.Status = k.Status(now)
		c.Revoked, c.Expired = c.Status == Revoked, c.Status == Expired
	}
	return c
}

// Title is the name of the key; it may have none.
func (k Key) Title() string {
	if k.Name == nil {
		return ""
	}
	return *k.Name
}

// The values of --status.
const (
	Active  = "active"
	Revoked = "revoked"
	Expired = "expired"
)

// Status is what the key is at a moment: active, revoked or expired.
func (k Key) Status(now time.Time) string {
	switch {
	case !k.Revoked.At.IsZero():
		return Revoked
	case !k.Expires.At.IsZero() && !k.Expires.At.After(now):
		return Expired
	}
	return Active
}

// Scope is all that the API tells of what a key may do: where.
func (k Key) Scope() string {
	if k.Tenant == "" {
		return "all-tenants"
	}
	return ofTenant + k.Tenant
}

// TooBroad says what the key may do beyond one purpose, for an audit.
func (k *Key) TooBroad() string {
	if k.Tenant == "" {
		return "works in all tenants"
	}
	return ""
}

const ofTenant = "tenant:"

// TenantOf returns the tenant of c, or "" for an operator's key.
func TenantOf(c provider.Credential) string {
	for _, s := range c.Scopes {
		if id, ok := strings.CutPrefix(s, ofTenant); ok {
			return id
		}
	}
	return ""
}

// CheckPlace refuses a key of another tenant than this one; "" is all of them. A key of no
// tenant is an operator's, for whom there is no other place.
func CheckPlace(c provider.Credential, tenant string) error {
	of := TenantOf(c)
	if tenant == "" || of == "" || strings.EqualFold(of, tenant) {
		return nil
	}
	return provider.Hint(provider.WithClass(provider.ErrNotFound, fmt.Errorf("%s is in tenant %s, not in tenant %s", c.ID, of, tenant)), "pass --tenant %s", of)
}

// An Issued key is the Answer to a create or a rotation, which is kept as it came.
type Issued struct {
	Answer
	Raw jsontext.Value
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (i *Issued) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	i.Raw = raw.Clone()
	return vendorjson.Read(i.Raw, &i.Answer)
}
