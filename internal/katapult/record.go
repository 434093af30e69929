package katapult

import (
	"cmp"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// A record is an access key as Katapult has it.
type record struct {
	ID      string
	Name    string
	Created int64 // Unix seconds
	Region  string
	State   string // pending or configured

	properties

	// The buckets whose access lists name the key. They are empty where it may
	// read, or write, the objects of all buckets.
	ReadBuckets  []string
	WriteBuckets []string

	// The credentials are null until they are generated; the secret is there in the answer to that alone.
	Server string // host:port
	Key    string
	Secret provider.Secret
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (r *record) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	var raw rest.Record
	if err := raw.UnmarshalJSONFrom(dec); err != nil {
		return err
	}
	return raw.Members(func(m rest.Member) error {
		switch m.Name {
		case "id":
			return m.Text(&r.ID)
		case "name":
			return m.Text(&r.Name)
		case "created_at":
			return m.Int(&r.Created)
		case "region":
			return m.Text(&r.Region)
		case "state":
			return m.Text(&r.State)
		case "all_buckets_read":
			return m.Bool(&r.BucketsRead)
		case "all_objects_read":
			return m.Bool(&r.ObjectsRead)
		case "all_objects_write":
			return m.Bool(&r.ObjectsWrite)
		case "read_buckets":
			return m.Texts(&r.ReadBuckets)
		case "write_buckets":
			return m.Texts(&r.WriteBuckets)
		case "server_url":
			return m.Text(&r.Server)
		case "s3_access_key_id":
			return m.Text(&r.Key)
		case "s3_secret_access_key":
			return m.Secret(&r.Secret)
		}
		return nil
	})
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

func (r record) credential() provider.Credential { return r.at(provider.Endpoint(r.Server)) }

// at is credential with the endpoint of its server.
func (r record) at(endpoint string) provider.Credential {
	c := provider.Credential{
		Provider: vendor, Kind: kind,
		ID: r.ID, Name: r.Name, Key: r.Key, Status: r.State,
		Scopes:   r.rights().scopes(),
		Endpoint: endpoint, Region: r.Region,
		Secret: r.Secret, Details: &r,
	}
	if r.Created != 0 {
		c.Created = time.Unix(r.Created, 0).UTC()
	}
	return c
}

// take puts the credentials that generating gave for the same key into r. What
// else that answer says of the key may be older than r.
func (r record) take(given record) record {
	r.State = cmp.Or(given.State, r.State)
	r.Server, r.Key, r.Secret = given.Server, given.Key, given.Secret
	return r
}

// AppendJSON appends r as Katapult has it, its secret redacted.
func (r *record) AppendJSON(b []byte) ([]byte, error) {
	b = appendText(append(b, `{"id":`...), r.ID)
	b = appendText(append(b, `,"name":`...), r.Name)
	if r.Created != 0 {
		b = strconv.AppendInt(append(b, `,"created_at":`...), r.Created, 10)
	}
	b = appendText(append(b, `,"region":`...), r.Region)
	b = appendText(append(b, `,"state":`...), r.State)
	b = strconv.AppendBool(append(b, `,"all_buckets_read":`...), r.BucketsRead)
	b = strconv.AppendBool(append(b, `,"all_objects_read":`...), r.ObjectsRead)
	b = strconv.AppendBool(append(b, `,"all_objects_write":`...), r.ObjectsWrite)
	b = appendTexts(append(b, `,"read_buckets":`...), r.ReadBuckets)
	b = appendTexts(append(b, `,"write_buckets":`...), r.WriteBuckets)
	if r.Server != "" {
		b = appendText(append(b, `,"server_url":`...), r.Server)
	}
	if r.Key != "" {
		b = appendText(append(b, `,"s3_access_key_id":`...), r.Key)
	}
	if !r.Secret.IsZero() {
		b = appendText(append(b, `,"s3_secret_access_key":`...), r.Secret.String())
	}
	return append(b, '}'), nil
}

// MarshalJSON implements json.Marshaler.
func (r *record) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil) }

func appendText(b []byte, text string) []byte {
	b, _ = jsontext.AppendQuote(b, text) // the error is that of invalid UTF-8, which is replaced
	return b
}

func appendTexts(b []byte, texts []string) []byte {
	b = append(b, '[')
	for i, text := range texts {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, text)
	}
	return append(b, ']')
}
