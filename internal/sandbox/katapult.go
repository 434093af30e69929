package sandbox

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const katapultPrefix = "/core/v1"

// katapult is the object storage part of the core API. Errors are nested under
// "error", which the published schema does not say and the live API does.
type katapult struct {
	sync.Mutex
	s           *Sandbox
	keys        []*katapultKey // in the order of their making
	dead        []*katapultKey
	byID        map[string]*katapultKey
	byAccess    map[string]*katapultKey
	buckets     []*katapultBucket
	provisionIn time.Duration
	settleIn    time.Duration
	served      int
	minute      window
}

type katapultKey struct {
	id, name, region               string
	created                        time.Time // as the API shows it
	made                           time.Time // by the sandbox's clock
	settles                        time.Time // when it says configured
	paired                         time.Time // when the current pair was made
	bucketsRead, objRead, objWrite bool
	access, secret                 string
	seeded                         bool
}

type katapultBucket struct {
	name        string
	created     time.Time
	read, write []string // key IDs
	flags       map[string]any
}

func (v *katapult) route(c *call) route {
	path, ok := strings.CutPrefix(c.URL.Path, katapultPrefix)
	if !ok {
		path = ""
	}
	const cluster = "/organizations/organization/object_storage/object_storage_cluster"
	const key = "/object_storage/access_keys/access_key"
	const bucket = "/object_storage/object_storage_cluster/buckets/bucket"
	args, bad := katapultArgs(c)
	id := args.text("access_key", "id")
	with := func(handle func(*call, katapultInput) answer) func(*call) answer {
		return func(c *call) answer {
			if a, refused := v.authenticate(c); refused {
				return a
			}
			if a, over := v.within(c); over {
				return a
			}
			if bad != "" {
				return katapultError(http.StatusBadRequest, "invalid_json_body", "The body provided is not valid JSON", map[string]any{"details": bad})
			}
			return handle(c, args)
		}
	}
	switch c.Method + " " + strings.TrimSuffix(path, "/") {
	case "GET /organizations":
		return route{"organizations", "", with(v.organizations)}
	case "GET /organizations/organization/object_storage/access_keys":
		return route{"list", "", with(v.list)}
	case "POST " + cluster + "/access_keys":
		return route{"create", "", with(v.create)}
	case "GET " + cluster:
		return route{"account", "", with(v.account)}
	case "GET " + key:
		return route{"get", id, with(v.keyed(v.get))}
	case "PATCH " + key:
		return route{"update", id, with(v.keyed(v.update))}
	case "DELETE " + key:
		return route{"delete", id, with(v.keyed(v.remove))}
	case "POST " + key + "/generate_credentials":
		return route{"generate", id, with(v.keyed(v.generate))}
	case "GET " + bucket:
		return route{"bucket", "", with(v.getBucket)}
	case "PATCH " + bucket:
		return route{"grant", "", with(v.patchBucket)}
	}
	return route{"other", "", func(*call) answer {
		return katapultError(http.StatusNotFound, "route_not_found", "No route matches "+c.Method+" "+c.URL.Path, nil)
	}}
}

// authenticate knows no 401: a missing token is 400, a bad one 403.
func (v *katapult) authenticate(c *call) (answer, bool) {
	token, ok := bearer(c.Request)
	switch {
	case !ok || token == "":
		return katapultError(http.StatusBadRequest, "missing_api_token", "No API token was provided in the Authorization header", nil), true
	case token != KatapultToken:
		return katapultError(http.StatusForbidden, "invalid_api_token", "The API token provided was not valid (it may not exist or have expired)", map[string]any{"details": nil}), true
	}
	return answer{}, false
}

func katapultError(status int, code, description string, detail map[string]any) answer {
	if detail == nil {
		detail = map[string]any{}
	}
	return answer{status: status, body: map[string]any{"error": map[string]any{"code": code, "description": description, "detail": detail}}}
}

