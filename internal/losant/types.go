package losant

import (
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// A service is one type of credential, and the fields of its <type>Config.
type service struct {
	name   string
	fields []field

	key   string // the field that is the public half
	cover string // the field that says what it is good for
	pair  string // the field that changes together with the secret
	group bool   // it needs a private key, given or generated
}

// A field of a config. It is a text, unless it has another kind.
type field struct {
	name     string
	kind     valueKind
	min, max int      // of the characters of a text, or the range of a number
	values   []string // all that a text may be
	note     string   // for help

	required  bool // by POST; PATCH requires none
	secret    bool // never returned
	writeOnly bool // not returned, although it is no secret
	readOnly  bool // refused in requests
	nullable  bool
}

type valueKind int

const (
	text valueKind = iota
	number
	truth
)

// generate is the field that makes Losant itself issue a key pair.
const generate = "generatePrivateKey"

// services are the types of API v1.30.0, in the order in which Losant added
// them, with the limits of its JSON schemas credentialPost and credential. Every
// few months there is another one, which is passed through.
var services = []service{
	{name: "aws", key: "accessKeyId", pair: "accessKeyId", fields: []field{
		{name: "accessKeyId", min: 16, max: 128, required: true},
		{name: "secretAccessKey", min: 4, max: 128, required: true, secret: true},
		{name: "region", min: 1, max: 128, required: true},
	}},
	{name: "azure", key: "account", fields: []field{
		{name: "account", max: 128},
		{name: "accountKey", min: 4, max: 128, required: true, secret: true},
	}},
	{name: "gcp", fields: []field{
		{name: "keyJson", min: 1, max: 8192, required: true, secret: true, note: "the JSON of a service account"},
		{name: "keyMetaJson", readOnly: true},
	}},
	{name: "http", cover: "uriMatch", fields: []field{
		{name: "uriMatch", min: 8, max: 1024, required: true, note: "what the URL of a request begins with"},
		{name: "authMethod", values: []string{"header", "queryParam", "basicAuth", "clientCertificate"}, required: true},
		{name: "publicValue", max: 8196, note: "header, parameter, user or certificate"},
		{name: "secretValue", max: 8196, required: true, secret: true, note: "value, password or private key"},
	}},
	{name: "sendgrid", fields: []field{
		{name: "apiKey", min: 4, max: 128, required: true, secret: true},
	}},
	{name: "twilio", key: "apiKeySid", pair: "apiKeySid", fields: []field{
		{name: "accountSid", min: 4, max: 128, required: true},
		{name: "apiKeySid", min: 4, max: 128, required: true},
		{name: "apiKeySecret", min: 4, max: 128, required: true, secret: true},
	}},
	{name: "loggly", fields: []field{
		{name: "customerToken", min: 1, max: 128, required: true, secret: true},
	}},
	{name: "jwt", fields: []field{
		{name: "issuer", max: 1024},
		{name: "algorithm", values: []string{"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512"}, required: true},
		{name: "secret", min: 1, max: 4096, required: true, secret: true},
	}},
	{name: "whatsapp", key: "fromNumberId", fields: []field{
		{name: "accessToken", min: 1, max: 1024, required: true, secret: true},
		{name: "fromNumberId", min: 1, max: 128, required: true},
	}},
	{name: "sql", key: "username", cover: "host", fields: []field{
		{name: "system", values: []string{"mssql", "mysql", "pg"}, required: true},
		{name: "host", min: 1, max: 256, required: true},
		{name: "port", kind: number, min: 1, max: 65535, nullable: true},
		{name: "username", min: 1, max: 256, required: true},
		{name: "password", min: 1, max: 256, required: true, secret: true},
		{name: "secureConnection", kind: truth},
		{name: "caCertificate", max: 8196},
		{name: "disableSSLVerification", kind: truth},
	}},
	{name: "mongodb", fields: []field{
		{name: "connectionUri", min: 1, max: 2048, required: true, secret: true},
	}},
	{name: "mailgun", fields: []field{
		{name: "apiKey", min: 4, max: 128, required: true, secret: true},
	}},
	{name: "snowflake", key: "publicKey", cover: "host", group: true, fields: []field{
		{name: "host", min: 1, max: 128, required: true},
		{name: "username", min: 1, max: 128, required: true},
		{name: "privateKey", max: 8196, secret: true},
		{name: generate, kind: truth, writeOnly: true, note: "in place of privateKey"},
		{name: "publicKey", readOnly: true},
	}},
	{name: "git", key: "publicKey", cover: "cloneUrl", fields: []field{
		{name: "type", values: []string{"ssh-key", "http-password"}, required: true},
		{name: "cloneUrl", min: 5, max: 1024, required: true},
		{name: "username", max: 128},
		{name: "committerName", max: 128},
		{name: "committerEmail", max: 128},
		{name: generate, kind: truth, writeOnly: true, note: "in place of secretValue, for an ssh-key"},
		{name: "secretValue", max: 8196, secret: true, note: "private key or password"},
		{name: "publicKey", readOnly: true},
	}},
	{name: "datadog", fields: []field{
		{name: "secretValue", max: 256, required: true, secret: true},
		{name: "site", min: 1, max: 128},
	}},
	{name: "certificateKeyPair", pair: "certificate", fields: []field{
		{name: "certificate", max: 8192, required: true},
		{name: "privateKey", max: 8196, required: true, secret: true},
		{name: "info", readOnly: true},
	}},
}

// find returns the service of a type, if it is known.
func find(name string) (service, bool) {
	i := slices.IndexFunc(services, func(s service) bool { return s.name == name })
	if i < 0 {
		return service{name: name}, false
	}
	return services[i], true
}

func typeNames() []string {
	names := make([]string, len(services))
	for i, s := range services {
		names[i] = s.name
	}
	return names
}

// field returns the field of that name, if it is known.
func (s service) field(name string) (field, bool) {
	i := slices.IndexFunc(s.fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return s.fields[i], true
}

// secret returns the one field that holds the secret: no type has two.
func (s service) secret() field {
	i := slices.IndexFunc(s.fields, func(f field) bool { return f.secret })
	return s.fields[i]
}

// writable returns the names of the fields that a request may have.
func (s service) writable() (names []string) {
	for _, f := range s.fields {
		if !f.readOnly {
			names = append(names, f.name)
		}
	}
	return names
}

// config is the name of the member that holds the fields.
func (s service) config() string { return s.name + "Config" }

// usage says how to give a value for f.
func (f field) usage() string {
	if f.secret {
		return "--set-file " + f.name + "=PATH"
	}
	return "--set " + f.name + "=VALUE"
}

// unknown is the error for a type whose fields credctl cannot check.
func unknown(name string) error {
	err := provider.Usage("credctl does not know the fields of type %q: give its whole configuration with --config-file", name)
	if meant := provider.Closest(name, typeNames()); meant != "" {
		return provider.Hint(err, "did you mean %s?", meant)
	}
	return provider.Hint(err, "the known types are %s", strings.Join(typeNames(), ", "))
}
