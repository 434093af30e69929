// Package recognize tells whether a text may be a secret of a kind.
package recognize

import (
	"encoding/pem"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

const (
	alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	shortest     = 16 // characters of an S3 secret
	longest      = 128
)

// Like reports whether text is one word that looks like a secret of this shape,
// and not like a token of a service that marks its own.
func Like(s provider.Shape, text string) bool {
	switch {
	case s.IsPair():
		word := strings.TrimRight(text, "=")
		return len(text)-len(word) <= 2 && shortest <= len(text) && len(text) <= longest &&
			strings.Trim(word, alphanumeric+"+/") == "" && !slices.ContainsFunc(marks(), func(mark string) bool { return strings.HasPrefix(text, mark) })
	case s.Prefix() != "":
		rest, found := strings.CutPrefix(text, s.Prefix())
		return found && rest != "" && strings.Trim(rest, alphanumeric+"_-") == ""
	}
	return false
}

// PublicKey reports whether text is one public key, and nothing else.
func PublicKey(text string) bool {
	text = strings.TrimSpace(text)
	if block, rest := pem.Decode([]byte(text)); block != nil {
		return strings.HasPrefix(text, "-----BEGIN ") && strings.HasSuffix(block.Type, "PUBLIC KEY") && len(rest) == 0
	}
	kind, rest, found := strings.Cut(text, " ")
	return found && strings.HasPrefix(kind, "ssh-") && strings.HasPrefix(rest, "AAAA") && !strings.Contains(rest, "\n")
}

// marks are what the tokens and key IDs of other services begin with that consist
// of the characters of base64: of AWS, Google, Alibaba, Facebook, and JSON.
func marks() []string { return []string{"AKIA", "ASIA", "AIza", "LTAI", "EAAC", "eyJ"} }
