package sandbox

import (
	"bytes"
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// item is the key in a listing. It is kept: a listing has no pages, and may be long.
func (k *stratumKey) item() []byte {
	if k.encoded == nil {
		k.encoded = encode(struct {
			ID       string  `json:"id"`
			Tenant   any     `json:"tenant_id"`
			Name     *string `json:"name"`
			Created  string  `json:"created_at"`
			LastUsed any     `json:"last_used_at"`
			Revoked  any     `json:"revoked_at"`
			Expires  any     `json:"expires_at"`
		}{k.id, tenantOrNull(k.tenant), k.name, isoTime(k.created), isoOrNull(k.lastUsed), isoOrNull(k.revoked), isoOrNull(k.expires)})
	}
	return k.encoded
}

// list is everything, newest first, the revoked too. A caller bound to a tenant
// has its tenant_id ignored.
func (v *stratum) list(c *call, u stratumCaller) answer {
	tenant := strings.ToLower(c.URL.Query().Get("tenant_id"))
	if u.tenant != "" {
		tenant = u.tenant
	} else if tenant != "" && !uuidShape().MatchString(tenant) {
		return v.unexpected()
	}
	var b bytes.Buffer
	b.WriteByte('[')
	for _, k := range slices.Backward(v.keys) {
		if tenant != "" && k.tenant != tenant {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.Write(k.item())
	}
	b.WriteByte(']')
	return answer{status: http.StatusOK, body: b.Bytes()}
}

// dormant is what was not used for some days, the never used first, however new they are.
func (v *stratum) dormant(c *call, u stratumCaller) answer {
	days := leadingInt(c.URL.Query().Get("days"))
	if days < 1 {
		days = 90
	}
	before := c.at.AddDate(0, 0, -min(days, 365))
	var found []*stratumKey
	for _, k := range v.keys {
		if k.revoked == nil && (k.lastUsed == nil || k.lastUsed.Before(before)) && v.sees(u, k.tenant) {
			found = append(found, k)
		}
	}
	slices.SortStableFunc(found, func(a, b *stratumKey) int { return cmp.Compare(used(a), used(b)) })
	items := make([]map[string]any, 0, len(found))
	for _, k := range found {
		items = append(items, map[string]any{
			"id": k.id, "tenant_id": tenantOrNull(k.tenant), "name": k.name,
			"last_used_at": isoOrNull(k.lastUsed), "created_at": isoTime(k.created),
		})
	}
	return answer{status: http.StatusOK, body: items}
}

func used(k *stratumKey) int64 {
	if k.lastUsed == nil {
		return 0
	}
	return k.lastUsed.UnixNano()
}

// leadingInt reads a number as JavaScript's parseInt does; 0 is none.
func leadingInt(text string) int {
	end := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if end >= 0 {
		text = text[:end]
	}
	n, _ := strconv.Atoi(text)
	return n
}

// create makes a key of scopes read and write: an admin key cannot be made this way.
func (v *stratum) create(c *call, u stratumCaller) answer {
	in, a, bad := stratumCreateInput(c)
	if bad {
		return a
	}
	if !v.sees(u, in.tenant) {
		return stratumError(http.StatusForbidden, "FORBIDDEN", "API key tenant scope does not grant access to this tenant")
	}
	if v.tenantIndex(in.tenant) < 0 {
		return v.unexpected()
	}
	if v.full() {
		return stratumError(http.StatusConflict, "API_KEY_QUOTA_EXCEEDED", "API key quota exceeded: limit reached")
	}
	k := &stratumKey{tenant: in.tenant, name: in.name, rateMax: in.rateMax, rateWindow: in.rateWindow}
	a = v.issue(k, v.s.stamp())
	v.noteKey(u, "api_key.created", k, nil, map[string]any{"id": k.id, "tenant_id": tenantOrNull(k.tenant), "name": k.name})
	return a
}

func (v *stratum) full() bool {
	if v.s.opts.Quota <= 0 {
		return false
	}
	live := 0
	for _, k := range v.keys {
		if k.revoked == nil {
			live++
		}
	}
	return live >= v.s.opts.Quota
}

// issue gives a new key its ID and secret, and shows the secret this once.
func (v *stratum) issue(k *stratumKey, at time.Time) answer {
	k.id, k.secret, k.created = v.s.random.uuid(), "sk_test_"+v.s.random.text(43, base64url), at
	if k.scopes == nil {
		k.scopes = []string{"read", "write"}
	}
	v.insert(k)
	return answer{status: http.StatusCreated, id: k.id, secret: k.secret, committed: true, body: struct {
		ID      string  `json:"id"`
		Tenant  any     `json:"tenant_id"`
		Prefix  string  `json:"key_prefix"`
		Name    *string `json:"name"`
		Created string  `json:"created_at"`
		Secret  string  `json:"plaintext_key"`
	}{k.id, tenantOrNull(k.tenant), "sk_test_", k.name, isoTime(k.created), k.secret}}
}

func (v *stratum) insert(k *stratumKey) {
	v.keys = append(v.keys, k)
	v.byID[k.id], v.bySecret[k.secret] = k, k
}

// rotate makes a successor and kills the old key in the same moment.
func (v *stratum) rotate(id string) func(*call, stratumCaller) answer {
	return func(c *call, u stratumCaller) answer {
		name, a, bad := stratumRotateInput(c)
		if bad {
			return a
		}
		if !uuidShape().MatchString(id) {
			return v.unexpected()
		}
		old := v.byID[strings.ToLower(id)]
		if u.tenant != "" && (old == nil || old.tenant != u.tenant) {
			return v.notFound()
		}
		if old == nil || old.revoked != nil || v.s.opts.StratumCarryOver && !old.live(c.at) {
			return v.unexpected()
		}
		if name == nil {
			text := "key"
			if old.name != nil {
				text = *old.name
			}
			text += " (rotated)"
			name = &text
		}
		k := &stratumKey{tenant: old.tenant, name: name}
		if v.s.opts.StratumCarryOver {
			k.scopes, k.role, k.expires, k.rateMax, k.rateWindow = old.scopes, old.role, old.expires, old.rateMax, old.rateWindow
		}
		at := v.s.stamp()
		old.revoked, old.encoded = &at, nil
		answer := v.issue(k, at)
		v.noteKey(u, "api_key.rotated", k, map[string]any{"id": old.id}, map[string]any{"id": k.id, "tenant_id": tenantOrNull(k.tenant), "name": k.name})
		return answer
	}
}

// revoke ends a key; the row stays forever.
func (v *stratum) revoke(id string) func(*call, stratumCaller) answer {
	return func(_ *call, u stratumCaller) answer {
		if !uuidShape().MatchString(id) {
			return v.unexpected()
		}
		k := v.byID[strings.ToLower(id)]
		if k == nil || k.revoked != nil || u.tenant != "" && k.tenant != u.tenant {
			return v.notFound()
		}
		at := v.s.stamp()
		k.revoked, k.encoded = &at, nil
		v.noteKey(u, "api_key.revoked", k, nil, nil)
		return answer{status: http.StatusNoContent, committed: true}
	}
}

func (v *stratum) notFound() answer { return v.refuse(http.StatusNotFound, "") }
