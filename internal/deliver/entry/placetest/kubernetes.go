package placetest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// KubernetesToken is the token that a new [Kubernetes] takes.
const KubernetesToken = "eyJhbGciOiJSUzI1NiJ9.example"

// A Kubernetes is an API server with one namespace and one Secret.
type Kubernetes struct {
	mu      sync.Mutex
	Data    map[string][]byte // nil: there is none
	Version int
	Meta    map[string]any
	Fixed   bool // immutable
	Verbs   string
	Tokens  map[string]bool
	Gone    bool // the namespace
}

// NewKubernetes returns one with the Secret app-s3 in the namespace web.
func NewKubernetes() *Kubernetes {
	return &Kubernetes{
		Data: map[string][]byte{"other": []byte("stays"), "binary": {0, 1, 255}}, Version: 1000, Meta: map[string]any{},
		Verbs: "get patch create", Tokens: map[string]bool{KubernetesToken: true},
	}
}

// Holds returns the data of the Secret.
func (f *Kubernetes) Holds() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[string]string{}
	for k, v := range f.Data {
		all[k] = string(v)
	}
	return all
}

func (f *Kubernetes) object() map[string]any {
	meta := maps.Clone(f.Meta)
	meta["name"], meta["namespace"], meta["resourceVersion"] = "app-s3", "web", strconv.Itoa(f.Version)
	return map[string]any{"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": meta, "immutable": f.Fixed, "data": f.Data}
}

func (f *Kubernetes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	reply := func(status int, body any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	fail := func(status int, reason, message string) {
		reply(status, map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message, "code": status})
	}
	const collection = "/api/v1/namespaces/web/secrets"
	verb := map[string]string{"GET": "get", "PATCH": "patch", "POST": "create"}[r.Method]
	dry := r.URL.Query().Get("dryRun") == "All"
	var in struct {
		Kind     string
		Type     string
		Metadata struct{ Name, ResourceVersion string }
		Data     map[string][]byte
	}
	if r.Method != http.MethodGet {
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.URL.Query().Get("fieldManager") != "credctl" {
			fail(400, "BadRequest", "the body is not one")
			return
		}
	}
	switch {
	case !f.Tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]:
		fail(401, "Unauthorized", "Unauthorized")
	case !strings.Contains(f.Verbs, verb):
		fail(403, "Forbidden", `secrets "app-s3" is forbidden: User "ci" cannot `+verb+` resource "secrets" in API group "" in the namespace "web"`)
	case f.Gone:
		fail(404, "NotFound", `namespaces "web" not found`)
	case r.Method == http.MethodPost && r.URL.Path == collection:
		if f.Data != nil {
			fail(409, "AlreadyExists", `secrets "app-s3" already exists`)
			return
		}
		if in.Kind != "Secret" || in.Metadata.Name != "app-s3" {
			fail(422, "Invalid", "invalid")
			return
		}
		f.change(in.Data, dry)
		reply(201, f.object())
	case f.Data == nil || r.URL.Path != collection+"/app-s3":
		fail(404, "NotFound", `secrets "app-s3" not found`)
	case r.Method == http.MethodPatch:
		switch {
		case r.Header.Get("Content-Type") != "application/merge-patch+json":
			fail(415, "UnsupportedMediaType", "no")
		case in.Metadata.ResourceVersion != strconv.Itoa(f.Version):
			fail(409, "Conflict", `Operation cannot be fulfilled on secrets "app-s3": the object has been modified; please apply your changes to the latest version and try again`)
		case f.Fixed:
			fail(422, "Invalid", "Secret \"app-s3\" is invalid: data: Forbidden: field is immutable when `immutable` is set")
		default:
			f.change(in.Data, dry)
			reply(200, f.object())
		}
	default:
		reply(200, f.object())
	}
}

func (f *Kubernetes) change(data map[string][]byte, dry bool) {
	if dry {
		return
	}
	f.Version++
	now := maps.Clone(f.Data)
	if now == nil {
		now = map[string][]byte{}
	}
	maps.Copy(now, data)
	f.Data = now
}

// Meddle is what another program does in between.
func (f *Kubernetes) Meddle() { f.Set(map[string][]byte{"theirs": []byte("new")}) }

// Set sets values as another program does.
func (f *Kubernetes) Set(values map[string][]byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change(values, false)
}

// Kubeconfig returns one with a current context for this server and user.
func Kubeconfig(server, user string) string {
	return fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: arn:aws:eks:eu-west-1:1:cluster/prod
contexts:
- name: arn:aws:eks:eu-west-1:1:cluster/prod
  context: {cluster: prod, user: ci, namespace: ignored}
clusters:
- name: prod
  cluster: {%s}
users:
- name: ci
  user: {%s}
`, server, user)
}

// Changes reports whether a request changes something.
func (*Kubernetes) Changes(r *http.Request) bool {
	return r.Method != http.MethodGet && r.URL.Query().Get("dryRun") == ""
}
