package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// losant is the service credentials of one application. Secrets go in and never come out.
type losant struct {
	sync.Mutex
	s       *Sandbox
	issued  []*losantCredential // in the order of their making
	dead    []*losantCredential
	byID    map[string]*losantCredential
	byName  map[string]*losantCredential
	links   []losantLink
	changes int // counts what makes a kept view old
	view    losantView
}

type losantCredential struct {
	id, name, kind   string
	description      *string
	enabled          bool
	config           map[string]any // all of it, the write-only fields too
	shown            map[string]any // read-only fields that the server makes
	created, updated time.Time
	by               string // createdByType
	seeded           bool
	encoded          []byte
}

// losantLink is a use of a credential, by its name.
type losantLink struct {
	credential, kind, id, name string // kind: integrations, flows, flowVersions
}

func (v *losant) route(c *call) route {
	seg := segments(c.URL.Path, "")
	if len(seg) < 2 || len(seg) > 5 || seg[0] != "applications" || len(seg) > 2 && seg[2] != "credentials" {
		return route{"other", "", v.nowhere}
	}
	app, id := seg[1], ""
	if len(seg) > 3 {
		id = seg[3]
	}
	switch pattern := c.Method + " " + []string{2: "application", 3: "all", 4: "one", 5: seg[len(seg)-1]}[len(seg)]; pattern {
	case "GET application":
		return route{"application", "", v.in(app, v.application)}
	case "GET all":
		return route{"list", "", v.in(app, v.list)}
	case "POST all":
		return route{"create", "", v.in(app, v.create)}
	case "GET one":
		return route{"get", id, v.in(app, v.known(id, v.get))}
	case "PATCH one":
		verb := "update"
		if strings.Contains(string(c.body), `"generatePrivateKey"`) {
			verb = "generate"
		}
		return route{verb, id, v.in(app, v.known(id, v.update))}
	case "DELETE one":
		return route{"delete", id, v.in(app, v.known(id, v.remove))}
	case "GET linkedResources":
		return route{"linked", id, v.in(app, v.known(id, v.linked))}
	}
	return route{"other", "", v.nowhere}
}

func (v *losant) nowhere(*call) answer {
	return losantError(http.StatusNotFound, "NotFound", "Not Found")
}

// in runs what a bearer of the token may do in the application.
func (v *losant) in(app string, handle func(*call) answer) func(*call) answer {
	return func(c *call) answer {
		if token, _ := bearer(c.Request); token != LosantToken {
			return v.refuse(http.StatusUnauthorized, "")
		}
		if app != losantApplication {
			return losantError(http.StatusNotFound, "NotFound", "Application was not found")
		}
		return handle(c)
	}
}

func (v *losant) known(id string, handle func(*call, *losantCredential) answer) func(*call) answer {
	return func(c *call) answer {
		k := v.byID[strings.ToLower(id)]
		if k == nil {
			return v.refuse(http.StatusNotFound, "")
		}
		return handle(c, k)
	}
}

func losantError(status int, kind, message string) answer {
	return answer{status: status, body: map[string]any{"type": kind, "message": message}}
}

func losantInvalid(message string) answer {
	return losantError(http.StatusBadRequest, "Validation", message)
}

func (v *losant) refuse(status int, message string) answer {
	kind, text := "InternalError", "An internal error occurred"
	switch status {
	case http.StatusBadRequest:
		kind, text = "Validation", "The request is invalid"
	case http.StatusUnauthorized:
		kind, text = "Unauthorized", "Invalid access token"
	case http.StatusForbidden:
		kind, text = "Forbidden", "The token has not the scope for this"
	case http.StatusNotFound:
		kind, text = "NotFound", "Credential was not found"
	case http.StatusTooManyRequests:
		kind, text = "RateLimited", "Over rate limit, request throttled"
	case http.StatusServiceUnavailable:
		kind, text = "ServiceUnavailable", "Service unavailable"
	}
	if message != "" {
		text = message
	}
	return losantError(status, kind, text)
}

func (v *losant) headers(h http.Header, _ answer) {
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
}

func (v *losant) application(*call) answer {
	founded := isoTime(losantFounded)
	return answer{status: http.StatusOK, body: map[string]any{
		"id": losantApplication, "applicationId": losantApplication, "name": "Acme Plant", "description": "", "ownerType": "organization", "ownerId": losantUser,
		"creationDate": founded, "lastUpdated": founded,
		"archiveConfig": map[string]any{"mode": "s3", "directory": "archive", "credentialName": "archive-s3"},
		"summary":       map[string]any{"credentialCount": len(v.issued)},
	}}
}

// linked is who uses the credential, found by its name. Archiving is not among them.
func (v *losant) linked(_ *call, k *losantCredential) answer {
	body := map[string]any{}
	for _, kind := range []string{"integrations", "flows", "flowVersions"} {
		items := []any{}
		for _, l := range v.links {
			if l.credential != k.name || l.kind != kind {
				continue
			}
			item := map[string]any{"id": l.id, "applicationId": losantApplication}
			switch kind {
			case "integrations":
				item["name"], item["integrationId"], item["integrationType"], item["credentialName"] = l.name, l.id, "sqs", k.name
			case "flows":
				item["name"], item["flowId"], item["flowClass"] = l.name, l.id, "cloud"
			case "flowVersions":
				item["flowVersionId"], item["flowId"], item["flowClass"], item["version"] = l.id, losantFlow, "cloud", l.name
			}
			items = append(items, item)
		}
		body[kind] = map[string]any{"items": items, "count": len(items), "totalCount": len(items), "page": 0, "perPage": 100}
	}
	return answer{status: http.StatusOK, body: body}
}

func (v *losant) credentials() []Credential {
	v.Lock()
	defer v.Unlock()
	var out []Credential
	for _, k := range slices.Concat(v.dead, v.issued) {
		c := Credential{Vendor: "losant", ID: k.id, Name: k.name, Config: k.config, Scopes: []string{k.kind}, Live: v.byID[k.id] == k && k.enabled, Seeded: k.seeded, Created: k.created}
		c.AccessKey, _ = k.config["accessKeyId"].(string)
		for _, f := range losantFields(k.kind) {
			if text, ok := k.config[f.name].(string); ok && f.secret {
				c.Secret = text
			}
		}
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b Credential) int { return a.Created.Compare(b.Created) })
	return out
}
