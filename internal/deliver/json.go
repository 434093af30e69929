package deliver

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/deliver/spec"
	"github.com/credctl/credctl/internal/provider"
)

// jsonFormat is a file with the credential as a JSON object.
type jsonFormat struct{}

func (jsonFormat) get(content string) (held, error) {
	if strings.TrimSpace(content) == "" {
		return held{}, nil
	}
	var all map[string]json.RawMessage
	var c struct{ Key, Secret, Endpoint, Region string }
	if err := json.Unmarshal([]byte(content), &all); err != nil {
		return held{}, refuse("not a JSON object that credctl can replace: %w", err)
	}
	for name := range all {
		if !slices.Contains(provider.Fields(), name) || name == "profile" { // which is of listings alone
			return held{}, provider.Hint(refuse("it has a member %q, which would be lost", name),
				"choose another file, or use exec: with a program that edits this file")
		}
	}
	if err := json.Unmarshal([]byte(content), &c); err != nil {
		return held{}, refuse("not a credential: %w", err)
	}
	return held{c.Key, c.Secret, c.Endpoint, c.Region}, nil
}

func (jsonFormat) set(_ string, c provider.Credential) (string, error) {
	line, err := encode(c)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	err = json.Indent(&b, line, "", "  ")
	return b.String(), err
}

func (jsonFormat) stored(c provider.Credential) held { return s3(c) }

func (jsonFormat) parts() (string, []string) { return "", nil }

func parseJSON(text, place string, o Options) (Destination, error) {
	l, err := spec.Locate(text, place)
	if err != nil {
		return nil, err
	}
	return parseFile(text, "json:", l.Place, "", jsonFormat{}, o)
}

// s3 is what a place keeps that has room for a key, a secret, an endpoint and a region.
func s3(c provider.Credential) held { return held{c.Key, c.Secret.Reveal(), c.Endpoint, c.Region} }

// encode returns the credential as a line of JSON with its secret.
func encode(c provider.Credential) ([]byte, error) {
	b, err := c.RevealJSON()
	if errors.Is(err, provider.ErrUsage) {
		return nil, provider.Hint(err, "use file:PATH, which contains only the secret")
	}
	return b, err
}
