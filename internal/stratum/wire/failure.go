package wire

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// A complaint is the body of an error, in the shapes of all versions: the issues
// of a validation stand in "details" next to the error (create), in "issues"
// within it (rotate), or in "details.issues" within it (1.2.0 and later, which
// repeats them in the old places).
type complaint struct {
	Error   jsontext.Value `json:"error"`
	Details jsontext.Value `json:"details"`
	Message string         `json:"message"` // of the framework, where "error" is a text
}

type problem struct {
	Code    string         `json:"code"`
	Message string         `json:"message"`
	Issues  []issue        `json:"issues"`
	Details jsontext.Value `json:"details"`
}

type issue struct {
	Path    []any  `json:"path"` // names, and positions in arrays
	Message string `json:"message"`
}

// Failure reads an error. What it cannot read it leaves out: the status says enough.
func Failure(_ int, body []byte) rest.Failure {
	c := vendorjson.TryRead[complaint](body)
	p := vendorjson.TryRead[problem](c.Error)
	if c.Error.Kind() == '"' {
		p.Message = c.Message
	}
	issues := vendorjson.TryRead[problem](p.Details).Issues
	if len(issues) == 0 {
		issues = p.Issues
	}
	if len(issues) == 0 {
		issues = vendorjson.TryRead[[]issue](c.Details)
	}
	return rest.Failure{Code: p.Code, Message: join(p.Message, issues), Absent: p.Code == "NOT_FOUND"}
}

func join(message string, issues []issue) string {
	var said []string
	for _, i := range issues {
		var path []string
		for _, step := range i.Path {
			path = append(path, fmt.Sprint(step))
		}
		if len(path) > 0 {
			i.Message = strings.Join(path, ".") + ": " + i.Message
		}
		said = append(said, i.Message)
	}
	switch {
	case len(said) == 0:
		return message
	case message == "":
		return strings.Join(said, "; ")
	}
	return message + ": " + strings.Join(said, "; ")
}
