package configfile

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/credctl/credctl/internal/config/statesetting"
	"github.com/credctl/credctl/internal/provider"
)

// object is a JSON object.
type object = map[string]any

// Schema returns the JSON Schema of the configuration file, for editors.
func (k Known) Schema() ([]byte, error) {
	sections := object{}
	defs := object{
		"value": object{"type": []string{"string", "number", "boolean", "null"}},
		TokenCommand: object{
			"description": "Command that prints the token. It runs without a shell, for at most ten seconds.",
			"oneOf":       []object{reference("value"), {"type": "array", "items": reference("value")}},
		},
	}
	for _, p := range k.Vendors {
		sections[p.Name] = reference(p.Name)
		defs[p.Name] = mapping(properties(p))
	}
	sections[destinationsKey] = reference(destinationsKey)
	defs[destinationsKey] = mapping(k.destinationProperties())
	profiles := object{
		"description":          "Accounts, under names that you choose. Settings outside profiles apply to all of them.",
		"type":                 []string{"object", "null"},
		"propertyNames":        object{"minLength": 1, "not": object{"pattern": delimiter}},
		"additionalProperties": mapping(sections),
	}
	top := object{
		defaultProfileKey: value("Profile to use unless --profile or CREDCTL_PROFILE names another."),
		profilesKey:       profiles,
		stateKey:          value("Where the state of rotations is: dir:PATH, or the postgres:// URL of a database that several hosts share. Without it, the state folder."),
		stateLeaseKey:     value("How long a lock in the database lasts after the run that holds it has gone: 10s to 10m (default 2m)."),
		stateIdentityKey: object{
			"description": "Where the key is that encrypts the rotation journal. Without it, the key is in the state folder.",
			"enum":        []any{statesetting.InKeyring, nil},
		},
	}
	top[versionKey] = object{"description": "Version of the file. An older credctl refuses a newer one. Without it, 1.", "enum": []any{newest}}
	maps.Copy(top, sections)
	schema := mapping(top)
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["$id"] = "https://github.com/credctl/credctl/raw/main/docs/schema/config.schema.json"
	schema["title"] = "credctl configuration"
	schema["description"] = "Configuration file of credctl: ~/.config/credctl/config.yaml, or the file that --config or CREDCTL_CONFIG names."
	schema["$defs"] = defs
	text, err := json.MarshalIndent(schema, "", "  ")
	return append(text, '\n'), err
}

// properties returns the properties of the section of a vendor.
func properties(p provider.Provider) object {
	all := object{BaseURL: value("URL of the API: an origin, or an origin with a path.")}
	for _, param := range p.Settings {
		i := param.Info()
		key, usage := i.Setting(), strings.ReplaceAll(i.Usage, "`", "")
		if i.From != provider.File {
			all[key] = value(usage)
			continue
		}
		all[key+"_file"] = value("Path of a file that holds only the " + strings.ReplaceAll(key, "_", " ") + ". ~/ is your home folder; a relative path starts at the folder of this file.")
		all[key] = value("The " + strings.ReplaceAll(key, "_", " ") + " itself. Then only you may be able to read this file.")
		if key == Token {
			all[TokenCommand] = reference(TokenCommand)
		}
	}
	return all
}

// destinationProperties returns the settings of destinations, by service.
func (k Known) destinationProperties() object {
	services := object{}
	for _, s := range k.settings() {
		service, name, _ := strings.Cut(s.Name, ".")
		of, ok := services[service].(object)
		if !ok {
			of = mapping(object{})
			services[service] = of
		}
		of["properties"].(object)[name] = value(s.Usage) //nolint:forcetypeassert // mapping made it
	}
	return services
}

func mapping(properties object) object {
	return object{"type": []string{"object", "null"}, "additionalProperties": false, "properties": properties}
}

func value(description string) object {
	return object{"description": description, "$ref": "#/$defs/value"}
}

func reference(name string) object { return object{"$ref": "#/$defs/" + name} }
