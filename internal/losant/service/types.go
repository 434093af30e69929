// Package service describes the types of credential that Losant keeps for other
// services: their fields, what a request may say of them, and what may be shown.
package service

import (
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// A Type is one type of credential, and the fields of its <type>Config.
type Type struct {
	Name   string
	Fields []Field

	Key   string // the field that is the public half
	Cover string // the field that says what it is good for
	Pair  string // the field that changes together with the secret
	Group bool   // it needs a private key, given or generated
}

// A Field of a config. It is a text, unless it has another kind.
type Field struct {
	Name     string
	Kind     Kind
	Min, Max int      // of the characters of a text, or the range of a number
	Values   []string // all that a text may be
	Note     string   // for help

	Required  bool // by POST; PATCH requires none
	Secret    bool // never returned
	WriteOnly bool // not returned, although it is no secret
	ReadOnly  bool // refused in requests
	Nullable  bool
}

// A Kind is what a field holds.
type Kind int

// The kinds of field.
const (
	Text Kind = iota
	Number
	Truth
)

// Generate is the field that makes Losant itself issue a key pair.
const Generate = "generatePrivateKey"

// types are the types of API v1.30.0, in the order in which Losant added
// them, with the limits of its JSON schemas credentialPost and credential. Every
// few months there is another one, which is passed through.
var types = []Type{
	{Name: "aws", Key: "accessKeyId", Pair: "accessKeyId", Fields: []Field{
		{Name: "accessKeyId", Min: 16, Max: 128, Required: true},
		{Name: "secretAccessKey", Min: 4, Max: 128, Required: true, Secret: true},
		{Name: "region", Min: 1, Max: 128, Required: true},
	}},
	{Name: "azure", Key: "account", Fields: []Field{
		{Name: "account", Max: 128},
		{Name: "accountKey", Min: 4, Max: 128, Required: true, Secret: true},
	}},
	{Name: "gcp", Fields: []Field{
		{Name: "keyJson", Min: 1, Max: 8192, Required: true, Secret: true, Note: "the JSON of a service account"},
		{Name: "keyMetaJson", ReadOnly: true},
	}},
	{Name: "http", Cover: "uriMatch", Fields: []Field{
		{Name: "uriMatch", Min: 8, Max: 1024, Required: true, Note: "prefix of the request URL"},
		{Name: "authMethod", Values: []string{"header", "queryParam", "basicAuth", "clientCertificate"}, Required: true},
		{Name: "publicValue", Max: 8196, Note: "header, parameter, user or certificate"},
		{Name: "secretValue", Max: 8196, Required: true, Secret: true, Note: "value, password or private key"},
	}},
	{Name: "sendgrid", Fields: []Field{
		{Name: "apiKey", Min: 4, Max: 128, Required: true, Secret: true},
	}},
	{Name: "twilio", Key: "apiKeySid", Pair: "apiKeySid", Fields: []Field{
		{Name: "accountSid", Min: 4, Max: 128, Required: true},
		{Name: "apiKeySid", Min: 4, Max: 128, Required: true},
		{Name: "apiKeySecret", Min: 4, Max: 128, Required: true, Secret: true},
	}},
	{Name: "loggly", Fields: []Field{
		{Name: "customerToken", Min: 1, Max: 128, Required: true, Secret: true},
	}},
	{Name: "jwt", Fields: []Field{
		{Name: "issuer", Max: 1024},
		{Name: "algorithm", Values: []string{"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512"}, Required: true},
		{Name: "secret", Min: 1, Max: 4096, Required: true, Secret: true},
	}},
	{Name: "whatsapp", Key: "fromNumberId", Fields: []Field{
		{Name: "accessToken", Min: 1, Max: 1024, Required: true, Secret: true},
		{Name: "fromNumberId", Min: 1, Max: 128, Required: true},
	}},
	{Name: "sql", Key: "username", Cover: "host", Fields: []Field{
		{Name: "system", Values: []string{"mssql", "mysql", "pg"}, Required: true},
		{Name: "host", Min: 1, Max: 256, Required: true},
		{Name: "port", Kind: Number, Min: 1, Max: 65535, Nullable: true},
		{Name: "username", Min: 1, Max: 256, Required: true},
		{Name: "password", Min: 1, Max: 256, Required: true, Secret: true},
		{Name: "secureConnection", Kind: Truth},
		{Name: "caCertificate", Max: 8196},
		{Name: "disableSSLVerification", Kind: Truth},
	}},
	{Name: "mongodb", Fields: []Field{
		{Name: "connectionUri", Min: 1, Max: 2048, Required: true, Secret: true},
	}},
	{Name: "mailgun", Fields: []Field{
		{Name: "apiKey", Min: 4, Max: 128, Required: true, Secret: true},
	}},
	{Name: "snowflake", Key: "publicKey", Cover: "host", Group: true, Fields: []Field{
		{Name: "host", Min: 1, Max: 128, Required: true},
		{Name: "username", Min: 1, Max: 128, Required: true},
		{Name: "privateKey", Max: 8196, Secret: true},
		{Name: Generate, Kind: Truth, WriteOnly: true, Note: "instead of privateKey"},
		{Name: "publicKey", ReadOnly: true},
	}},
	{Name: "git", Key: "publicKey", Cover: "cloneUrl", Fields: []Field{
		{Name: "type", Values: []string{"ssh-key", "http-password"}, Required: true},
		{Name: "cloneUrl", Min: 5, Max: 1024, Required: true},
		{Name: "username", Max: 128},
		{Name: "committerName", Max: 128},
		{Name: "committerEmail", Max: 128},
		{Name: Generate, Kind: Truth, WriteOnly: true, Note: "instead of secretValue, for an ssh-key"},
		{Name: "secretValue", Max: 8196, Secret: true, Note: "private key or password"},
		{Name: "publicKey", ReadOnly: true},
	}},
	{Name: "datadog", Fields: []Field{
		{Name: "secretValue", Max: 256, Required: true, Secret: true},
		{Name: "site", Min: 1, Max: 128},
	}},
	{Name: Certificate, Pair: "certificate", Fields: []Field{
		{Name: "certificate", Max: 8192, Required: true},
		{Name: "privateKey", Max: 8196, Required: true, Secret: true},
		{Name: "info", ReadOnly: true},
	}},
}

// All returns the types that are known.
func All() []Type { return types }

// Find returns the service of a type, if it is known.
func Find(name string) (Type, bool) {
	i := slices.IndexFunc(types, func(s Type) bool { return s.Name == name })
	if i < 0 {
		return Type{Name: name}, false
	}
	return types[i], true
}

// Names returns their names, in order.
func Names() []string {
	names := make([]string, len(types))
	for i, s := range types {
		names[i] = s.Name
	}
	return names
}

// Field returns the field of that name, if it is known.
func (s Type) Field(name string) (Field, bool) {
	i := slices.IndexFunc(s.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return s.Fields[i], true
}

// Secret returns the one field that holds the secret: no type has two.
func (s Type) Secret() Field {
	i := slices.IndexFunc(s.Fields, func(f Field) bool { return f.Secret })
	return s.Fields[i]
}

// Writable returns the names of the fields that a request may have.
func (s Type) Writable() (names []string) {
	for _, f := range s.Fields {
		if !f.ReadOnly {
			names = append(names, f.Name)
		}
	}
	return names
}

// Config is the name of the member that holds the fields.
func (s Type) Config() string { return s.Name + "Config" }

// Usage says how to give a value for f.
func (f Field) Usage() string {
	if f.Secret {
		return "--set-file " + f.Name + "=PATH"
	}
	return "--set " + f.Name + "=VALUE"
}

// unknown is the error for a type whose fields credctl cannot check.
func unknown(name string) error {
	err := provider.Usage("credctl does not know the fields of type %q", name)
	if meant := provider.Closest(name, Names()); meant != "" {
		return provider.Hint(err, "did you mean %s? For another type, pass the whole configuration with --config-file", meant)
	}
	return provider.Hint(err, "pass the whole configuration with --config-file, or one of these types: %s", strings.Join(Names(), ", "))
}

// SecretFields returns the fields that take a secret: the named one, or those of a type
// for which there is no doubt.
func (s Type) SecretFields(named string) ([]Field, error) {
	secret := s.Secret()
	switch {
	case named == secret.Name:
		return []Field{secret}, nil
	case named != "":
		return nil, provider.Usage("a credential of type %s has no secret field %q (valid: field=%s)", s.Name, named, secret.Name)
	case s.Name == "aws":
		pair, _ := s.Field(s.Pair)
		return []Field{pair, secret}, nil
	case s.Name == "http":
		return []Field{secret}, nil
	}
	return nil, provider.Usage("add the field of the %s credential that holds the secret: field=%s", s.Name, secret.Name)
}

// Generates reports whether Losant can make the key of a credential, whose field type is typ.
func (s Type) Generates(typ any) bool {
	_, ok := s.Field(Generate)
	return ok && !Same(typ, "http-password")
}
