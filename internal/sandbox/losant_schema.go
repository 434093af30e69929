package sandbox

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// losantTypes is every type of credential, in the order in which Losant added them.
var losantTypes = []string{"aws", "azure", "gcp", "http", "sendgrid", "twilio", "loggly", "jwt", "whatsapp", "sql", "mongodb", "mailgun", "snowflake", "git", "datadog", "certificateKeyPair"}

// losantField is a field that a config may be given.
type losantField struct {
	name      string
	low, high int      // characters of a string, or the range of a number
	kind      string   // string, bool or port
	values    []string // the only ones allowed
	required  bool     // by a create
	secret    bool     // never shown again
}

func field(name string, low, high int) losantField {
	return losantField{name: name, low: low, high: high, kind: "string"}
}

func flag(name string) losantField { return losantField{name: name, kind: "bool"} }

func (f losantField) must() losantField { f.required = true; return f }

func (f losantField) hidden() losantField { f.secret = true; return f }

func (f losantField) of(values ...string) losantField { f.values = values; return f }

// losantFields is what the config of a type may be given; nil for a type that is not known.
func losantFields(kind string) []losantField {
	switch kind {
	case "aws":
		return []losantField{field("accessKeyId", 16, 128).must(), field("secretAccessKey", 4, 128).must().hidden(), field("region", 1, 128).must()}
	case "azure":
		return []losantField{field("account", 0, 128), field("accountKey", 4, 128).must().hidden()}
	case "gcp":
		return []losantField{field("keyJson", 1, 8192).must().hidden()}
	case "http":
		return []losantField{
			field("uriMatch", 8, 1024).must(), field("authMethod", 1, 32).of("header", "queryParam", "basicAuth", "clientCertificate").must(),
			field("publicValue", 0, 8196), field("secretValue", 0, 8196).must().hidden(),
		}
	case "sendgrid", "mailgun":
		return []losantField{field("apiKey", 4, 128).must().hidden()}
	case "twilio":
		return []losantField{field("accountSid", 4, 128).must(), field("apiKeySid", 4, 128).must(), field("apiKeySecret", 4, 128).must().hidden()}
	case "loggly":
		return []losantField{field("customerToken", 1, 128).must().hidden()}
	case "jwt":
		return []losantField{
			field("issuer", 0, 1024), field("secret", 1, 4096).must().hidden(),
			field("algorithm", 1, 8).of("HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512").must(),
		}
	case "whatsapp":
		return []losantField{field("accessToken", 1, 1024).must().hidden(), field("fromNumberId", 1, 128).must()}
	case "sql":
		return []losantField{
			field("system", 1, 8).of("mssql", "mysql", "pg").must(), field("host", 1, 256).must(),
			{name: "port", kind: "port", low: 1, high: 65535},
			field("username", 1, 256).must(), field("password", 1, 256).must().hidden(), flag("secureConnection"), field("caCertificate", 0, 8196), flag("disableSSLVerification"),
		}
	case "mongodb":
		return []losantField{field("connectionUri", 1, 2048).must().hidden()}
	case "snowflake":
		return []losantField{field("host", 1, 128).must(), field("username", 1, 128).must(), field("privateKey", 0, 8196).hidden(), flag("generatePrivateKey").hidden()}
	case "git":
		return []losantField{
			field("type", 1, 16).of("ssh-key", "http-password").must(), field("cloneUrl", 5, 1024).must(), field("username", 0, 128),
			field("committerName", 0, 128), field("committerEmail", 0, 128), flag("generatePrivateKey").hidden(), field("secretValue", 0, 8196).hidden(),
		}
	case "datadog":
		return []losantField{field("secretValue", 0, 256).must().hidden(), field("site", 1, 128)}
	case "certificateKeyPair":
		return []losantField{field("certificate", 0, 8192).must(), field("privateKey", 0, 8196).must().hidden()}
	}
	return nil
}

// check says what is wrong with a value; "" is nothing.
func (f losantField) check(v any) string {
	switch f.kind {
	case "bool":
		if _, ok := v.(bool); !ok {
			return "must be a boolean"
		}
		return ""
	case "port":
		n, ok := v.(float64)
		if v == nil || ok && n == math.Trunc(n) && n >= float64(f.low) && n <= float64(f.high) {
			return ""
		}
		return fmt.Sprintf("must be an integer from %d to %d", f.low, f.high)
	}
	text, ok := v.(string)
	n := utf8.RuneCountInString(text)
	switch {
	case !ok:
		return "must be a string"
	case n < f.low:
		return fmt.Sprintf("must have at least %d characters", f.low)
	case n > f.high:
		return fmt.Sprintf("must have at most %d characters", f.high)
	case f.values != nil && !slices.Contains(f.values, text):
		return "must be one of " + strings.Join(f.values, ", ")
	}
	return ""
}

// losantConfig holds a given config against the fields of its type. What the
// real schemas leave open, a create with the config of another type, is refused here.
func losantConfig(kind string, given any, create bool) (map[string]any, string) {
	name := kind + "Config"
	config, ok := given.(map[string]any)
	if !ok {
		return nil, name + " must be an object"
	}
	fields := losantFields(kind)
	for _, key := range slices.Sorted(maps.Keys(config)) {
		i := slices.IndexFunc(fields, func(f losantField) bool { return f.name == key })
		if i < 0 {
			return nil, name + "." + key + " is not allowed"
		}
		if wrong := fields[i].check(config[key]); wrong != "" {
			return nil, name + "." + key + " " + wrong
		}
	}
	if create {
		for _, f := range fields {
			if _, there := config[f.name]; f.required && !there {
				return nil, name + "." + f.name + " is required"
			}
		}
		if kind == "snowflake" && config["privateKey"] == nil && config["generatePrivateKey"] == nil {
			return nil, name + " requires privateKey or generatePrivateKey"
		}
	}
	return config, ""
}
