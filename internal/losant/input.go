package losant

import (
	"github.com/credctl/credctl/internal/losant/service"
	"github.com/credctl/credctl/internal/provider"
)

var (
	name        = provider.Name.Check(length("the name", 1, 255))
	newName     = provider.NewName.Check(length("the name", 1, 255))
	typeName    = provider.String("type", "`type` of the service, such as aws, http or sql").Completing(completeType)
	description = provider.String("description", "`text` that describes the credential").Check(length("the description", 0, 32767))
	disabled    = provider.Bool("disabled", "disable the credential; --disabled=false enables it")

	set = provider.Pairs("set", "`field=value` of the configuration, not a secret; repeatable").
		Completing(completeFields(func(f service.Field) bool { return !f.Secret }))
	setFile = provider.SecretFiles("set-file", "`field=path` of a file with the value, or -; repeatable").
		Completing(completeFields(func(f service.Field) bool { return f.Kind == service.Text && f.Values == nil }))
	configFile = provider.SecretFile("config-file", "`path` of a JSON file with the configuration, or -")

	sortBy     = provider.OneOf("sort", "`field` to sort by (default creationDate)", "name", "type", "creationDate", "lastUpdated")
	ascending  = provider.Bool("asc", "sort in ascending order (default descending)")
	filterName = provider.String("filter-name", "only names that match this `glob`, such as web-*")
	filterType = provider.String("type", "only credentials of this `type`, such as aws").Completing(completeType)
	limit      = provider.Int("limit", "stop after this `number` of credentials", 1, 1_000_000)
)

func params() map[provider.Verb][]provider.AnyParam {
	config := []provider.AnyParam{set, setFile, configFile}
	return map[provider.Verb][]provider.AnyParam{
		provider.List:   {sortBy, ascending, filterName, filterType, limit},
		provider.Create: append([]provider.AnyParam{name.Required(), typeName.Required(), description, disabled}, config...),
		provider.Update: append([]provider.AnyParam{newName, description, disabled}, config...),
		provider.Rotate: append([]provider.AnyParam{newName}, config...),
	}
}

func length(what string, least, most int) func(string) error {
	f := service.Field{Min: least, Max: most}
	return func(s string) error {
		if f.Check(s) != "" {
			return provider.Usage("%s must be %s", what, f.Domain())
		}
		return nil
	}
}

// top returns what in says apart from the configuration, as a request has it: the
// name with the parameter that the verb has for it.
func top(in provider.Input, name provider.Param[string]) map[string]any {
	out := map[string]any{}
	if v, isSet := name.Lookup(in); isSet {
		out["name"] = v
	}
	if v, isSet := description.Lookup(in); isSet {
		out["description"] = v
	}
	if v, isSet := disabled.Lookup(in); isSet {
		out["enabled"] = !v
	}
	return out
}

func read(in provider.Input) (service.Input, error) {
	g := service.Input{Set: set.Get(in), Files: setFile.Get(in)}
	raw, there := configFile.Lookup(in)
	if !there {
		return g, nil
	}
	g.Raw = raw
	var err error
	g.Object, err = service.ParseConfig([]byte(raw.Reveal()))
	return g, err
}
