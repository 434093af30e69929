package wire

import (
	"cmp"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// An Answer is what an answer about one credential says, wherever in it that stands.
type Answer struct {
	Record
	Secret provider.Secret
}

// The names that the two halves of a key pair may have, as [normal] has them.
// A mere "secret" counts only where there is none of the others.
var (
	accessNames  = []string{"accesskey", "accesskeyid", "awsaccesskeyid", "keyid"}
	secretNames  = []string{"secretkey", "secretaccesskey", "awssecretaccesskey", "accesssecret", "s3secretkey", "secretaccess"}
	secretNames2 = []string{"secret"}
)

// Understand finds the credential in an answer: at the top, in "data", or below.
// An answer without one is the zero record.
func Understand(body jsontext.Value) Answer {
	var a Answer
	within := objects(body)
	for _, o := range within {
		if id := vendorjson.TryRead[string](o.members["uuid"]); id != "" {
			if vendorjson.Read(o.raw, &a.Record) != nil {
				a.Record = Record{}
			}
			a.UUID = id
			break
		}
	}
	if a.AccessKey == "" {
		a.AccessKey = Text(find(within, accessNames))
	}
	a.Secret = provider.NewSecret(cmp.Or(find(within, secretNames), find(within, secretNames2)))
	return a
}

// find returns the first value that is there, and not masked, under one of the names.
func find(within []object, names []string) string {
	for _, o := range within {
		for _, member := range slices.Sorted(maps.Keys(o.members)) {
			if s := vendorjson.TryRead[string](o.members[member]); slices.Contains(names, normal(member)) && !Masked(s) {
				return s
			}
		}
	}
	return ""
}

// An object is a JSON object, whole and in parts.
type object struct {
	raw     jsontext.Value
	members map[string]jsontext.Value
}

// depth is how deep an answer is searched.
const depth = 8

// foreign are the members that describe something other than the credential.
var foreign = []string{"buckets", "organization", "owner", "user"}

// objects returns the objects in v, those nearest to the top first.
func objects(v jsontext.Value) (found []object) {
	level := []jsontext.Value{v}
	for range depth {
		var next []jsontext.Value
		for _, v := range level {
			var items []jsontext.Value
			if vendorjson.Read(v, &items) == nil {
				next = append(next, items...)
				continue
			}
			o := object{raw: v}
			if vendorjson.Read(v, &o.members) != nil {
				continue // a mere value
			}
			found = append(found, o)
			for _, member := range slices.Sorted(maps.Keys(o.members)) {
				if !slices.Contains(foreign, member) {
					next = append(next, o.members[member])
				}
			}
		}
		level = next
	}
	return found
}
