package placetest

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/nacl/box"
)

// GitHubToken is the token that a new [GitHub] takes.
const GitHubToken = "github_pat_11EXAMPLEexample"

// A GitHubSecret is one secret, which the fake has opened.
type GitHubSecret struct {
	Value      string
	Updated    time.Time
	Visibility string
	Selected   []int64
}

// A GitHub is GitHub with the secrets of one place, which it opens.
type GitHub struct {
	Secrets string // the path of the place
	Org     bool

	mu        sync.Mutex
	All       map[string]*GitHubSecret
	pub, priv *[32]byte
	keyID     int
	Stale     int    // keys that are refused before one is taken
	Late      int    // answers in which updated_at is still that of before
	May       string // "write", "read", "", or "see": the repository, and no secrets
	Token     string
	Clock     time.Duration
	Hurried   int // requests that are refused for the rate
	Wait      string
}

// NewGitHub returns one with the secret API_KEY, of which secrets is the path of the place.
func NewGitHub(t testing.TB, secrets string) *GitHub {
	pub, priv, err := box.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return &GitHub{
		Secrets: secrets, Org: strings.HasPrefix(secrets, "/orgs/"), pub: pub, priv: priv, May: "write", Token: GitHubToken,
		All: map[string]*GitHubSecret{"API_KEY": {Value: "old", Updated: time.Now().Add(-time.Hour), Visibility: "selected", Selected: Repositories()}},
	}
}

// Repositories are more than one page.
func Repositories() (ids []int64) {
	for i := range int64(130) {
		ids = append(ids, 1000+i)
	}
	return ids
}

// Holds returns what there is; the name of API_KEY is "".
func (f *GitHub) Holds() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[string]string{}
	for name, h := range f.All {
		if name == "API_KEY" {
			name = ""
		}
		all[name] = h.Value
	}
	if f.Org && f.All["API_KEY"] != nil {
		all["visibility"] = fmt.Sprint(f.All["API_KEY"].Visibility, f.All["API_KEY"].Selected)
	}
	return all
}

func (f *GitHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	reply := func(status int, body any) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Date", time.Now().Add(f.Clock).UTC().Format(http.TimeFormat))
		w.WriteHeader(status)
		if body != nil {
			_ = json.NewEncoder(w).Encode(body)
		}
	}
	fail := func(status int, message string) {
		reply(status, map[string]any{"message": message, "status": strconv.Itoa(status)})
	}
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), f.Secrets)
	owner := strings.TrimSuffix(strings.TrimSuffix(f.Secrets, "/environments/prod%2Feu/secrets"), "/actions/secrets")
	switch {
	case f.Hurried > 0:
		f.Hurried--
		if f.Wait != "" {
			w.Header().Set("Retry-After", f.Wait)
		}
		fail(403, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.")
	case r.Header.Get("Authorization") != "Bearer "+f.Token:
		fail(401, "Bad credentials")
	case r.URL.Path == owner && f.May != "":
		reply(200, map[string]any{"name": "x"})
	case !ok || f.May == "":
		fail(404, "Not Found")
	case f.May == "see":
		w.Header().Set("X-Accepted-GitHub-Permissions", "secrets=read")
		fail(403, "Resource not accessible by integration")
	case path == "/public-key":
		reply(200, map[string]any{"key_id": strconv.Itoa(f.keyID), "key": base64.StdEncoding.EncodeToString(f.pub[:])})
	case r.Method == http.MethodPut:
		if f.May != "write" {
			w.Header().Set("X-Accepted-GitHub-Permissions", "secrets=write")
			fail(403, "Resource not accessible by personal access token")
			return
		}
		f.put(r, strings.TrimPrefix(path, "/"), reply, fail)
	case strings.HasSuffix(path, "/repositories"):
		h, page := f.All[strings.Split(path, "/")[1]], 0
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
		var ids []map[string]any
		for _, id := range h.Selected[min(len(h.Selected), 100*(page-1)):min(len(h.Selected), 100*page)] {
			ids = append(ids, map[string]any{"id": id})
		}
		reply(200, map[string]any{"total_count": len(h.Selected), "repositories": ids})
	default:
		h := f.All[strings.TrimPrefix(path, "/")]
		if h == nil {
			fail(404, "Not Found")
			return
		}
		at := h.Updated
		if f.Late > 0 {
			f.Late--
			at = at.Add(-time.Hour)
		}
		body := map[string]any{"name": path[1:], "created_at": "2020-01-10T14:59:22Z", "updated_at": at.UTC().Format(time.RFC3339)}
		if f.Org {
			body["visibility"] = h.Visibility
		}
		reply(200, body)
	}
}

func (f *GitHub) put(r *http.Request, name string, reply func(int, any), fail func(int, string)) {
	var in struct {
		Value      string  `json:"encrypted_value"`
		Key        string  `json:"key_id"`
		Visibility string  `json:"visibility"`
		Selected   []int64 `json:"selected_repository_ids"`
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil || f.Org && !slices.Contains([]string{"all", "private", "selected"}, in.Visibility) {
		fail(422, "Invalid request.")
		return
	}
	if f.Stale > 0 {
		f.Stale--
		f.keyID++
	}
	sealed, err := base64.StdEncoding.DecodeString(in.Value)
	plain, opened := box.OpenAnonymous(nil, sealed, f.pub, f.priv)
	if in.Key != strconv.Itoa(f.keyID) || err != nil || !opened {
		fail(422, "Bad request - bad key_id or encrypted_value")
		return
	}
	status := 204
	if f.All[name] == nil {
		status = 201
	}
	f.All[name] = &GitHubSecret{Value: string(plain), Updated: time.Now().Add(f.Clock), Visibility: in.Visibility, Selected: in.Selected}
	if status == 201 {
		reply(status, map[string]any{})
		return
	}
	reply(status, nil)
}

// Meddle is what another program does in between.
func (f *GitHub) Meddle() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.All["API_KEY"].Value = "theirs"
	f.All["OTHER"] = &GitHubSecret{Value: "theirs"}
}

// Set is what another program does to API_KEY.
func (f *GitHub) Set(value string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.All["API_KEY"].Value, f.All["API_KEY"].Updated = value, f.All["API_KEY"].Updated.Add(time.Second)
}
