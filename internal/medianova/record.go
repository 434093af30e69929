package medianova

import (
	"cmp"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// A record is a credential as the vendor has it. What differs from one answer to
// the other is nil or empty where it is missing.
type record struct {
	UUID      string       `json:"uuid"`
	Name      text         `json:"name,omitzero"`
	ReadOnly  *flag        `json:"is_readonly,omitzero"`
	AccessKey text         `json:"access_key,omitzero"`
	Subfolder *text        `json:"subfolder,omitzero"`
	Buckets   list[bucket] `json:"buckets,omitzero"`
	Others    rest.Others  `json:",embed"` // what the documents do not name, its secrets redacted
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (r *record) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	type bare record
	err := json.UnmarshalDecode(dec, (*bare)(r))
	r.Others.Redact(secretive)
	if masked(string(r.AccessKey)) {
		r.AccessKey = ""
	}
	return err
}

// MarshalJSON implements json.Marshaler.
func (r record) MarshalJSON() ([]byte, error) {
	type bare record
	return rest.Write(bare(r))
}

// A bucket is an object, or in the answer to an update only its UUID.
type bucket struct {
	UUID         string      `json:"uuid"`
	Organization text        `json:"organization_uuid,omitzero"`
	Name         text        `json:"name,omitzero"`
	Region       text        `json:"region,omitzero"`
	Size         text        `json:"size,omitzero"` // for people, such as "0B"
	Tags         list[tag]   `json:"tags,omitzero"`
	Others       rest.Others `json:",embed"`
}

type tag struct {
	Key   text `json:"key"`
	Label text `json:"label"`
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (b *bucket) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() == '"' {
		return json.UnmarshalDecode(dec, &b.UUID)
	}
	type bare bucket
	err := json.UnmarshalDecode(dec, (*bare)(b))
	b.Others.Redact(secretive)
	return err
}

func (r record) id() string { return r.UUID }
func (b bucket) id() string { return b.UUID }

// credential converts r. The rights are named in the same words by whatever
// answer r came from, once [record.complete] says that it is whole.
func (s *service) credential(r record) provider.Credential {
	return provider.Credential{
		Provider: vendor, Kind: kind, ID: r.UUID, Name: string(r.Name), Key: string(r.AccessKey),
		Scopes: r.scopes(), Endpoint: s.endpoint, Region: r.region(), Details: &r,
	}
}

func (r record) scopes() (scopes []string) {
	switch {
	case r.ReadOnly == nil:
	case bool(*r.ReadOnly):
		scopes = append(scopes, "read-only")
	default:
		scopes = append(scopes, "read-write")
	}
	names := make([]string, 0, len(r.Buckets))
	for _, b := range r.Buckets {
		names = append(names, "bucket:"+cmp.Or(string(b.Name), b.UUID))
	}
	slices.Sort(names)
	scopes = append(scopes, names...)
	if r.folder() != "" {
		scopes = append(scopes, "path:"+r.folder())
	}
	return scopes
}

// folder is what r is restricted to, or "".
func (r record) folder() string {
	if r.Subfolder == nil {
		return ""
	}
	return string(*r.Subfolder)
}

// region is the region of the buckets, if they have one in common.
func (r record) region() string {
	var common text
	for i, b := range r.Buckets {
		if i > 0 && b.Region != common {
			return ""
		}
		common = b.Region
	}
	return string(common)
}

// complete reports whether r says as much as the answer to a GET does.
func (r record) complete() bool {
	named := !slices.ContainsFunc(r.Buckets, func(b bucket) bool { return b.UUID == "" || b.Name == "" })
	return r.AccessKey != "" && r.Name != "" && r.ReadOnly != nil && len(r.Buckets) > 0 && named
}

// merge returns fresh, and what only known says.
func merge(known, fresh record) record {
	fresh.UUID = cmp.Or(known.UUID, fresh.UUID)
	fresh.Name = cmp.Or(fresh.Name, known.Name)
	fresh.AccessKey = cmp.Or(fresh.AccessKey, known.AccessKey)
	fresh.ReadOnly = cmp.Or(fresh.ReadOnly, known.ReadOnly)
	fresh.Subfolder = cmp.Or(fresh.Subfolder, known.Subfolder)
	if len(fresh.Buckets) == 0 {
		fresh.Buckets = known.Buckets
	}
	for i, b := range fresh.Buckets {
		j := slices.IndexFunc(known.Buckets, func(k bucket) bool { return k.UUID == b.UUID })
		if b.Name == "" && j >= 0 {
			fresh.Buckets[i] = known.Buckets[j]
		}
	}
	others := maps.Clone(known.Others)
	if others == nil {
		others = fresh.Others
	} else {
		maps.Copy(others, fresh.Others)
	}
	fresh.Others = others
	return fresh
}
