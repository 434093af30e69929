package deliver

import (
	"errors"
	"strings"

	"github.com/credctl/credctl/internal/deliver/recognize"
	"github.com/credctl/credctl/internal/deliver/spec"
	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
)

// rawFormat is a file with the secret and a newline.
type rawFormat struct {
	shape   provider.Shape
	issued  func(provider.Secret) (bool, error)
	replace bool // whatever the file holds may be replaced
}

// parseRaw returns a file with the secret alone.
func parseRaw(text, place string, o Options) (Destination, error) {
	l, err := spec.Locate(text, place, "inplace", "replace")
	if err != nil {
		return nil, err
	}
	inPlace, err := l.On(text, "inplace")
	if err != nil {
		return nil, err
	}
	replace, err := l.On(text, "replace")
	if err != nil {
		return nil, err
	}
	f, err := parseFile(text, "file:", l.Place, l.Text, rawFormat{o.Shape, o.Issued, replace}, o)
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
	if text == "" || recognize.Like(f.shape, text) || f.issued == nil {
		return text != "" && recognize.Like(f.shape, text), nil
	}
	return f.issued(provider.NewSecret(strings.TrimSuffix(content, "\n")))
}

// replaceable refuses to replace what may be the only copy of something else.
func (f rawFormat) replaceable(content string) error {
	publicKeys := f.shape == (provider.Shape{}) // are all that is delivered
	if f.replace || strings.TrimSpace(content) == "" || publicKeys && recognize.PublicKey(content) {
		return nil
	}
	ours, err := f.ours(content)
	if ours {
		return nil
	}
	return provider.Hint(errors.Join(refuse("the file contains something other than a secret of this kind, which would be lost"), err),
		"choose another file, dotenv:PATH for a variable in this one, or add ?replace=1 to replace its content")
}

// replaceable refuses content that the format would destroy and that is not its own.
func (f *file) replaceable(content string) error {
	if r, whole := f.format.(rawFormat); whole {
		return r.replaceable(content)
	}
	return nil
}

// Overwrites reports whether a Write that is killed can leave parts of two contents.
func (f *file) Overwrites() bool { return f.inPlace }

// Mixed reports whether that has happened to a file with one of two credentials.
func (f *file) Mixed(a, b provider.Credential) bool {
	content, err := f.read()
	return err == nil && f.inPlace && fsafe.Mixed(content, a.Secret.Reveal()+"\n", b.Secret.Reveal()+"\n")
}
