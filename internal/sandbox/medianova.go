package sandbox

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// medianova is the Stook part of the cloud API. Its create gives no secret, by
// its documents, and its answers differ in shape from verb to verb.
type medianova struct {
	sync.Mutex
	s        *Sandbox
	issued   []*medianovaCredential // in the order of their making
	dead     []*medianovaCredential
	byID     map[string]*medianovaCredential
	byAccess map[string]*medianovaCredential
	buckets  []medianovaBucket
	tokens   map[string]*medianovaSession
	secretAt []medianovaPlace
}

type medianovaCredential struct {
	id, name, access, secret string
	readonly                 bool
	subfolder                *string
	buckets                  []medianovaBucket
	created, made            time.Time // as the transcript tells it, and by the sandbox's clock
	seeded                   bool
	encoded                  []byte // as list and get show it; nil when it has to be made again
}

type medianovaBucket struct{ id, name string }

func (v *medianova) route(c *call) route {
	if c.URL.Path == "/api/v1/auth/login/token" && c.Method == http.MethodPost {
		return route{"login", "", v.login}
	}
	seg := segments(c.URL.Path, "/api/v2")
	if seg == nil && !v.s.opts.SinglePrefix {
		seg = segments(c.URL.Path, "/api/api/v2")
	}
	if len(seg) == 1 && seg[0] == "organizations" && c.Method == http.MethodGet {
		return route{"organizations", "", v.authed("", v.organizations)}
	}
	if len(seg) < 3 || len(seg) > 4 || seg[0] != "stook" {
		return route{"other", "", v.lost}
	}
	org, id := seg[1], ""
	pattern := c.Method + " " + seg[2]
	if len(seg) == 4 {
		id, pattern = seg[3], pattern+"/ID"
	}
	create := "POST credentials"
	if v.s.opts.SingularCreate {
		create = "POST credential"
	}
	switch pattern {
	case create:
		return route{"create", "", v.authed(org, v.create)}
	case "POST credential":
		return route{"other", "", func(*call) answer {
			return answer{status: http.StatusMethodNotAllowed, body: map[string]any{"message": "The POST method is not supported for this route. Supported methods: GET, HEAD, PUT, DELETE."}}
		}}
	case "GET credential":
		return route{"list", "", v.authed(org, v.list)}
	case "GET credential/ID":
		return route{"get", id, v.authed(org, v.known(id, v.get))}
	case "PUT credential/ID":
		return route{"update", id, v.authed(org, v.known(id, v.update))}
	case "DELETE credential/ID":
		return route{"delete", id, v.authed(org, v.known(id, v.remove))}
	case "GET bucket":
		return route{"buckets", "", v.authed(org, v.listBuckets)}
	case "GET bucket/ID":
		return route{"bucket", "", v.authed(org, v.getBucket(id))}
	}
	return route{"other", "", v.lost}
}

// lost is the router's own 404, which is no JSON.
func (v *medianova) lost(*call) answer {
	return answer{
		status: http.StatusNotFound, body: []byte("<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body><h1>404 | Not Found</h1></body></html>\n"),
		header: map[string]string{"Content-Type": "text/html; charset=UTF-8"},
	}
}

// authed runs what a bearer of a good token may do in the organization; "" is no organization at all.
func (v *medianova) authed(org string, handle func(*call) answer) func(*call) answer {
	return func(c *call) answer {
		if token, _ := bearer(c.Request); !v.accepts(token, c.at) {
			return v.refuse(http.StatusUnauthorized, "")
		}
		if org != "" && org != medianovaOrg {
			return v.refuse(http.StatusNotFound, "Organization not found")
		}
		return handle(c)
	}
}

func (v *medianova) refuse(status int, message string) answer {
	text := http.StatusText(status)
	switch status {
	case http.StatusOK:
		text = "Operation failed"
	case http.StatusUnauthorized:
		text = "Missing or invalid JWT token"
	case http.StatusForbidden:
		text = "This action is unauthorized"
	case http.StatusNotFound:
		text = "Credential not found"
	case http.StatusUnprocessableEntity:
		text = "The given data was invalid."
	case http.StatusTooManyRequests:
		text = "Too Many Attempts."
	}
	if message != "" {
		text = message
	}
	return answer{status: status, body: map[string]any{"status": false, "message": text}}
}

// invalid is a validation error about one field, in the form that the options choose.
func (v *medianova) invalid(field, message string) answer {
	if v.s.opts.MedianovaErrors == "fastapi" {
		return answer{status: http.StatusUnprocessableEntity, body: map[string]any{
			"detail": []any{map[string]any{"loc": []string{"body", field}, "msg": message, "type": "value_error"}},
		}}
	}
	return answer{status: http.StatusUnprocessableEntity, body: map[string]any{
		"message": "The given data was invalid.", "errors": map[string]any{field: []string{message}},
	}}
}

func (v *medianova) headers(h http.Header, _ answer) {
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-cache, private")
}

func (v *medianova) credentials() []Credential {
	v.Lock()
	defer v.Unlock()
	var out []Credential
	for _, k := range slices.Concat(v.dead, v.issued) {
		c := Credential{Vendor: "medianova", ID: k.id, Name: k.name, AccessKey: k.access, Secret: k.secret, Seeded: k.seeded, Created: k.created, Live: v.byID[k.id] == k, Scopes: []string{"read", "write"}}
		if k.subfolder != nil {
			c.Subfolder = *k.subfolder
		}
		if k.readonly {
			c.Scopes = []string{"read"}
		}
		for _, b := range k.buckets {
			for _, scope := range c.Scopes {
				c.Grants = append(c.Grants, scope+":"+b.name)
			}
		}
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b Credential) int { return a.Created.Compare(b.Created) })
	return out
}

// find is the pair behind an access key, for the S3 endpoint.
func (v *medianova) find(access string) (s3Pair, bool) {
	v.Lock()
	defer v.Unlock()
	k := v.byAccess[access]
	if k == nil {
		return s3Pair{}, false
	}
	pair := s3Pair{secret: k.secret, since: k.made, owner: medianovaOrg, listsAll: true}
	for _, b := range k.buckets {
		pair.all, pair.open = append(pair.all, b.name), append(pair.open, b.name)
	}
	return pair, true
}
