package sandbox

import (
	"net/http"
	"slices"
	"strconv"
)

func (b medianovaBucket) record(whole bool) map[string]any {
	r := map[string]any{"uuid": b.id, "name": b.name, "region": medianovaRegion, "size": "0B"}
	if whole {
		r["organization_uuid"] = medianovaOrg
		r["tags"] = []any{map[string]any{"key": "env", "label": "sandbox"}}
	}
	return r
}

func (k *medianovaCredential) bucketRecords(whole bool) []map[string]any {
	records := make([]map[string]any, 0, len(k.buckets))
	for _, b := range k.buckets {
		records = append(records, b.record(whole))
	}
	return records
}

// rawItem is JSON that is already encoded.
type rawItem []byte

// MarshalJSON gives the bytes as they are.
func (r rawItem) MarshalJSON() ([]byte, error) { return r, nil }

// item is the credential as list and get show it. It is kept, for long listings.
func (k *medianovaCredential) item() rawItem {
	if k.encoded == nil {
		k.encoded = encode(struct {
			ID        string           `json:"uuid"`
			Name      string           `json:"name"`
			Readonly  bool             `json:"is_readonly"`
			Access    string           `json:"access_key"`
			Subfolder *string          `json:"subfolder"`
			Buckets   []map[string]any `json:"buckets"`
		}{k.id, k.name, k.readonly, k.access, k.subfolder, k.bucketRecords(true)})
	}
	return k.encoded
}

// known finds the credential of the path.
func (v *medianova) known(id string, handle func(*call, *medianovaCredential) answer) func(*call) answer {
	return func(c *call) answer {
		k := v.byID[id]
		if k == nil {
			return v.refuse(http.StatusNotFound, "")
		}
		return handle(c, k)
	}
}

func (v *medianova) list(c *call) answer {
	items := make([]rawItem, 0, len(v.issued))
	for _, k := range v.issued {
		items = append(items, k.item())
	}
	return v.listing(c, items)
}

// listing puts items in the envelope that the options choose.
func (v *medianova) listing(c *call, items []rawItem) answer {
	form := v.s.opts.MedianovaList
	if form == "" || form == "plain" {
		return answer{status: http.StatusOK, body: plainListing(items)}
	}
	page, _ := positive(c.URL.Query().Get("page"), 1)
	per, ok := positive(c.URL.Query().Get("limit"), 10)
	if !ok || page < 1 {
		return v.invalid("limit", "The limit must be at least 1.")
	}
	per = min(per, 100)
	total := len(items)
	last := max(1, (total+per-1)/per)
	start := min((page-1)*per, total)
	body := map[string]any{"current_page": page, "data": items[start:min(start+per, total)], "last_page": last, "per_page": per, "total": total, "next_page_url": nil}
	if page < last {
		body["next_page_url"] = "http://" + c.Host + c.URL.Path + "?page=" + strconv.Itoa(page+1)
	}
	switch form {
	case "nested":
		body = map[string]any{"data": body}
	case "paginate":
		data := body["data"]
		delete(body, "data")
		delete(body, "next_page_url")
		body = map[string]any{"data": data, "paginate": body, "operation_id": v.s.trace.uuid()}
	}
	body["status"] = true
	return answer{status: http.StatusOK, body: body}
}

// plainListing is written by hand: there are no pages, and there may be many items.
func plainListing(items []rawItem) []byte {
	size := 64
	for _, item := range items {
		size += len(item) + 1
	}
	b := append(make([]byte, 0, size), `{"status":true,"data":[`...)
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, item...)
	}
	return append(b, "]}"...)
}

func (v *medianova) get(_ *call, k *medianovaCredential) answer {
	return answer{status: http.StatusOK, body: map[string]any{"status": true, "data": k.item()}}
}

