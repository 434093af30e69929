package katapult

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

const (
	codeProvisioning = "object_storage_provisioning_error"
	codeNoKey        = "object_storage_access_key_not_found"
)

// A failure is what Katapult says of a request that failed. Its documents show
// this at the top level of the answer; what it really sends is inside of "error".
type failure struct {
	Code        string                    `json:"code"`
	Description string                    `json:"description"`
	Detail      map[string]jsontext.Value `json:"detail"` // its shape depends on the code
}

// readFailure reads either form. A body of a proxy has neither, and no code.
func readFailure(_ int, body []byte) rest.Failure {
	f := vendorjson.TryRead[failure](body)
	if inner := vendorjson.TryRead[vendorjson.Others](body)["error"]; inner.Kind() == '{' {
		f = vendorjson.TryRead[failure](inner)
	}
	return rest.Failure{Code: f.Code, Message: f.message(), Class: class(f.Code), Absent: f.Code == codeNoKey}
}

// class is what a code means where its status misleads; nil otherwise.
func class(code string) error {
	switch code {
	case "missing_api_token": // a 400
		return provider.ErrDenied
	case codeProvisioning: // a 422
		return provider.ErrPending
	case "task_queueing_error": // a 406
		return provider.ErrUnavailable
	case "object_storage_account_not_provisioned", "object_storage_account_suspended",
		"organization_suspended", "organization_not_activated", // each a 403
		"object_in_trash": // a 406
		return provider.ErrConflict
	}
	return nil
}

// message joins the description with what the detail adds to it.
func (f failure) message() string {
	parts := []string{f.Description}
	add := func(format, value string) {
		if value != "" {
			parts = append(parts, fmt.Sprintf(format, value))
		}
	}
	add("at %s", strings.Join(vendorjson.TryRead[[]string](f.Detail["path"]), "."))
	add("%s", vendorjson.TryRead[string](f.Detail["issue_description"]))
	add("%s", strings.Join(vendorjson.TryRead[[]string](f.Detail["errors"]), "; "))
	add("scopes %s", strings.Join(vendorjson.TryRead[[]string](f.Detail["scopes"]), ", "))
	add("from %s", vendorjson.TryRead[string](f.Detail["ip_address"]))
	add("%s", vendorjson.TryRead[string](f.Detail["details"]))
	if f.Description == "" {
		parts = parts[1:]
	}
	return strings.Join(parts, ": ")
}

// provisioning says how long to wait for a key that is being set up. Krystal's
// recordings show 15 to 45 s in all.
func provisioning(e *provider.Error) (time.Duration, bool) {
	return 2*time.Second + rand.N(time.Second), e.Code == codeProvisioning //nolint:gosec // G404: chance, not secrecy
}
