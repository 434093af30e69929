package stratum

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// A key is an API key, as listings and issuing routes show it. Only the ID is in
// every answer.
type key struct {
	ID       string  `json:"id"`
	Tenant   string  `json:"tenant_id,omitzero"` // empty: an operator's key, which sees all
	Name     *string `json:"name,omitzero"`
	Created  stamp   `json:"created_at,omitzero"`
	LastUsed stamp   `json:"last_used_at,omitzero"`
	Revoked  stamp   `json:"revoked_at,omitzero"`
	Expires  stamp   `json:"expires_at,omitzero"`

	// For display alone. The limits are in the OpenAPI document only; the prefix is
	// sk_test_ or sk_live_, no part of the secret.
	RateMax    any `json:"rate_limit_max,omitzero"`
	RateWindow any `json:"rate_limit_window,omitzero"`
	Prefix     any `json:"key_prefix,omitzero"`
}

// An answer is a key as it is received. The server and its OpenAPI document have
// different names for two members; those of the server count.
type answer struct {
	key
	Secret         provider.Secret `json:"plaintext_key"` // of an issuing route
	DocumentSecret provider.Secret `json:"key"`
	DocumentPrefix any             `json:"prefix"`
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (a *answer) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	type bare answer
	err := json.UnmarshalDecode(dec, (*bare)(a))
	if a.Secret.IsZero() {
		a.Secret = a.DocumentSecret
	}
	if a.Prefix == nil {
		a.Prefix = a.DocumentPrefix
	}
	return err
}

// A stamp is a time, which is shown as the server wrote it.
type stamp struct {
	at   time.Time
	text string
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *stamp) UnmarshalText(b []byte) (err error) {
	s.text = string(b)
	s.at, err = time.Parse(time.RFC3339, s.text)
	return err
}

// AppendText implements encoding.TextAppender.
func (s stamp) AppendText(b []byte) ([]byte, error) { return append(b, s.text...), nil }

// MarshalText implements encoding.TextMarshaler.
func (s stamp) MarshalText() ([]byte, error) { return s.AppendText(nil) }

// credential converts k. The status is that at the given time; a listing that
// leaves out what it follows from has none.
func (k key) credential(now time.Time, complete bool) provider.Credential {
	c := provider.Credential{
		Provider: vendor, Kind: kind, ID: k.ID, Name: k.name(), Scopes: []string{k.scope()},
		Created: k.Created.at, LastUsed: k.LastUsed.at, Expires: k.Expires.at, Details: &k,
	}
	if complete {
		c.Status = k.status(now)
		c.Revoked, c.Expired = c.Status == revoked, c.Status == expired
	}
	return c
}

func (k key) name() string {
	if k.Name == nil {
		return ""
	}
	return *k.Name
}

// The values of --status.
const (
	active  = "active"
	revoked = "revoked"
	expired = "expired"
)

func (k key) status(now time.Time) string {
	switch {
	case !k.Revoked.at.IsZero():
		return revoked
	case !k.Expires.at.IsZero() && !k.Expires.at.After(now):
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
	answer
	raw jsontext.Value
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (i *issued) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	i.raw = raw.Clone()
	return vendorjson.Read(i.raw, &i.answer)
}
