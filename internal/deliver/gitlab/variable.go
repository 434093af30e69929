package gitlab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// A variable is one variable of a project or a group.
type variable struct {
	client     *rest.Client
	owner      string // the path of the project or group
	key, scope string
	create     bool
	unmasked   bool // if it is created
	json       bool // the value is a JSON object

	found found // by the last Get
}

// found is a variable as GitLab tells it.
type found struct {
	Key    string           `json:"key"`
	Value  *provider.Secret `json:"value"`
	Masked bool             `json:"masked"`
	Hidden bool             `json:"hidden"`
	Raw    bool             `json:"raw"`
	Scope  string           `json:"environment_scope"`
}

func (v *variable) request(method string, body map[string]any) rest.Request {
	r := rest.Request{Method: method, Path: v.owner + "/variables/" + v.key}
	if v.scope != "" {
		r.Query = url.Values{"filter[environment_scope]": {v.scope}}
	}
	if body != nil {
		r.Body = body
	}
	return r
}

func (v *variable) Get(ctx context.Context) (entry.Entry, error) {
	var err error
	v.found, err = rest.Do[found](ctx, v.client, v.request(http.MethodGet, nil))
	if errors.Is(err, errNoVariable) && v.create {
		return entry.Entry{}, nil
	}
	if err != nil {
		return entry.Entry{}, v.advise(err)
	}
	if v.found.Key != v.key {
		return entry.Entry{}, errors.New("the answer is about another variable")
	}
	if v.found.Value == nil {
		return entry.Entry{Exists: true, Sealed: true}, nil
	}
	return entry.Entry{Exists: true, Values: entry.Values{"": *v.found.Value}}, nil
}

// Check demands that a masked variable can hold what is known of the value. Whether
// the token may write is not told.
func (v *variable) Check(_ context.Context, e entry.Entry, _ []string) error {
	if e.Exists && v.json && v.found.Masked && !v.found.Raw {
		return provider.Hint(provider.Usage("%s is masked, and GitLab can mask a JSON object only in a raw variable", v.key),
			"make the variable raw (turn off variable expansion), or deliver the halves to two variables")
	}
	return nil
}

// Put sets the value and nothing else. A variable that does not exist is created
// masked, so that no log shows it, and raw, so that nothing in it is expanded.
func (v *variable) Put(ctx context.Context, e entry.Entry, values entry.Values) error {
	value := values[""]
	if err := v.holds(e, value.Reveal()); err != nil {
		return err
	}
	r := v.request(http.MethodPut, map[string]any{"value": value})
	if !e.Exists {
		body := map[string]any{"key": v.key, "value": value, "masked": !v.unmasked, "raw": true}
		if v.scope != "" {
			body["environment_scope"] = v.scope
		}
		r = rest.Request{Method: http.MethodPost, Path: v.owner + "/variables", Body: body}
	}
	_, err := rest.Do[struct{}](ctx, v.client, r)
	return v.advise(err)
}

// holds reports why the variable cannot hold a value as it is, or would show it.
// https://docs.gitlab.com/ci/variables/#mask-a-cicd-variable
func (v *variable) holds(e entry.Entry, value string) error {
	masked, raw := v.found.Masked, v.found.Raw
	if !e.Exists {
		masked, raw = !v.unmasked, true
	}
	switch {
	case !raw && strings.Contains(value, "$"):
		return provider.Hint(provider.Usage("the value has a $, which GitLab expands in %s", v.key), "make the variable raw (turn off variable expansion)")
	case masked && raw && !maskRaw().MatchString(value):
		return v.cannotMask("a value of fewer than 8 characters, or with a space or a newline")
	case masked && !raw && !maskable().MatchString(value):
		return v.cannotMask("a value of fewer than 8 characters, or with others than letters, digits and _+=/@:.~-, unless the variable is raw")
	}
	return nil
}

func (v *variable) cannotMask(what string) error {
	err := provider.Usage("%s is masked, and GitLab cannot mask %s", v.key, what)
	if v.create {
		return provider.Hint(err, "add masked=0 to create it unmasked: jobs can then print it")
	}
	return provider.Hint(err, "change the variable in GitLab; credctl never unmasks one")
}

var (
	errNoVariable = provider.WithClass(provider.ErrNotFound, errors.New("no such variable"))
	errAmbiguous  = provider.WithClass(provider.ErrUsage, errors.New("several variables"))
)

// failure reads {"message": …} or {"error": …}; the message may be an object.
func failure(status int, body []byte) rest.Failure {
	var said struct {
		Message jsontext.Value `json:"message"`
		Error   string         `json:"error"`
	}
	_ = vendorjson.Read(body, &said) // what cannot be read says nothing
	f := rest.Failure{Message: said.Error}
	if len(said.Message) > 0 {
		f.Message = strings.Trim(string(said.Message), `"`)
	}
	switch {
	case status == http.StatusNotFound && strings.Contains(f.Message, "Variable Not Found"):
		f.Class = errNoVariable
	case status == http.StatusConflict && strings.Contains(f.Message, "multiple variables"):
		f.Class = errAmbiguous
	}
	return f
}

// advise says what a refusal asks for.
func (v *variable) advise(err error) error {
	answer, answered := errors.AsType[*provider.Error](err)
	switch {
	case !answered || provider.HintOf(err) != "":
		return err
	case errors.Is(err, errNoVariable):
		return provider.Hint(fmt.Errorf("the variable %s does not exist: %w", v.key, err), "create it in GitLab, or add create=1 to the destination")
	case errors.Is(err, errAmbiguous):
		return provider.Hint(err, "to select one of them, add scope=SCOPE (its environment scope) to the destination")
	case answer.Status == http.StatusNotFound:
		return provider.Hint(provider.WithClass(entry.ErrHidden, err), "check the path, and that the token has access: it needs the scope api and the role Maintainer")
	case errors.Is(err, provider.ErrDenied):
		return provider.Hint(err, "the token needs the scope api and the role Maintainer; the job token of a pipeline cannot write variables")
	case answer.Status == http.StatusBadRequest:
		return provider.Hint(err, "choose a value that GitLab accepts; not every value can be masked")
	}
	return err
}
