package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
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

// medianovaSession is a token from the login.
type medianovaSession struct {
	expires time.Time
	uses    int
}

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
	return answer{status: http.StatusNotFound, body: []byte("<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body><h1>404 | Not Found</h1></body></html>\n"),
		header: map[string]string{"Content-Type": "text/html; charset=UTF-8"}}
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

// accepts counts a use of a token from the login.
func (v *medianova) accepts(token string, now time.Time) bool {
	if token == MedianovaToken {
		return true
	}
	t := v.tokens[token]
	if t == nil || !now.Before(t.expires) {
		return false
	}
	t.uses++
	limit := v.s.opts.MedianovaTokenUses
	return limit <= 0 || t.uses <= limit
}

// login exchanges the API key pair for a token of four hours.
func (v *medianova) login(c *call) answer {
	in, ok := c.object()
	if !ok {
		return v.invalid("api_key", "The api key field is required.")
	}
	if in["api_key"] != MedianovaAPIKey || in["api_secret"] != MedianovaAPISecret {
		return v.refuse(http.StatusUnauthorized, "Invalid API key or secret")
	}
	token := "eyJhbGciOiJIUzI1NiJ9." + v.s.random.text(40, alnum) + "." + v.s.random.text(43, base64url)
	expires := c.at.Add(4 * time.Hour)
	v.tokens[token] = &medianovaSession{expires: expires}
	return answer{status: http.StatusOK, secret: token, body: map[string]any{
		"status": true, "token": token, "session": v.s.random.text(40, alnum), "expire": expires.Unix(),
	}}
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

// medianovaPlace is where an answer to a create has a secret it should not have.
type medianovaPlace struct {
	parents []string // "data", "data[0]", "credential", ...
	member  string
	access  bool   // it is the access key that goes there
	mask    string // in place of the value
}

// parseMedianovaPlaces reads Options.MedianovaSecret.
func parseMedianovaPlaces(text string) ([]medianovaPlace, error) {
	var places []medianovaPlace
	for field := range strings.SplitSeq(text, ",") {
		if field = strings.TrimSpace(field); field == "" {
			continue
		}
		path, mask, _ := strings.Cut(field, "=")
		parents := strings.Split(path, ".")
		p := medianovaPlace{parents: parents[:len(parents)-1], member: parents[len(parents)-1], mask: mask}
		name := strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(p.member))
		if slices.Contains(parents, "") || !strings.Contains(name, "secret") && !strings.Contains(name, "access") && !strings.Contains(name, "key") {
			return nil, fmt.Errorf("sandbox: MedianovaSecret %q: want a path such as data.secret_key", field)
		}
		p.access = !strings.Contains(name, "secret")
		places = append(places, p)
	}
	return places, nil
}

// put adds the secrets to the body of a create.
func (p medianovaPlace) put(body map[string]any, k *medianovaCredential) {
	value := k.secret
	switch {
	case p.mask != "":
		value = p.mask
	case p.access:
		value = k.access
	}
	at := body
	for _, parent := range p.parents {
		name, listed := strings.CutSuffix(parent, "[0]")
		next, ok := at[name].(map[string]any)
		if list, isList := at[name].([]any); isList {
			next, ok = list[0].(map[string]any)
		}
		if !ok {
			next = map[string]any{}
			at[name] = next
		}
		if listed {
			at[name] = []any{next}
		}
		at = next
	}
	at[p.member] = value
}
