package wire

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// ErrNoRoute is an answer of the router, which has no such path or method: nothing
// was done, and it says nothing about a credential.
var ErrNoRoute = errors.New("no such route")

// An envelope is what an answer says of itself, in all the forms of the host.
type envelope struct {
	Status  jsontext.Value `json:"status"`
	Success jsontext.Value `json:"success"`
	Message jsontext.Value `json:"message"`
	Error   jsontext.Value `json:"error"`
	Detail  jsontext.Value `json:"detail"`
	Errors  jsontext.Value `json:"errors"`
}

// Failure reads an error, or an answer with status 2xx whose envelope says that the
// request failed.
func Failure(status int, body []byte) rest.Failure {
	e := vendorjson.TryRead[envelope](body)
	f := rest.Failure{Failed: denies(e.Status) || denies(e.Success)}
	if status/100 == 2 && !f.Failed {
		return f
	}
	f.Message = e.message()
	switch {
	case status == http.StatusNotFound && len(e.Status) == 0:
		f.Class = provider.WithClass(ErrNoRoute, provider.ErrNotFound)
	case status == http.StatusNotFound:
		f.Absent = true
	case status == http.StatusMethodNotAllowed:
		f.Class = provider.WithClass(ErrNoRoute, provider.ErrInvalid)
	case status == http.StatusServiceUnavailable && f.Failed: // the API itself, which has no codes, and no gateway before it
		f.Class = provider.ErrUnavailable
	}
	return f
}

func denies(v jsontext.Value) bool {
	var ok Flag
	return len(v) > 0 && v.Kind() != 'n' && vendorjson.Read(v, &ok) == nil && !bool(ok)
}

// message is the first text that e has in any of the known places, and what it says of fields.
func (e envelope) message() string {
	legacy, nested := vendorjson.TryRead[complaint](e.Error), vendorjson.TryRead[complaint](e.Detail)
	said := cmp.Or(
		vendorjson.TryRead[string](e.Message), vendorjson.TryRead[string](e.Error), string(legacy.Message),
		vendorjson.TryRead[string](e.Detail), string(nested.Message), strings.Join(complaints(e.Detail), "; "),
	)
	fields := strings.Join(fieldErrors(e.Errors), "; ")
	if said == "" || fields == "" {
		return said + fields
	}
	return said + ": " + fields
}

// A complaint is an element of FastAPI's "detail", or of "errors".
type complaint struct {
	Loc     []any `json:"loc"`
	Msg     Text  `json:"msg"`
	Field   Text  `json:"field"`
	Message Text  `json:"message"`
}

// complaints reads an array of texts or objects.
func complaints(v jsontext.Value) (said []string) {
	for _, item := range vendorjson.TryRead[[]jsontext.Value](v) {
		c := vendorjson.TryRead[complaint](item)
		path := []string{}
		for _, step := range c.Loc {
			path = append(path, fmt.Sprint(step))
		}
		if c.Field != "" {
			path = append(path, string(c.Field))
		}
		s := vendorjson.TryRead[string](item) + string(c.Msg) + string(c.Message)
		if s != "" && len(path) > 0 {
			s = strings.Join(path, ".") + ": " + s
		}
		if s != "" {
			said = append(said, s)
		}
	}
	return said
}

// fieldErrors reads Laravel's object of fields, each with its texts, or what [complaints] reads.
func fieldErrors(v jsontext.Value) (said []string) {
	var fields map[string]jsontext.Value
	if vendorjson.Read(v, &fields) != nil {
		return complaints(v)
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		about := complaints(fields[name])
		if s := vendorjson.TryRead[string](fields[name]); s != "" {
			about = []string{s}
		}
		for _, s := range about {
			said = append(said, name+": "+s)
		}
	}
	return said
}
