package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// item is the credential as every answer shows it: without its secrets. It is kept, for long listings.
func (k *losantCredential) item() rawItem {
	if k.encoded == nil {
		config := maps.Clone(k.config)
		for _, f := range losantFields(k.kind) {
			if f.secret || config[f.name] == nil {
				delete(config, f.name)
			}
		}
		maps.Copy(config, k.shown)
		record := map[string]any{
			"id": k.id, "applicationId": losantApplication, "name": k.name, "type": k.kind, "enabled": k.enabled,
			"creationDate": isoTime(k.created), "createdById": losantUser, "createdByType": k.by,
			"lastUpdated": isoTime(k.updated), "lastUpdatedById": losantUser, "lastUpdatedByType": k.by,
			k.kind + "Config": config,
		}
		if k.description != nil {
			record["description"] = *k.description
		}
		k.encoded = encode(record)
	}
	return k.encoded
}

func (v *losant) get(_ *call, k *losantCredential) answer {
	return answer{status: http.StatusOK, id: k.id, body: k.item()}
}

func (v *losant) create(c *call) answer {
	in, ok := c.object()
	if !ok {
		return losantInvalid("body must be an object")
	}
	kind, _ := in["type"].(string)
	if !slices.Contains(losantTypes, kind) {
		return losantInvalid("type must be one of " + strings.Join(losantTypes, ", "))
	}
	if _, there := in["name"]; !there {
		return losantInvalid("name is required")
	}
	if _, there := in[kind+"Config"]; !there {
		return losantInvalid(kind + "Config is required")
	}
	if v.s.opts.Quota > 0 && len(v.issued) >= v.s.opts.Quota {
		return losantError(http.StatusBadRequest, "ResourceLimit", "Credential limit reached for this application")
	}
	k := &losantCredential{kind: kind, enabled: true, config: map[string]any{}, by: "apiToken", created: v.s.stamp()}
	k.updated = k.created
	if wrong := v.apply(k, in, true); wrong != "" {
		return losantInvalid(wrong)
	}
	k.id = v.s.random.text(24, lowerHex)
	v.insert(k)
	return answer{status: http.StatusCreated, id: k.id, committed: true, body: k.item()}
}

func (v *losant) insert(k *losantCredential) {
	v.issued = append(v.issued, k)
	v.byID[k.id], v.byName[k.name] = k, k
	v.changes++
}

// update leaves alone what the body does not name, at the top and within the config.
func (v *losant) update(c *call, k *losantCredential) answer {
	in, ok := c.object()
	if !ok {
		return losantInvalid("body must be an object")
	}
	changed := *k
	changed.config, changed.shown = maps.Clone(k.config), maps.Clone(k.shown)
	if wrong := v.apply(&changed, in, false); wrong != "" {
		return losantInvalid(wrong)
	}
	changed.updated, changed.encoded, changed.by = v.s.stamp(), nil, "apiToken"
	delete(v.byName, k.name)
	*k = changed
	v.byName[k.name] = k
	v.changes++
	return answer{status: http.StatusOK, committed: true, body: k.item()}
}

// apply lays a body over a credential; the text says what is wrong with it.
func (v *losant) apply(k *losantCredential, in map[string]any, create bool) string {
	for _, key := range slices.Sorted(maps.Keys(in)) {
		value := in[key]
		text, isText := value.(string)
		n := utf8.RuneCountInString(text)
		switch key {
		case "name":
			if !isText || n < 1 || n > 255 {
				return "name must be a string of 1 to 255 characters"
			}
			if other := v.byName[text]; other != nil && other.id != k.id {
				return "name must be unique: a credential named " + text + " exists"
			}
			k.name = text
		case "description":
			if !isText || n > 32767 {
				return "description must be a string of at most 32767 characters"
			}
			k.description = &text
		case "enabled":
			on, ok := value.(bool)
			if !ok {
				return "enabled must be a boolean"
			}
			k.enabled = on
		case "type":
			if !create {
				return "type is not allowed"
			}
		case k.kind + "Config":
			config, wrong := losantConfig(k.kind, value, create)
			if wrong != "" {
				return wrong
			}
			maps.Copy(k.config, config)
			k.shown = v.derive(k, config)
		default:
			return key + " is not allowed"
		}
	}
	return ""
}

func (v *losant) remove(_ *call, k *losantCredential) answer {
	delete(v.byID, k.id)
	delete(v.byName, k.name)
	v.issued = slices.DeleteFunc(v.issued, func(other *losantCredential) bool { return other == k })
	v.dead = append(v.dead, k)
	v.changes++
	return answer{status: http.StatusOK, committed: true, body: map[string]any{"success": true}}
}
