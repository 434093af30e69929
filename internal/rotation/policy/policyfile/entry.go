package policyfile

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/glob"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/yamlfile"
)

func (p *parser) entry(n *yaml.Node) {
	r := Entry{Line: n.Line, Column: n.Column}
	given := p.Mapping(n, yamlfile.Fields{
		"name":           &r.Name,
		"provider":       &r.Provider,
		"kind":           &r.Kind,
		"profile":        &r.Profile,
		"id":             &r.ID,
		"select":         func(n *yaml.Node) { r.Select = p.selection(n) },
		"optional":       &r.Optional,
		"settings":       &r.Settings,
		"params":         &r.Params,
		"max_age":        &r.MaxAge,
		"grace":          &r.Grace,
		"to":             &r.To,
		"proof":          &r.Proof,
		"on_drift":       &r.OnDrift,
		"hook":           func(n *yaml.Node) { readHook(p, n, &r.Hook) },
		"hook_stdin":     &r.Hook.Stdin,
		"verify":         &r.Verify,
		"verify_timeout": &r.VerifyTimeout,
		"in_place":       &r.InPlace,
		"overlap":        &r.Overlap,
		"accept_drift":   &r.AcceptDrift,
		"self":           &r.Self,
		"not_self":       &r.NotSelf,
	})
	for _, key := range []string{"name", "provider", "max_age", "to"} {
		if given[key] == nil && n.Kind == yaml.MappingNode {
			p.Bad(n, "%s is required", key)
		}
	}
	if provider.IsUUID(r.ID) { // which is the same in any case, to every vendor and to the journal
		r.ID = strings.ToLower(r.ID)
	}
	at := func(key string) *yaml.Node {
		if given[key] == nil {
			return n
		}
		return given[key]
	}
	r.AgeLine, r.AgeColumn = at("max_age").Line, at("max_age").Column
	if len(given) > 0 {
		kind := p.kind(&r, at)
		p.checkEntry(r, kind, at)
		p.claim(n.Line, r, at)
	}
	p.policy.Rotations = append(p.policy.Rotations, r)
}

func (p *parser) selection(n *yaml.Node) *Selection {
	s := &Selection{}
	given := p.Mapping(n, yamlfile.Fields{"name": &s.Name, "status": &s.Status})
	if err := glob.Check(s.Name); err != nil {
		p.Bad(given["name"], "%q is not a valid pattern", s.Name)
	}
	if len(given) == 0 && n.Kind == yaml.MappingNode {
		p.Bad(n, "select needs name or status")
	}
	return s
}

// readHook reads a line for the shell, or a program with its arguments.
func readHook(p *parser, n *yaml.Node, h *rotation.Hook) {
	if n.Kind != yaml.SequenceNode {
		p.Read(n, &h.Line)
	} else if p.Read(n, &h.Args); len(h.Args) == 0 {
		p.Bad(n, "hook is empty: name a program")
	}
}

// kind looks up the kind of an entry, and checks what is said to its vendor.
func (p *parser) kind(r *Entry, at func(string) *yaml.Node) rotation.Kind {
	if p.engine.Kind == nil || r.Provider == "" {
		return rotation.Kind{}
	}
	kind, err := p.engine.Kind(r.Provider, r.Kind)
	if err != nil {
		p.Bad(at("provider"), "%v", err)
		return kind
	}
	r.Kind = kind.Name
	if k, ok := kind.Methods.(interface{ KeepsID() bool }); ok {
		r.MayNeedSecret = k.KeepsID()
	}
	p.values(at("settings"), r.Settings, kind.Settings)
	p.values(at("params"), r.Params, kind.Params)
	return kind
}

// values checks a mapping of parameters to their values.
func (p *parser) values(n *yaml.Node, given map[string]string, known []provider.AnyParam) {
	if given == nil || n.Kind != yaml.MappingNode {
		return
	}
	names := make([]string, len(known))
	for i, one := range known {
		names[i] = one.Info().Name
	}
	in := provider.NewInput(known...)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !slices.Contains(names, key.Value) {
			p.Unknown(key, names)
		} else if err := in.Value(key.Value).Set(given[key.Value]); err != nil {
			p.Bad(value, "%s: %v", key.Value, err)
		}
	}
}

