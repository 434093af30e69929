package katapult

import (
	"cmp"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/vendorjson"
	"github.com/credctl/credctl/internal/verify"
)

// A record is an access key as Katapult has it.
type record struct {
	ID      string            `json:"id"`
	Name    string            `json:"name"`
	Created vendorjson.Number `json:"created_at,omitzero"` // Unix seconds
	Region  string            `json:"region"`
	State   vendorjson.Text   `json:"state"` // pending or configured

	properties

	// The buckets whose access lists name the key. They are empty where it may
	// read, or write, the objects of all buckets.
	ReadBuckets  []string `json:"read_buckets"`
	WriteBuckets []string `json:"write_buckets"`

	// The credentials are null until they are generated; the secret is there in the answer to that alone.
	Server string          `json:"server_url,omitzero"` // host:port
	Key    string          `json:"s3_access_key_id,omitzero"`
	Secret provider.Secret `json:"s3_secret_access_key,omitzero"`
}

// properties is what a caller may choose. They are always sent together: whether
// an update keeps what is left out is not documented.
type properties struct {
	BucketsRead  bool `json:"all_buckets_read"`
	ObjectsRead  bool `json:"all_objects_read"`
	ObjectsWrite bool `json:"all_objects_write"`
}

// single is the body of each answer about one key.
type single struct {
	Key record `json:"object_storage_access_key"`
}

func (r record) credential() provider.Credential {
	return r.credentialAt(verify.AllowedEndpoint(r.Server))
}

// credentialAt is credential for the endpoint of r's server, if that is known.
func (r record) credentialAt(endpoint string) provider.Credential {
	for _, buckets := range []*[]string{&r.ReadBuckets, &r.WriteBuckets} {
		if *buckets == nil {
			*buckets = []string{} // nil is null for some encoders
		}
	}
	c := provider.Credential{
		Provider: vendor, Kind: kind,
		ID: r.ID, Name: r.Name, Key: r.Key, Status: string(r.State),
		Scopes:   r.rights().scopes(),
		Endpoint: endpoint, Region: r.Region,
		Secret: r.Secret, Details: &r,
	}
	if r.Created != 0 {
		c.Created = time.Unix(int64(r.Created), 0).UTC()
	}
	return c
}

// withCredentials puts the credentials that generating gave for the same key into r. What
// else that answer says of the key may be older than r.
func (r record) withCredentials(from record) record {
	r.State = cmp.Or(from.State, r.State)
	r.Server, r.Key, r.Secret = from.Server, from.Key, from.Secret
	return r
}
