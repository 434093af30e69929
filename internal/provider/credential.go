package provider

import (
	"bytes"
	"encoding/json"
	"time"
	"unicode/utf8"
)

// A Credential is one key, token or password that a vendor issued, or keeps.
// What a vendor does not report stays zero: unknown is a state of its own.
type Credential struct {
	Provider string `json:"provider"`         // the vendor, such as katapult
	Profile  string `json:"profile,omitzero"` // with which it was listed, where several are
	Kind     string `json:"kind"`             // the sort of credential, such as access-key
	ID       string `json:"id"`
	Name     string `json:"name,omitzero"`

	// Key is the half that is not secret: an S3 access key ID, a public key.
	Key string `json:"key,omitzero"`

	// Status is in the vendor's words: active, revoked, expired, pending,
	// configured, enabled or disabled.
	Status string `json:"status,omitzero"`

	// Revoked and Expired are what Status means, where the vendor says that: it does
	// not work any more. A revoked credential cannot come back.
	Revoked bool `json:"-"`
	Expired bool `json:"-"`

	// Scopes is what it may do, in the vendor's words. Two credentials of a
	// kind have the same rights when their Scopes are the same set.
	Scopes []string `json:"scopes,omitempty"`

	Created  time.Time `json:"created,omitzero"`
	Updated  time.Time `json:"updated,omitzero"`
	Expires  time.Time `json:"expires,omitzero"`
	LastUsed time.Time `json:"last_used,omitzero"`

	// Endpoint is where an S3 credential is used, with a scheme; Region is its region.
	Endpoint string `json:"endpoint,omitzero"`
	Region   string `json:"region,omitzero"`

	// Secret is set by create, rotate and generate alone. Most vendors never return it again.
	Secret Secret `json:"secret,omitzero"`

	// Details is the vendor's own record. Its secret fields are of type Secret,
	// so that it is as safe to print as the rest.
	Details any `json:"details,omitzero"`
}

// Live reports whether c may still work, as far as the vendor says.
func (c Credential) Live() bool { return !c.Revoked && !c.Expired }

// Fields returns the names that a credential has in JSON.
func Fields() []string {
	return []string{
		"provider", "profile", "kind", "id", "name", "key", "status", "scopes", "created", "updated", "expires", "last_used",
		"endpoint", "region", "secret", "details",
	}
}

// RevealJSON returns c as a line of JSON with its secret, for a program or a file
// that is to have it, and times in UTC. A secret within Details stays redacted.
// That JSON cannot hold the secret is [ErrUsage].
func (c Credential) RevealJSON() ([]byte, error) {
	if !utf8.ValidString(c.Secret.Reveal()) {
		return nil, Usage("JSON cannot represent this secret: it is not UTF-8")
	}
	c.Created, c.Updated, c.Expires, c.LastUsed = c.Created.UTC(), c.Updated.UTC(), c.Expires.UTC(), c.LastUsed.UTC()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(struct { //nolint:gosec // G117: the secret is what this is for
		Credential

		Secret string `json:"secret,omitzero"` // in place of the one that would be redacted
	}{c, c.Secret.Reveal()})
	return b.Bytes(), err
}
