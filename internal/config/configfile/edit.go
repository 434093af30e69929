package configfile

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/provider"
)

// Set returns the text of a configuration file with value at key. Comments, order
// and layout of everything else stay as they are. An existing value is replaced.
func (k Known) Set(path string, text []byte, key Key, value string) ([]byte, error) {
	return change(k, path, text, key, value, func(l *layout) { l.set(key, value) })
}

// AddProfile returns the text with an empty profile of this name.
func (k Known) AddProfile(path string, text []byte, name string) ([]byte, error) {
	return change(k, path, text, profileKey(name), nil, func(l *layout) { l.set(profileKey(name), "") })
}

// RemoveProfile returns the text without the profile of this name.
func (k Known) RemoveProfile(path string, text []byte, name string) ([]byte, error) {
	return remove(k, path, text, profileKey(name))
}

// RemoveDefault returns the text without default_profile.
func (k Known) RemoveDefault(path string, text []byte) ([]byte, error) {
	return remove(k, path, text, Key{defaultProfileKey})
}

func remove(k Known, path string, text []byte, key Key) ([]byte, error) {
	return change(k, path, text, key, missing{}, func(l *layout) { l.remove(key) })
}

// missing is the value of a key that is removed.
type missing struct{}

// change edits text and returns the result if it says exactly what it should: YAML
// has many layouts, and the file is never left with another meaning.
func change(k Known, path string, text []byte, key Key, value any, edit func(*layout)) ([]byte, error) {
	before, err := check(path, text, k)
	if err != nil {
		return nil, err
	}
	l, err := parseLayout(text)
	if err != nil {
		return nil, err
	}
	edit(l)
	after, err := check(path, l.text, k)
	if want := with(before.values, key, value); err != nil || !equal(want, after.values) {
		err := provider.Usage("%s has a layout that credctl cannot edit", path)
		return nil, provider.Hint(err, "edit the file yourself: the key is %s", strings.Join(key, "."))
	}
	return l.text, nil
}

// with returns values with one at key, in a copy.
func with(values map[string]any, key Key, value any) map[string]any {
	values = maps.Clone(values)
	if values == nil {
		values = map[string]any{}
	}
	below, _ := values[key[0]].(map[string]any)
	_, removed := value.(missing)
	switch {
	case len(key) > 1:
		values[key[0]] = with(below, key[1:], value)
	case removed:
		delete(values, key[0])
	case value == nil:
		values[key[0]] = map[string]any{}
	default:
		values[key[0]] = value
	}
	return values
}

func equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, equal)
	case []string:
		b, ok := b.([]string)
		return ok && slices.Equal(a, b)
	}
	return a == b
}

// parseLayout returns the layout of a checked text.
func parseLayout(text []byte) (*layout, error) {
	var doc yaml.Node
	err := yaml.NewDecoder(bytes.NewReader(text)).Decode(&doc)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	l := &layout{text: text}
	if len(doc.Content) > 0 {
		l.root = doc.Content[0]
	}
	return l, nil
}
