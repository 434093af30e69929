package placetest

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"sync"
)

// GitLabToken is the token that a new [GitLab] takes.
const GitLabToken = "glpat-EXAMPLEexample1234"

// A GitLabVariable is one variable.
type GitLabVariable struct {
	Key       string  `json:"key"`
	Value     *string `json:"value"`
	Type      string  `json:"variable_type"`
	Protected bool    `json:"protected"`
	Masked    bool    `json:"masked"`
	Hidden    bool    `json:"hidden"`
	Raw       bool    `json:"raw"`
	Scope     string  `json:"environment_scope"`
}

// A GitLab is GitLab with the variables of one project or group.
type GitLab struct {
	Owner string

	mu    sync.Mutex
	All   []*GitLabVariable
	Role  string // maintainer, reporter, none
	Token string
}

// NewGitLab returns one with the variables API_KEY and OTHER, of which owner is the path
// of the project or group.
func NewGitLab(owner string) *GitLab {
	return &GitLab{Owner: owner, Role: "maintainer", Token: GitLabToken, All: []*GitLabVariable{
		{Key: "API_KEY", Value: new("old-value-of-it"), Type: "env_var", Protected: true, Raw: true, Scope: "*"},
		{Key: "OTHER", Value: new("stays"), Type: "env_var", Scope: "*"},
	}}
}

// Holds returns what there is; the name of API_KEY is "".
func (f *GitLab) Holds() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[string]string{}
	for _, v := range f.All {
		key := v.Key + "@" + v.Scope
		if v.Key == "API_KEY" && (v.Scope == "*" || v.Scope == "production") {
			key = ""
		}
		all[key] = *v.Value
		if key == "" {
			flags := *v
			flags.Value = nil
			b, _ := json.Marshal(flags)
			all["flags"] = string(b)
		}
	}
	return all
}

var (
	maskable = regexp.MustCompile(`^[a-zA-Z0-9_+=/@:.~-]{8,}$`)
	maskRaw  = regexp.MustCompile(`^\S{8,}$`)
)

// valid is Ci::Maskable of GitLab.
func (v *GitLabVariable) valid() bool {
	return !v.Masked || v.Raw && maskRaw.MatchString(*v.Value) || !v.Raw && maskable.MatchString(*v.Value)
}

func (f *GitLab) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	reply := func(status int, body any) {
		if v, ok := body.(*GitLabVariable); ok && v.Hidden {
			hidden := *v
			hidden.Value = nil
			body = hidden
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	say := func(status int, message any) { reply(status, map[string]any{"message": message}) }
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), "/api/v4"+f.Owner+"/variables")
	switch {
	case r.Header.Get("Private-Token") != f.Token:
		say(401, "401 Unauthorized")
		return
	case !ok:
		say(404, "404 Project Not Found")
		return
	case f.Role == "none", f.Role == "reporter" && r.Method != http.MethodGet:
		say(403, "403 Forbidden")
		return
	}
	scope, filtered := r.URL.Query()["filter[environment_scope]"]
	var found []*GitLabVariable
	for _, v := range f.All {
		if "/"+v.Key == path && (!filtered || v.Scope == scope[0]) {
			found = append(found, v)
		}
	}
	var in struct {
		Key    string
		Value  *string
		Masked *bool
		Raw    *bool
		Scope  string `json:"environment_scope"`
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	switch {
	case r.Method == http.MethodPost:
		v := &GitLabVariable{Key: in.Key, Value: in.Value, Type: "env_var", Masked: in.Masked != nil && *in.Masked, Raw: in.Raw != nil && *in.Raw, Scope: in.Scope}
		if v.Scope == "" {
			v.Scope = "*"
		}
		if !v.valid() {
			say(400, map[string]any{"value": []string{"is invalid"}})
			return
		}
		f.All = append(f.All, v)
		reply(201, v)
	case len(found) == 0:
		say(404, "404 Variable Not Found")
	case len(found) > 1:
		say(409, "There are multiple variables with provided parameters. Please use 'filter[environment_scope]'")
	case r.Method == http.MethodPut:
		changed := *found[0]
		changed.Value = in.Value
		if !changed.valid() {
			say(400, map[string]any{"value": []string{"is invalid"}})
			return
		}
		*found[0] = changed
		reply(200, found[0])
	default:
		reply(200, found[0])
	}
}

// Meddle is what another program does in between.
func (f *GitLab) Meddle() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.All[0].Value = new("theirs-theirs")
}

// Set is what another program does to API_KEY.
func (f *GitLab) Set(value string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.All[0].Value = new(value)
}