func (v *katapult) refuse(status int, message string) answer {
	code, text, detail := "unhandled_exception", any(nil), map[string]any{}
	switch status {
	case http.StatusBadRequest:
		code, text = "invalid_argument", "An argument is invalid"
	case http.StatusUnauthorized, http.StatusForbidden:
		code, text, detail["details"] = "permission_denied", "The authenticated identity is not permitted to perform this action", nil
	case http.StatusNotFound:
		code, text = "object_storage_access_key_not_found", katapultNoKey
	case http.StatusNotAcceptable:
		code, text, detail["details"] = "task_queueing_error", "This error means that a background task that was needed to complete your request could not be queued", "queue is full"
	case http.StatusUnprocessableEntity:
		code, text = "object_storage_provisioning_error", katapultProvisioning
	case http.StatusTooManyRequests:
		code, text, detail["total_permitted"] = "rate_limit_reached", "You have reached the rate limit for this type of request", katapultPerMinute
	case http.StatusServiceUnavailable:
		code, text = "service_unavailable", "The service is currently unavailable"
	case http.StatusGatewayTimeout:
		code, text = "network_error", "A network error occurred. Please try again."
	}
	if message != "" {
		text = message
	}
	return answer{status: status, body: map[string]any{"error": map[string]any{"code": code, "description": text, "detail": detail}}}
}

const (
	katapultNoKey        = "No object storage access key was found matching any of the criteria provided in the arguments."
	katapultProvisioning = "Provisioning is in progress. Please try again later."
)

// headers has no Retry-After and no reset: Katapult's window is the minute of the wall clock.
func (v *katapult) headers(h http.Header, a answer) {
	v.Lock()
	defer v.Unlock()
	v.served++
	remaining := max(1, 1000-v.served%1000)
	h.Set("Content-Type", "application/json")
	h.Set("X-Request-Id", v.s.trace.uuid())
	h.Set("X-Ratelimit-Permitted", "1000")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	h.Set("Vary", "Accept-Encoding")
	switch {
	case a.status == http.StatusTooManyRequests:
		remaining = 0
		fallthrough
	case a.status >= http.StatusMultipleChoices:
		h.Set("X-Api-Schema", "json-error")
		h.Set("Cache-Control", "no-cache")
	default:
		h.Set("Cache-Control", "max-age=0, private, must-revalidate")
		sum := sha256.Sum256(encode(a.body))
		h.Set("Etag", fmt.Sprintf(`W/"%x"`, sum[:16]))
	}
	h.Set("X-Ratelimit-Remaining", strconv.Itoa(remaining))
}

func (v *katapult) credentials() []Credential {
	v.Lock()
	defer v.Unlock()
	var out []Credential
	for _, k := range slices.Concat(v.dead, v.keys) {
		read, write := v.grants(k)
		c := Credential{Vendor: "katapult", ID: k.id, Name: k.name, AccessKey: k.access, Secret: k.secret, Seeded: k.seeded, Created: k.created, Live: v.byID[k.id] == k && k.access != ""}
		for flag, on := range map[string]bool{"all_buckets_read": k.bucketsRead, "all_objects_read": k.objRead, "all_objects_write": k.objWrite} {
			if on {
				c.Scopes = append(c.Scopes, flag)
			}
		}
		slices.Sort(c.Scopes)
		for _, b := range read {
			c.Grants = append(c.Grants, "read:"+b)
		}
		for _, b := range write {
			c.Grants = append(c.Grants, "write:"+b)
		}
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b Credential) int { return a.Created.Compare(b.Created) })
	return out
}

// find is the pair behind an access key ID, for the S3 endpoint.
func (v *katapult) find(access string) (s3Pair, bool) {
	v.Lock()
	defer v.Unlock()
	k := v.byAccess[access]
	if k == nil {
		return s3Pair{}, false
	}
	read, write := v.grants(k)
	pair := s3Pair{secret: k.secret, since: k.paired, owner: katapultSubDomain, listsAll: k.bucketsRead}
	for _, b := range v.buckets {
		pair.all = append(pair.all, b.name)
		if k.objRead || k.objWrite || slices.Contains(read, b.name) || slices.Contains(write, b.name) {
			pair.open = append(pair.open, b.name)
		}
	}
	return pair, true
}
