// Package wire reads what Medianova answers about credentials, in every form that
// its documents and the siblings of its API have.
package wire

import (
	"cmp"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// A Record is a credential as the vendor has it. What differs from one answer to
// the other is nil or empty where it is missing.
type Record struct {
	UUID      string            `json:"uuid"`
	Name      Text              `json:"name,omitzero"`
	ReadOnly  *Flag             `json:"is_readonly,omitzero"`
	AccessKey Text              `json:"access_key,omitzero"`
	Subfolder *Text             `json:"subfolder,omitzero"`
	Buckets   List[Bucket]      `json:"buckets,omitzero"`
	Others    vendorjson.Others `json:",embed"` // what the documents do not name, its secrets redacted
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (r *Record) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	type bare Record
	err := json.UnmarshalDecode(dec, (*bare)(r))
	r.Others.Redact(secretive)
	if Masked(string(r.AccessKey)) {
		r.AccessKey = ""
	}
	return err
}

// MarshalJSON implements json.Marshaler.
func (r Record) MarshalJSON() ([]byte, error) {
	type bare Record
	return vendorjson.Write(bare(r))
}

// A Bucket is an object, or in the answer to an update only its UUID.
type Bucket struct {
	UUID         string            `json:"uuid"`
	Organization Text              `json:"organization_uuid,omitzero"`
	Name         Text              `json:"name,omitzero"`
	Region       Text              `json:"region,omitzero"`
	Size         Text              `json:"size,omitzero"` // for people, such as "0B"
	Tags         jsontext.Value    `json:"tags,omitzero"` // labels, for display
	Others       vendorjson.Others `json:",embed"`
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (b *Bucket) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() == '"' {
		return json.UnmarshalDecode(dec, &b.UUID)
	}
	type bare Bucket
	err := json.UnmarshalDecode(dec, (*bare)(b))
	if b.Tags = vendorjson.Redacted("tags", b.Tags, secretive); b.Tags.Kind() == 'n' {
		b.Tags = nil
	}
	b.Others.Redact(secretive)
	return err
}

// Key is what tells r from others in a listing.
func (r Record) Key() string { return r.UUID }

// Key is what tells b from others in a listing.
func (b Bucket) Key() string { return b.UUID }

// Scopes names the rights of r in the same words, whatever answer it came from.
func (r Record) Scopes() (scopes []string) {
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
	if r.Folder() != "" {
		scopes = append(scopes, "path:"+r.Folder())
	}
	return scopes
}

// Folder is what r is restricted to, or "".
func (r Record) Folder() string {
	if r.Subfolder == nil {
		return ""
	}
	return string(*r.Subfolder)
}

// Region is the region of the buckets, if they have one in common.
func (r Record) Region() string {
	var common Text
	for i, b := range r.Buckets {
		if i > 0 && b.Region != common {
			return ""
		}
		common = b.Region
	}
	return string(common)
}

// Complete reports whether r says as much as the answer to a GET does.
func (r Record) Complete() bool {
	named := !slices.ContainsFunc(r.Buckets, func(b Bucket) bool { return b.UUID == "" || b.Name == "" })
	return r.AccessKey != "" && r.Name != "" && r.ReadOnly != nil && len(r.Buckets) > 0 && named
}

// Merge returns fresh, and what only known says.
func Merge(known, fresh Record) Record {
	fresh.UUID = cmp.Or(known.UUID, fresh.UUID)
	fresh.Name = cmp.Or(fresh.Name, known.Name)
	fresh.AccessKey = cmp.Or(fresh.AccessKey, known.AccessKey)
	fresh.ReadOnly = cmp.Or(fresh.ReadOnly, known.ReadOnly)
	fresh.Subfolder = cmp.Or(fresh.Subfolder, known.Subfolder)
	if len(fresh.Buckets) == 0 {
		fresh.Buckets = known.Buckets
	}
	for i, b := range fresh.Buckets {
		j := slices.IndexFunc(known.Buckets, func(k Bucket) bool { return k.UUID == b.UUID })
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