// create answers without the access key and without the secret, as documented,
// unless the options put them somewhere.
func (v *medianova) create(c *call) answer {
	k := &medianovaCredential{}
	if a, bad := v.fill(c, k, false); bad {
		return a
	}
	if v.s.opts.Quota > 0 && len(v.issued) >= v.s.opts.Quota {
		return v.refuse(http.StatusConflict, "Credential quota exceeded: limit reached")
	}
	k.id, k.access, k.secret = v.s.random.uuid(), v.s.random.text(20, upper), v.s.random.text(40, alnum)
	k.created, k.made = v.s.stamp(), v.s.now()
	v.insert(k)
	body := map[string]any{"status": true, "data": map[string]any{
		"uuid": k.id, "name": k.name, "is_readonly": k.readonly, "buckets": k.bucketRecords(false),
	}}
	for _, place := range v.secretAt {
		place.put(body, k)
	}
	return answer{status: http.StatusOK, body: body, id: k.id, secret: k.secret, committed: true}
}

func (v *medianova) insert(k *medianovaCredential) {
	v.issued = append(v.issued, k)
	v.byID[k.id], v.byAccess[k.access] = k, k
}

// update replaces everything; the pair of keys stays, and the buckets come back as mere strings.
func (v *medianova) update(c *call, k *medianovaCredential) answer {
	changed := medianovaCredential{}
	if a, bad := v.fill(c, &changed, true); bad {
		return a
	}
	k.name, k.readonly, k.subfolder, k.buckets, k.encoded = changed.name, changed.readonly, changed.subfolder, changed.buckets, nil
	ids := []string{}
	for _, b := range k.buckets {
		ids = append(ids, b.id)
	}
	return answer{status: http.StatusOK, committed: true, body: map[string]any{"status": true, "data": map[string]any{
		"uuid": k.id, "name": k.name, "is_readonly": k.readonly, "subfolder": k.subfolder, "buckets": ids,
	}}}
}

// fill reads the body of a create or an update.
func (v *medianova) fill(c *call, k *medianovaCredential, update bool) (answer, bool) {
	in, ok := c.object()
	if !ok {
		return v.invalid("name", "The name field is required."), true
	}
	if k.name, ok = in["name"].(string); !ok || k.name == "" {
		return v.invalid("name", "The name field is required."), true
	}
	given, there := in["is_readonly"]
	if k.readonly, ok = given.(bool); !ok && (there || update) {
		return v.invalid("is_readonly", "The is readonly field must be true or false."), true
	}
	list, _ := in["buckets"].([]any)
	if len(list) == 0 {
		return v.invalid("buckets", "The buckets field is required."), true
	}
	for _, entry := range list {
		i := slices.IndexFunc(v.buckets, func(b medianovaBucket) bool { return b.id == entry })
		if i < 0 {
			return v.invalid("buckets", "The selected buckets is invalid."), true
		}
		k.buckets = append(k.buckets, v.buckets[i])
	}
	if folder, ok := in["subfolder"].(string); ok && folder != "" {
		k.subfolder = &folder
	}
	return answer{}, false
}

func (v *medianova) remove(_ *call, k *medianovaCredential) answer {
	delete(v.byID, k.id)
	delete(v.byAccess, k.access)
	v.issued = slices.DeleteFunc(v.issued, func(other *medianovaCredential) bool { return other == k })
	v.dead = append(v.dead, k)
	return answer{status: http.StatusOK, committed: true, body: map[string]any{"status": true, "message": "Credential deleted successfully"}}
}

func (v *medianova) listBuckets(c *call) answer {
	items := make([]rawItem, 0, len(v.buckets))
	for _, b := range v.buckets {
		items = append(items, encode(b.record(true)))
	}
	return v.listing(c, items)
}

func (v *medianova) getBucket(id string) func(*call) answer {
	return func(*call) answer {
		for _, b := range v.buckets {
			if b.id == id {
				return answer{status: http.StatusOK, body: map[string]any{"status": true, "data": b.record(true)}}
			}
		}
		return v.refuse(http.StatusNotFound, "Bucket not found")
	}
}

func (v *medianova) organizations(*call) answer {
	return answer{status: http.StatusOK, body: map[string]any{
		"status": true, "current_page": 1, "last_page": 1, "per_page": 10, "total": 1, "next_page_url": nil,
		"data": []any{map[string]any{
			"uuid": medianovaOrg, "name": "Acme", "is_active": 1, "role_id": 1, "role_name": "Super Admin", "domain": "acme.example",
			"services": []any{map[string]any{"name": "Stook", "slug": "stook", "organization_uuid": medianovaOrg, "service_status": 1}},
		}},
	}}
}
