package provider

import (
	"slices"
	"strings"
)

// A Shape says what the secret of a kind consists of, and so which formats and
// destinations can hold it. The zero Shape is that of a kind that issues no secret.
type Shape struct {
	form     form
	variable string
	prefix   string
}

type form int

const (
	noSecret form = iota
	pair
	single
)

// KeyPair is the shape of S3 credentials: an access key ID and a secret, which
// have the names of the AWS tools.
func KeyPair() Shape { return Shape{form: pair} }

// SingleSecret is the shape of one secret that programs read from the named
// environment variable.
func SingleSecret(variable string) Shape { return Shape{form: single, variable: variable} }

// Starting returns s for secrets that begin with prefix.
func (s Shape) Starting(prefix string) Shape {
	s.prefix = prefix
	return s
}

// IsPair reports whether s is an S3 key pair.
func (s Shape) IsPair() bool { return s.form == pair }

// IsSingle reports whether s is one secret.
func (s Shape) IsSingle() bool { return s.form == single }

// Variable returns the environment variable of a single secret, or "".
func (s Shape) Variable() string { return s.variable }

const (
	alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	shortest     = 16 // characters of an S3 secret
	longest      = 128
)

// Like reports whether text is one word that looks like a secret of this shape,
// and not like a token of a service that marks its own.
func (s Shape) Like(text string) bool {
	switch {
	case s.IsPair():
		word := strings.TrimRight(text, "=")
		return len(text)-len(word) <= 2 && shortest <= len(text) && len(text) <= longest &&
			strings.Trim(word, alphanumeric+"+/") == "" && !slices.ContainsFunc(marks(), func(mark string) bool { return strings.HasPrefix(text, mark) })
	case s.prefix != "":
		rest, found := strings.CutPrefix(text, s.prefix)
		return found && rest != "" && strings.Trim(rest, alphanumeric+"_-") == ""
	}
	return false
}

// marks are what the tokens and key IDs of other services begin with that consist
// of the characters of base64: of AWS, Google, Alibaba, Facebook, and JSON.
func marks() []string { return []string{"AKIA", "ASIA", "AIza", "LTAI", "EAAC", "eyJ"} }
