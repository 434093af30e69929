package losant

import (
	"fmt"
	"strings"

	"github.com/credctl/credctl/internal/losant/service"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// ExplainImpact says what v would break. It needs c as Get returned it, and asks nothing.
func (c *credentials) ExplainImpact(v provider.Verb, cred provider.Credential, in provider.Input) string {
	var s service.Type
	var current vendorjson.Others
	known := false
	if r, ok := cred.Details.(*record); ok {
		s, known = service.Find(r.Type)
		current = r.fields()
	}
	var said []string
	if v == provider.Update || v == provider.Rotate {
		if to, isSet := newName.Lookup(in); isSet && to != cred.Name {
			said = append(said, fmt.Sprintf("workflows, integrations and archives that refer to %q by name stop finding it", cred.Name))
		}
	}
	switch v {
	case provider.Update:
		if off, isSet := disabled.Lookup(in); isSet && off && cred.Status != "disabled" {
			said = append(said, "programs that use this credential fail while it is disabled")
		}
		if g, err := read(in); err == nil && known && !g.Empty() && !g.Renews(s) {
			said = append(said, fmt.Sprintf("Losant may drop a %s that is not part of the change, and credctl cannot read it back: pass it too (%s)", s.Secret().Name, s.Secret().Usage()))
		}
	case provider.Rotate:
		said = append(said, "credctl overwrites the current secret; this cannot be undone")
		if g, err := read(in); err == nil && s.Pair != "" && !g.Has(s.Pair) {
			said = append(said, fmt.Sprintf("%s does not change: it must belong to the new %s", s.Pair, s.Secret().Name))
		}
	case provider.Generate:
		if s.Generates(current["type"]) { // for the others there is nothing to ask about: it is refused
			said = append(said, "the current key pair stops working immediately, and the new public key works only after you register it at the service")
		}
	case provider.Delete:
		said = append(said, "this cannot be undone, and credctl cannot find workflows that compute the name of the credential; to keep it, disable it with `update --disabled`")
	case provider.List, provider.Get, provider.Create:
	}
	return strings.Join(said, "; ")
}