// checkEntry checks what the keys of one entry mean together.
func (p *parser) checkEntry(r Entry, kind rotation.Kind, at func(string) *yaml.Node) {
	strategy, err := oplog.Choose(kind.Methods, r.Kind, r.Options)
	atOnce, cannot := r.InPlace || strategy == oplog.Rotate, kind.Methods != nil && err != nil && (!r.InPlace || !r.Overlap)
	for _, c := range []struct {
		wrong bool
		key   string
		text  string
	}{
		{(r.ID == "") == (r.Select == nil), "", "set either id or select"},
		{r.Optional && r.Select == nil, "optional", "optional is for entries with select"},
		{at("to").Kind == yaml.SequenceNode && len(r.To) == 0, "to", "to names no destination, so the new secret would be lost"},
		{r.MaxAge > 0 && r.Grace >= r.MaxAge, "grace", "grace must be shorter than max_age, which includes it"},
		{r.Self && r.NotSelf, "not_self", "self and not_self exclude each other"},
		{r.InPlace && r.Overlap, "overlap", "in_place and overlap exclude each other"},
		{cannot && r.Overlap, "overlap", "the vendor's API cannot create a second credential with the same permissions; remove overlap"},
		{cannot && r.InPlace, "in_place", "the vendor's API cannot rotate this kind of credential in place; remove in_place"},
		{cannot && !r.Overlap && !r.InPlace, "kind", "the vendor's API cannot rotate this kind of credential"},
		{atOnce && r.Grace > 0 && !r.Overlap, "grace", "grace has no effect here, because the old secret stops working at once; set overlap: true, or remove grace"},
		{!verifies(r.Verify), "verify", "verify must be auto, none or exec:COMMAND"},
		{r.OnDrift != "" && r.OnDrift != "report" && r.OnDrift != Redeliver, "on_drift", "on_drift must be report or redeliver"},
		{r.Proof != "" && r.Proof != string(deliver.ByValue) && r.Proof != string(deliver.ByStamp), "proof", "proof must be value or stamp"},
	} {
		if c.wrong {
			p.Bad(at(c.key), "%s", c.text)
		}
	}
}

// verifies reports whether mode is a way to verify a new secret.
func verifies(mode string) bool {
	line, command := strings.CutPrefix(mode, "exec:")
	return command && strings.TrimSpace(line) != "" || mode == "" || mode == "auto" || mode == "none"
}

// A claim is a place that an entry writes.
type claim struct {
	deliver.Place
	spec     string
	by, line int // the entry

	others int        // the entries that write there as well
	last   *yaml.Node // where the last of them does
}

// mostClaims is how many entries that write to the place of another are described.
const mostClaims = 8

// others notes the entries that write to the place of another, and are not described.
func (p *parser) others() {
	for _, all := range p.places {
		for _, c := range all {
			if more := c.others - mostClaims; more > 0 {
				p.Bad(c.last, "%d more entries write to %q of the entry in line %d", more, c.spec, c.line)
			}
		}
	}
}

// claim demands that an entry has its name, its credential and its places for itself.
func (p *parser) claim(line int, r Entry, at func(string) *yaml.Node) {
	if first := p.names[r.Name]; first > 0 {
		p.Bad(at("name"), "the name %q is taken by the entry in line %d", r.Name, first)
	} else if r.Name != "" {
		p.names[r.Name] = line
	}
	id := strings.Join([]string{r.Provider, r.Kind, r.Profile, r.ID}, "\x00")
	if first := p.ids[id]; first > 0 && r.ID != "" {
		p.Bad(at("id"), "%s is rotated by the entry in line %d; list all of its destinations there", r.ID, first)
	} else {
		p.ids[id] = line
	}
	for i, to := range r.To {
		n := at("to")
		if i < len(n.Content) {
			n = n.Content[i]
		}
		place, known := p.place(n, r, to)
		if !known || place.At == "" { // anybody may write there
			continue
		}
		others := p.places[place.At]
		if first := slices.IndexFunc(others, func(c claim) bool { return c.by != len(p.policy.Rotations) && c.Clashes(place) }); first >= 0 {
			c := &others[first]
			if c.others, c.last = c.others+1, n; c.others <= mostClaims {
				p.Bad(n, "%q is also written by the entry in line %d (as %q)", to, c.line, c.spec)
			}
			continue
		}
		p.places[place.At] = append(others, claim{Place: place, spec: to, by: len(p.policy.Rotations), line: line})
	}
}

// place checks a destination, and returns what it writes, as far as that depends on no
// name that is not known yet.
func (p *parser) place(n *yaml.Node, r Entry, to string) (place deliver.Place, known bool) {
	if p.engine.Destination == nil || r.Provider == "" || to == "" {
		return place, false
	}
	try := to
	if r.Select != nil { // any name is as good
		try = strings.ReplaceAll(to, Placeholder, "name")
	}
	d, err := p.engine.Destination(try, r.Subject, false)
	if err == nil {
		err = entry.Demand(d, deliver.Proof(r.Proof))
	}
	if err != nil {
		p.Bad(n, "%s", strings.ReplaceAll(err.Error(), try, to))
		return place, false
	}
	return deliver.PlaceOf(d), try == to
}
