package losant

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
)

var (
	name        = provider.Name.Check(length("the name", 1, 255))
	typeName    = provider.String("type", "`type` of the service, such as aws, http or sql").Completing(completeType)
	description = provider.String("description", "`text` that says what the credential is for").Check(length("the description", 0, 32767))
	disabled    = provider.Bool("disabled", "keep the credential, but let every use of it fail; --disabled=false enables it")

	set = provider.Pairs("set", "`field=value` of the type's configuration; may be repeated; a secret field is refused").
		Completing(completeFields(func(f field) bool { return !f.secret }))
	setFile = provider.SecretFiles("set-file", "`field=path` of a file that holds the value, such as a secret; - is standard input; may be repeated").
		Completing(completeFields(func(f field) bool { return f.kind == text && f.values == nil }))
	configFile = provider.SecretFile("config-file", "`path` of a file that holds the configuration of the type as a JSON object (the bare content of <type>Config); - is standard input")

	sortBy     = provider.OneOf("sort", "`field` to sort by; the default is creationDate", "name", "type", "creationDate", "lastUpdated")
	ascending  = provider.Bool("asc", "sort in ascending order; the default is descending")
	filterName = provider.String("filter-name", "only names that match this `glob`, in which * stands for anything")
	filterType = provider.String("type", "only credentials of this `type`, such as aws, http or sql").Completing(completeType)
	limit      = provider.Int("limit", "stop after this `number` of credentials", 1, 1_000_000)
)

func params() map[provider.Verb][]provider.AnyParam {
	config := []provider.AnyParam{set, setFile, configFile}
	return map[provider.Verb][]provider.AnyParam{
		provider.List:   {sortBy, ascending, filterName, filterType, limit},
		provider.Create: append([]provider.AnyParam{name.Required(), typeName.Required(), description, disabled}, config...),
		provider.Update: append([]provider.AnyParam{name, description, disabled}, config...),
		provider.Rotate: config,
	}
}

func length(what string, least, most int) func(string) error {
	f := field{min: least, max: most}
	return func(s string) error {
		if f.check(s) != "" {
			return provider.Usage("%s must be %s", what, f.domain())
		}
		return nil
	}
}

// top returns what in says beside the configuration, as a request has it.
func top(in provider.Input) map[string]any {
	out := map[string]any{}
	if v, given := name.Lookup(in); given {
		out["name"] = v
	}
	if v, given := description.Lookup(in); given {
		out["description"] = v
	}
	if v, given := disabled.Lookup(in); given {
		out["enabled"] = !v
	}
	return out
}

// A given configuration, whose type may not be known yet.
type given struct {
	set    map[string]string
	files  map[string]provider.Secret
	raw    provider.Secret // the file as a whole
	object map[string]any  // the same, decoded
}

func read(in provider.Input) (given, error) {
	g := given{set: set.Get(in), files: setFile.Get(in)}
	raw, there := configFile.Lookup(in)
	if !there {
		return g, nil
	}
	g.raw = raw
	var err error
	g.object, err = parseConfig([]byte(raw.Reveal()))
	return g, err
}

func (g given) empty() bool { return len(g.set) == 0 && len(g.files) == 0 && g.object == nil }

// draft checks g against the fields of s.
func (g given) draft(s service) (draft, error) {
	d := draft{}
	for _, field := range sorted(g.object) {
		if err := d.put(s, field, g.object[field]); err != nil {
			return nil, err
		}
	}
	for _, field := range sorted(g.set) {
		f, _ := s.field(field)
		if f.secret {
			return nil, provider.Usage("%s is a secret: give it with %s", field, f.usage())
		}
		if err := d.put(s, field, f.parse(g.set[field])); err != nil {
			return nil, err
		}
	}
	for _, field := range sorted(g.files) {
		f, _ := s.field(field)
		if err := d.put(s, field, f.parse(g.files[field].Reveal())); err != nil {
			return nil, err
		}
	}
	return d, s.consistent(d)
}

// whole returns the configuration of a type that is not known, as it is to be sent.
func (g given) whole(name string) (provider.Secret, error) {
	if g.object == nil || len(g.set) > 0 || len(g.files) > 0 {
		return provider.Secret{}, unknown(name)
	}
	return g.raw, nil
}

// parseConfig reads a JSON object. Its errors name a place and quote nothing,
// because what is there may be a secret.
func parseConfig(b []byte) (map[string]any, error) {
	var object map[string]any
	err := json.Unmarshal(b, &object)
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		line, column := place(b, int(syntax.ByteOffset))
		return nil, provider.Usage("the configuration file is not valid JSON at line %d, column %d", line, column)
	}
	if err != nil || object == nil {
		return nil, provider.Usage("the configuration file must hold one JSON object")
	}
	return object, nil
}

// place returns the line and the column, in characters, of an offset in b, from 1.
func place(b []byte, offset int) (line, column int) {
	before := b[:min(max(offset, 0), len(b))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte{'\n'}) + 1, utf8.RuneCount(before[start:]) + 1
}
