package service

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
)

// ParseConfig reads a JSON object. Its errors name a place and quote nothing,
// because the present content may be a secret.
func ParseConfig(b []byte) (map[string]any, error) {
	var object map[string]any
	err := json.Unmarshal(b, &object)
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		line, column := place(b, int(syntax.ByteOffset))
		return nil, provider.Usage("the configuration file is not valid JSON at line %d, column %d", line, column)
	}
	if err != nil || object == nil {
		return nil, provider.Usage("the configuration file must hold one JSON object")
	}
	return object, nil
}

// place returns the line and the column, in characters, of an offset in b, from 1.
func place(b []byte, offset int) (line, column int) {
	before := b[:min(max(offset, 0), len(b))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte{'\n'}) + 1, utf8.RuneCount(before[start:]) + 1
}
