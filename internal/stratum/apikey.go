package stratum

import (
	"cmp"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
)

// A key is an API key, as listings and issuing routes show it. Only the ID is in
// every answer.
type key struct {
	ID         string    `json:"id"`
	Tenant     string    `json:"tenant_id,omitzero"` // empty: an operator's key, which sees all
	Name       string    `json:"name,omitzero"`
	Prefix     string    `json:"key_prefix,omitzero"` // sk_test_ or sk_live_, no part of the secret
	Created    time.Time `json:"created_at,omitzero"`
	LastUsed   time.Time `json:"last_used_at,omitzero"`
	Revoked    time.Time `json:"revoked_at,omitzero"`
	Expires    time.Time `json:"expires_at,omitzero"`
	RateMax    *int      `json:"rate_limit_max,omitzero"`    // by the OpenAPI document alone
	RateWindow string    `json:"rate_limit_window,omitzero"` // by the OpenAPI document alone

	Secret provider.Secret `json:"plaintext_key,omitzero"` // of an issuing route
}

// A received key has two names for what the server and its OpenAPI document name differently.
type received struct {
	key
	DocumentPrefix string          `json:"prefix"`
	DocumentSecret provider.Secret `json:"key"`
}

// known returns r under the server's names.
func (r received) known() key {
	r.Prefix = cmp.Or(r.Prefix, r.DocumentPrefix)
	if r.Secret.IsZero() {
		r.Secret = r.DocumentSecret
	}
	return r.key
}

// credential converts k. The status is that at the given time; a listing that
// leaves out what it follows from has none.
func (k key) credential(now time.Time, complete bool) provider.Credential {
	c := provider.Credential{
		Provider: vendor, Kind: kind, ID: k.ID, Name: k.Name, Scopes: []string{k.scope()},
		Created: k.Created, LastUsed: k.LastUsed, Expires: k.Expires, Secret: k.Secret, Details: &k,
	}
	if complete {
		c.Status = k.status(now)
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
	var r received
	err = read(i.raw, &r)
	i.key = r.known()
	return err
}
