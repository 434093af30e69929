package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// katapultRecord is the key as every answer shows it.
type katapultRecord struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Created     int64    `json:"created_at"`
	Region      string   `json:"region"`
	State       string   `json:"state"`
	BucketsRead bool     `json:"all_buckets_read"`
	ObjRead     bool     `json:"all_objects_read"`
	ObjWrite    bool     `json:"all_objects_write"`
	Read        []string `json:"read_buckets"`
	Write       []string `json:"write_buckets"`
	Server      *string  `json:"server_url"`
	Access      *string  `json:"s3_access_key_id"`
	Secret      *string  `json:"s3_secret_access_key"`
}

func (v *katapult) record(k *katapultKey) katapultRecord {
	r := katapultRecord{
		ID: k.id, Name: k.name, Created: k.created.Unix(), Region: k.region, State: "pending",
		BucketsRead: k.bucketsRead, ObjRead: k.objRead, ObjWrite: k.objWrite,
	}
	r.Read, r.Write = v.grants(k)
	if k.access != "" {
		server, access := v.s.s3.address(), k.access
		if other := v.s.opts.KatapultServerURL; other != "" && !k.settles.IsZero() { // and not example data
			server = other
		}
		r.Server, r.Access = &server, &access
		if !v.s.now().Before(k.settles) {
			r.State = "configured"
		}
	}
	return r
}

// grants are the buckets whose lists name the key; none where it may do everything anyway.
func (v *katapult) grants(k *katapultKey) (read, write []string) {
	read, write = []string{}, []string{}
	for _, b := range v.buckets {
		if !k.objRead && slices.Contains(b.read, k.id) {
			read = append(read, b.name)
		}
		if !k.objWrite && slices.Contains(b.write, k.id) {
			write = append(write, b.name)
		}
	}
	return read, write
}

func one(status int, r katapultRecord) answer {
	return answer{status: status, id: r.ID, body: map[string]any{"object_storage_access_key": r}}
}

// keyed finds the key that the arguments name. Without a lookup the placeholder
// in the path is taken for the ID, so that is a 404 too.
func (v *katapult) keyed(handle func(katapultInput, *katapultKey) answer) func(*call, katapultInput) answer {
	return func(_ *call, in katapultInput) answer {
		k := v.byID[in.text("access_key", "id")]
		if k == nil {
			return katapultError(http.StatusNotFound, "object_storage_access_key_not_found", katapultNoKey, nil)
		}
		return handle(in, k)
	}
}

func (v *katapult) list(c *call, in katapultInput) answer {
	if a, bad := v.organization(in); bad {
		return a
	}
	page, ok1 := positive(c.URL.Query().Get("page"), 1)
	per, ok2 := positive(c.URL.Query().Get("per_page"), 30)
	if !ok1 {
		return katapultArgument("page", "validation_errors")
	}
	if !ok2 || per > 200 {
		return katapultArgument("per_page", "validation_errors")
	}
	total := len(v.keys)
	start := min((page-1)*per, total)
	items := make([]katapultRecord, 0, per)
	for _, k := range v.keys[start:min(start+per, total)] {
		items = append(items, v.record(k))
	}
	pages := (total + per - 1) / per
	pagination := map[string]any{"current_page": page, "total_pages": pages, "total": total, "per_page": per, "large_set": false}
	if v.s.opts.KatapultLargeSet {
		pagination["total_pages"], pagination["total"], pagination["large_set"] = nil, nil, true
	}
	return answer{status: http.StatusOK, body: map[string]any{"pagination": pagination, "object_storage_access_keys": items}}
}

