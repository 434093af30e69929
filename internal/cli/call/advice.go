package call

import (
	"cmp"
	"errors"
	"net/http"
	"slices"

	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
)

// hintAnswer adds to an error that carries no advice what a refused token lacks, or how to see
// whether a change of the credential id was carried out.
func hintAnswer(c *Call, id string, err error) error {
	if err == nil || provider.HintOf(err) != "" {
		return err
	}
	id = cmp.Or(exit.AboutOf(err).ID, id)
	e, answered := errors.AsType[*provider.Error](err)
	changes := c.Verb == provider.Delete || c.Verb == provider.Update
	reads := c.Verb == provider.List || c.Verb == provider.Get
	switch code, _ := exit.Of(err); {
	case code == "denied" && answered && e.Status == http.StatusForbidden && (reads || changes): // else a destination may have answered
		return provider.Hint(err, "use a token with %s", c.Provider.Login.Scopes)
	case id != "" && changes && slices.Contains(c.Kind.Verbs, provider.Get) && (code == "unavailable" || code == "unknown"):
		return provider.Hint(err, "to see whether the change was made, run: %s %s", c.Line(provider.Get), quote.Word(id))
	}
	return err
}
