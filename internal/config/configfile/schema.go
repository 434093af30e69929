package configfile

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// object is a JSON object.
type object = map[string]any

// Schema returns the JSON Schema of the configuration file, for editors.
func Schema(vendors []provider.Provider) ([]byte, error) {
	sections := object{}
	defs := object{
		"value": object{"type": []string{"string", "number", "boolean", "null"}},
		TokenCommand: object{
			"description": "The command that prints the token. It runs without a shell, for ten seconds at most.",
			"oneOf":       []object{reference("value"), {"type": "array", "items": reference("value")}},
		},
	}
	for _, p := range vendors {
		sections[p.Name] = reference(p.Name)
		defs[p.Name] = mapping(properties(p))
	}
	profiles := object{
		"description":          "Accounts, by names of your own. What is outside of them counts for all.",
		"type":                 []string{"object", "null"},
		"propertyNames":        object{"minLength": 1, "not": object{"pattern": delimiter}},
		"additionalProperties": mapping(sections),
	}
	top := object{
		defaultProfileKey: value("The profile that counts unless --profile or CREDCTL_PROFILE names another."),
		profilesKey:       profiles,
	}
	maps.Copy(top, sections)
	schema := mapping(top)
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["$id"] = "https://github.com/credctl/credctl/raw/main/docs/schema/config.schema.json"
	schema["title"] = "credctl configuration"
	schema["description"] = "The configuration file of credctl: ~/.config/credctl/config.yaml, or what --config or CREDCTL_CONFIG names."
	schema["$defs"] = defs
	text, err := json.MarshalIndent(schema, "", "  ")
	return append(text, '\n'), err
}

// properties are those of the section of a vendor.
func properties(p provider.Provider) object {
	all := object{BaseURL: value("The URL of the API: an origin, or an origin with a path.")}
	for _, param := range p.Settings {
		i := param.Info()
		key, usage := i.Setting(), strings.ReplaceAll(i.Usage, "`", "")
		if i.From != provider.File {
			all[key] = value(usage)
			continue
		}
		all[key+"_file"] = value("The path of the file that holds the " + strings.ReplaceAll(key, "_", " ") + " alone. ~/ is your home; a relative path begins at this file.")
		all[key] = value("The " + strings.ReplaceAll(key, "_", " ") + " itself. Only you may be able to read this file then.")
		if key == Token {
			all[TokenCommand] = reference(TokenCommand)
		}
	}
	return all
}

func mapping(properties object) object {
	return object{"type": []string{"object", "null"}, "additionalProperties": false, "properties": properties}
}

func value(description string) object {
	return object{"description": description, "$ref": "#/$defs/value"}
}

func reference(name string) object { return object{"$ref": "#/$defs/" + name} }