func positive(text string, def int) (int, bool) {
	if text == "" {
		return def, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 1
}

func (v *katapult) get(_ katapultInput, k *katapultKey) answer {
	return one(http.StatusOK, v.record(k))
}

// create makes a key without credentials; those come from generate, once it is provisioned.
func (v *katapult) create(_ *call, in katapultInput) answer {
	if a, bad := v.organization(in); bad {
		return a
	}
	if a, bad := v.cluster(in); bad {
		return a
	}
	k := &katapultKey{region: katapultRegion}
	if a, bad := in.properties(k); bad {
		return a
	}
	if v.s.opts.Quota > 0 && len(v.keys) >= v.s.opts.Quota {
		return katapultInvalid("Access key limit reached for this organization")
	}
	k.id, k.created, k.made = "objkey_"+v.s.random.text(16, alnum), v.s.stamp(), v.s.now()
	v.insert(k)
	a := one(http.StatusCreated, v.record(k))
	a.committed = true
	return a
}

func (v *katapult) insert(k *katapultKey) {
	v.keys = append(v.keys, k)
	v.byID[k.id] = k
	if k.access != "" {
		v.byAccess[k.access] = k
	}
}

// update needs the name even when only a permission changes; the key is pending for a moment.
func (v *katapult) update(in katapultInput, k *katapultKey) answer {
	changed := *k
	if a, bad := in.properties(&changed); bad {
		return a
	}
	changed.settles = v.s.now().Add(v.settleIn)
	*k = changed
	r := v.record(k)
	r.State = "pending"
	a := one(http.StatusOK, r)
	a.committed = true
	return a
}

func (v *katapult) remove(_ katapultInput, k *katapultKey) answer {
	delete(v.byID, k.id)
	delete(v.byAccess, k.access)
	v.keys = slices.DeleteFunc(v.keys, func(other *katapultKey) bool { return other == k })
	v.dead = append(v.dead, k)
	gone := func(id string) bool { return id == k.id }
	for _, b := range v.buckets {
		b.read, b.write = slices.DeleteFunc(b.read, gone), slices.DeleteFunc(b.write, gone)
	}
	return answer{status: http.StatusOK, committed: true, body: map[string]any{"success": true}}
}

// generate replaces the pair of a key: the one before stops working in the same moment.
func (v *katapult) generate(_ katapultInput, k *katapultKey) answer {
	now := v.s.now()
	if now.Sub(k.made) < v.provisionIn {
		return katapultError(http.StatusUnprocessableEntity, "object_storage_provisioning_error", katapultProvisioning, nil)
	}
	delete(v.byAccess, k.access)
	k.access, k.secret = v.s.random.text(32, lowerHex), v.s.random.text(32, alnum)
	k.paired, k.settles = now, now.Add(v.settleIn)
	v.byAccess[k.access] = k
	r := v.record(k)
	r.State, r.Secret = "pending", &k.secret
	a := one(http.StatusOK, r)
	a.committed, a.secret = true, k.secret
	return a
}

func (v *katapult) organizations(*call, katapultInput) answer {
	return answer{status: http.StatusOK, body: map[string]any{"organizations": []any{map[string]any{
		"id": katapultOrg, "name": "Acme", "sub_domain": katapultSubDomain, "infrastructure_domain": katapultSubDomain + ".katapult.cloud",
		"created_at": katapultFounded.Unix(), "activated_at": katapultFounded.Unix(), "suspended": false, "managed": false,
	}}}}
}

func (v *katapult) account(_ *call, in katapultInput) answer {
	if a, bad := v.organization(in); bad {
		return a
	}
	if a, bad := v.cluster(in); bad {
		return a
	}
	return answer{status: http.StatusOK, body: map[string]any{"object_storage_account": map[string]any{
		"region": katapultRegion, "created_at": katapultFounded.Unix(), "provisioning_state": "provisioned", "size": 0, "bucket_count": len(v.buckets),
		"data_center": map[string]any{
			"id": "loc_sandboxLondon001", "name": "London", "permalink": strings.Replace(katapultRegion, "-1", "-01", 1),
			"country": map[string]any{"id": "ctry_sandboxGB00001", "name": "United Kingdom", "iso_code2": "GB", "iso_code3": "GBR", "time_zone": "Europe/London", "eu": false},
		},
	}}}
}
