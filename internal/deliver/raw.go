package deliver

import (
	"errors"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// rawFormat is a file with the secret and a newline.
type rawFormat struct {
	shape   provider.Shape
	issued  func(provider.Secret) (bool, error)
	replace bool // whatever the file holds may be replaced
}

// parseRaw returns a file with the secret alone.
func parseRaw(spec, place string, o Options) (Destination, error) {
	l, err := locate(spec, place, "inplace", "replace")
	if err != nil {
		return nil, err
	}
	inPlace, err := l.on(spec, "inplace")
	if err != nil {
		return nil, err
	}
	replace, err := l.on(spec, "replace")
	if err != nil {
		return nil, err
	}
	f, err := parseFile(spec, "file:", l.place, l.text, rawFormat{o.Shape, o.Issued, replace}, o)
	if err != nil {
		return nil, err
	}
	f.inPlace = inPlace
	return f, nil
}

func (rawFormat) get(content string) (held, error) {
	return held{secret: strings.TrimSuffix(content, "\n")}, nil
}

func (rawFormat) set(_ string, c provider.Credential) (string, error) {
	return c.Secret.Reveal() + "\n", nil
}

func (rawFormat) stored(c provider.Credential) held { return held{secret: c.Secret.Reveal()} }

func (rawFormat) parts() (string, []string) { return "", nil }

// ours reports whether the content is a secret of this kind: by its form, or
// because credctl issued it.
func (f rawFormat) ours(content string) (bool, error) {
	text := strings.TrimSpace(content)
	if text == "" || like(f.shape, text) || f.issued == nil {
		return text != "" && like(f.shape, text), nil
	}
	return f.issued(provider.NewSecret(strings.TrimSuffix(content, "\n")))
}

// replaceable refuses to replace what may be the only copy of something else.
func (f rawFormat) replaceable(content string) error {
	if f.replace || strings.TrimSpace(content) == "" {
		return nil
	}
	ours, err := f.ours(content)
	if ours {
		return nil
	}
	return provider.Hint(errors.Join(refuse("the file holds something that is not a secret of this kind, and would be lost"), err),
		"choose another file, dotenv:PATH for a variable in this one, or add ?replace=1 to replace its content")
}

const (
	alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	shortest     = 16 // characters of an S3 secret
	longest      = 128
)

// like reports whether text is one word that looks like a secret of this shape,
// and not like a token of a service that marks its own.
func like(s provider.Shape, text string) bool {
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

// marks are what the tokens and key IDs of other services begin with that consist
// of the characters of base64: of AWS, Google, Alibaba, Facebook, and JSON.
func marks() []string { return []string{"AKIA", "ASIA", "AIza", "LTAI", "EAAC", "eyJ"} }
