// Package losant manages the service credentials of one Losant application: the
// secrets of other services, which Losant keeps for its workflows and never
// shows again. See https://docs.losant.com/rest-api/credentials/.
package losant

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/credctl/credctl/internal/losant/examples"
	"github.com/credctl/credctl/internal/losant/service"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/setting"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

const (
	vendor = "losant"
	kind   = "credential"
)

var (
	apiToken    = provider.Token.FromEnv("LOSANT_API_TOKEN")
	application = provider.String("application", "`ID` of the application that has the credentials").
			Check(checkID).FromEnv("LOSANT_APPLICATION_ID").Required()
	version = provider.String("accept-version", "version `range` of the API, such as ^1.30.0")
)

// Provider describes Losant. Its one kind takes the secrets that a caller has,
// and issues none: not even create returns what it was given.
func Provider() provider.Provider {
	return provider.Provider{
		Name:     vendor,
		Title:    "Losant service credentials",
		BaseURL:  "https://api.losant.com",
		BaseEnv:  []string{"LOSANT_API_URL"},
		Settings: []provider.AnyParam{apiToken, application, version},
		Login:    service.Login(application.Info()),
		Kinds: []provider.Kind{provider.NewKind(provider.Kind{
			Name:     kind,
			Title:    "service credentials of an application",
			Params:   params(),
			CheckID:  checkID,
			Examples: examples.All(),
			Help:     help(),
			Effects: map[provider.Verb]string{
				provider.Delete:   "every workflow, integration, archive and export that uses it fails, and its secret cannot be retrieved later",
				provider.Generate: "the current key pair stops working until the new public key is registered at the service",
			},
		}, open)},
	}
}

// checkID accepts 24 hexadecimal digits, which every ID of Losant is.
func checkID(id string) error {
	if len(id) != 24 || strings.Trim(id, "0123456789abcdefABCDEF") != "" {
		return provider.Usage("%q is not a valid Losant ID (24 hexadecimal digits)", id)
	}
	return nil
}

// credentials is the open kind.
type credentials struct {
	api  *rest.Client
	app  string // the path of the application
	path string // the path of its credentials
}

// What it can do in addition to its verbs, which nothing else would miss.
var (
	_ provider.Rotator         = (*credentials)(nil)
	_ provider.RotateChecker   = (*credentials)(nil)
	_ provider.SecretStore     = (*credentials)(nil)
	_ provider.UsageFinder     = (*credentials)(nil)
	_ provider.ImpactExplainer = (*credentials)(nil)
)

func open(c provider.Conn) (*credentials, error) {
	token := apiToken.Get(c.Settings)
	if token.IsZero() {
		return nil, setting.NoToken(vendor, "", apiToken.Info(), "")
	}
	api, err := rest.New(c, rest.Dialect{Auth: auth(token, version.Get(c.Settings)), Failure: failure, Account: token})
	app := "/applications/" + url.PathEscape(application.Get(c.Settings))
	return &credentials{api, app, app + "/credentials"}, err
}

// auth sends the token, and Accept-Version where the caller wants one: Losant's
// clients send it, its documentation does not mention it, and a private
// installation may have an older API.
func auth(token provider.Secret, version string) func(context.Context, *http.Request) error {
	bearer := rest.Bearer(token)
	return func(ctx context.Context, r *http.Request) error {
		if version != "" {
			r.Header.Set("Accept-Version", version)
		}
		return bearer(ctx, r)
	}
}

// one is the path of a credential.
func (c *credentials) one(id string) string { return c.path + "/" + url.PathEscape(id) }

// leanQuery asks for answers without what only Losant's own user interface needs.
func leanQuery() url.Values {
	return url.Values{"_actions": {"false"}, "_links": {"false"}, "_embedded": {"false"}}
}

const scopes = "use an application API token with the scopes credentials.* and credential.*; a token of `losant login` is not accepted"

// failure reads what Losant says of a request that failed. Which status a bad
// token gets is not documented, so that both that are usual are taken for it.
func failure(status int, body []byte) rest.Failure {
	var said struct {
		Type             string `json:"type"`
		Message          string `json:"message"`
		Success          *bool  `json:"success"`
		ValidationErrors []struct {
			Message string `json:"message"`
		} `json:"validationErrors"`
	}
	_ = vendorjson.Read(body, &said) // an HTML page of a proxy says nothing
	f := rest.Failure{Code: said.Type, Message: said.Message, Absent: said.Type == "NotFound"}
	for _, e := range said.ValidationErrors {
		if e.Message != "" && !strings.Contains(f.Message, e.Message) {
			f.Message = strings.TrimPrefix(f.Message+"; "+e.Message, "; ")
		}
	}
	switch {
	case status/100 == 2:
		return rest.Failure{Failed: said.Success != nil && !*said.Success, Message: f.Message}
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		f.Class = provider.Hint(provider.ErrDenied, scopes)
	case status == http.StatusBadRequest && nameConflict(f.Message):
		f.Class = provider.Hint(provider.ErrConflict, "choose another name; `credctl losant list --filter-name NAME` shows the credential that has it")
	case status == http.StatusBadRequest && len(said.ValidationErrors) > 0: // of which there may be "too many", which is no quota
		f.Class = provider.ErrInvalid
	}
	return f
}

// nameConflict reports whether the vendor says that a name is not free. It documents
// neither the words nor a status of their own.
func nameConflict(message string) bool {
	message = strings.ToLower(message)
	for _, words := range []string{"unique", "already exists", "already in use", "already taken", "duplicate"} {
		if strings.Contains(message, words) {
			return true
		}
	}
	return false
}
