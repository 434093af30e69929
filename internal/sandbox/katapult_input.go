package sandbox

import (
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// katapultInput is the arguments of a request: its JSON body with the bracketed
// query names laid over it, whatever the method.
type katapultInput map[string]any

var bracketed = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\w+)\[(\w+)\]$`) })

// katapultArgs reads them; the text says what is wrong with the body. A body of another type is not looked at.
func katapultArgs(c *call) (katapultInput, string) {
	in := katapultInput{}
	kind, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if len(c.body) > 0 && strings.HasSuffix(kind, "json") {
		if err := json.Unmarshal(c.body, &in); err != nil {
			return katapultInput{}, err.Error()
		}
	}
	for name, values := range c.URL.Query() {
		m := bracketed().FindStringSubmatch(name)
		if m == nil {
			continue
		}
		group, _ := in[m[1]].(map[string]any)
		if group = maps.Clone(group); group == nil {
			group = map[string]any{}
		}
		group[m[2]] = values[0]
		in[m[1]] = group
	}
	return in, ""
}

func (in katapultInput) group(name string) map[string]any {
	g, _ := in[name].(map[string]any)
	return g
}

func (in katapultInput) text(group, name string) string {
	s, _ := in.group(group)[name].(string)
	return s
}

// organization demands exactly one of the two lookups.
func (v *katapult) organization(in katapultInput) (answer, bool) {
	lookup := in.group("organization")
	id, sub := in.text("organization", "id"), in.text("organization", "sub_domain")
	switch {
	case id != "" && sub != "":
		return katapultArgument("organization", "ambiguous_lookup_values"), true
	case lookup != nil && id == "" && sub == "":
		return katapultArgument("organization", "missing_lookup_value"), true
	case id != katapultOrg && sub != katapultSubDomain:
		return katapultError(http.StatusNotFound, "organization_not_found", "No organization was found matching any of the criteria provided in the arguments", nil), true
	}
	return answer{}, false
}

func (v *katapult) cluster(in katapultInput) (answer, bool) {
	if in.text("object_storage_cluster", "region") == katapultRegion {
		return answer{}, false
	}
	return katapultError(http.StatusNotFound, "object_storage_cluster_not_found", "No object storage cluster was found matching any of the criteria provided in the arguments", nil), true
}

// properties sets a key's name and permissions; a permission that is left out keeps its value.
func (in katapultInput) properties(k *katapultKey) (answer, bool) {
	p := in.group("properties")
	if p == nil {
		return katapultMissing("properties"), true
	}
	name, ok := p["name"]
	if !ok {
		return katapultMissing("properties", "name"), true
	}
	text, ok := name.(string)
	if !ok {
		return katapultArgument("name", "invalid_scalar"), true
	}
	if strings.TrimSpace(text) == "" {
		return katapultInvalid("Name can't be blank"), true
	}
	k.name = text
	for flag, to := range map[string]*bool{"all_buckets_read": &k.bucketsRead, "all_objects_read": &k.objRead, "all_objects_write": &k.objWrite} {
		if given, there := p[flag]; there && given != nil {
			on, isBool := given.(bool)
			if !isBool {
				return katapultArgument(flag, "invalid_scalar"), true
			}
			*to = on
		}
	}
	return answer{}, false
}

func katapultMissing(path ...string) answer {
	return katapultError(http.StatusBadRequest, "missing_required_argument",
		"The '"+strings.Join(path, ".")+"' argument is required but has not been provided",
		map[string]any{"path": path, "argument": map[string]any{"name": path[len(path)-1], "description": nil}})
}

func katapultArgument(name, issue string) answer {
	return katapultError(http.StatusBadRequest, "invalid_argument", "The '"+name+"' argument is invalid",
		map[string]any{"path": []string{name}, "index": nil, "issue": issue, "issue_description": nil, "errors": []string{}, "argument": map[string]any{"id": nil, "name": name, "description": nil}})
}

func katapultInvalid(message string) answer {
	return katapultError(http.StatusUnprocessableEntity, "validation_error",
		"A validation error occurred with the object that was being created/updated/deleted", map[string]any{"errors": []string{message}})
}

func (v *katapult) bucket(in katapultInput) (*katapultBucket, answer) {
	if a, bad := v.cluster(in); bad {
		return nil, a
	}
	i := slices.IndexFunc(v.buckets, func(b *katapultBucket) bool { return b.name == in.text("bucket", "name") })
	if i < 0 {
		return nil, katapultError(http.StatusNotFound, "object_storage_bucket_not_found", "No object storage bucket was found matching any of the criteria provided in the arguments", nil)
	}
	return v.buckets[i], answer{}
}

func (b *katapultBucket) record(state string) answer {
	acl := maps.Clone(b.flags)
	acl["read_key_ids"], acl["write_key_ids"] = orEmpty(b.read), orEmpty(b.write)
	return answer{status: http.StatusOK, body: map[string]any{"object_storage_bucket": map[string]any{
		"name": b.name, "label": nil, "created_at": b.created.Unix(), "state": state, "custom_domains": []any{}, "object_count": 0, "size": 0,
		"serve_static_site": false, "static_site_index": nil, "static_site_error": nil, "cors_origins": []any{},
		"public_url":          "https://" + b.name + "." + katapultRegion + ".katapultobjects.com/",
		"access_control_list": acl,
	}}}
}

func orEmpty(ids []string) []string {
	if ids == nil {
		return []string{}
	}
	return ids
}

func (v *katapult) getBucket(_ *call, in katapultInput) answer {
	b, a := v.bucket(in)
	if b == nil {
		return a
	}
	return b.record("configured")
}

// patchBucket replaces the lists that are given, and keeps those that are not.
func (v *katapult) patchBucket(_ *call, in katapultInput) answer {
	b, a := v.bucket(in)
	if b == nil {
		return a
	}
	acl, _ := in.group("properties")["access_control_list"].(map[string]any)
	lists := map[string][]string{}
	for _, name := range []string{"read_key_ids", "write_key_ids"} {
		given, ok := acl[name].([]any)
		if !ok {
			continue
		}
		ids := []string{}
		for _, entry := range given {
			id, _ := entry.(string)
			if v.byID[id] == nil {
				return katapultError(http.StatusNotFound, "object_storage_access_key_not_found", katapultNoKey, nil)
			}
			ids = append(ids, id)
		}
		lists[name] = ids
	}
	if ids, ok := lists["read_key_ids"]; ok {
		b.read = ids
	}
	if ids, ok := lists["write_key_ids"]; ok {
		b.write = ids
	}
	for flag := range b.flags {
		if on, ok := acl[flag].(bool); ok {
			b.flags[flag] = on
		}
	}
	a = b.record("pending")
	a.committed = true
	return a
}
