package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/audit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/yamlfile"
)

// members are those of a report.
func members() []string {
	return []string{"schema_version", "generated", "tool", "credentials", "findings", "scope", "summary"}
}

// A baseline is read from an earlier report.
type baseline struct {
	file string
	text []byte
	d    *jsontext.Decoder

	known map[string]bool
}

// ReadBaseline returns the fingerprints of an earlier report, which -o json wrote. What
// is wrong with it is of class [provider.ErrUsage], with its place in the file.
func ReadBaseline(file string, text []byte) (map[string]bool, error) {
	b := &baseline{file: file, text: text, d: jsontext.NewDecoder(bytes.NewReader(text)), known: map[string]bool{}}
	return b.known, b.read()
}

func (b *baseline) read() error {
	if t, err := b.d.ReadToken(); err != nil || t.Kind() != jsontext.KindBeginObject {
		return b.bad(0, "not a report of `credctl audit -o json`", err)
	}
	versions := 0
	found := false
	for b.d.PeekKind() != jsontext.KindEndObject {
		name, err := b.d.ReadToken()
		at := b.d.InputOffset()
		if err != nil {
			return b.bad(at, "not valid JSON", err)
		}
		switch key := name.String(); {
		case key == "findings":
			found, err = true, b.findings()
		case !slices.Contains(members(), key):
			return b.bad(at-int64(len(key))-2, fmt.Sprintf("unknown key %q", key), nil)
		default:
			var v jsontext.Value
			if v, err = b.d.ReadValue(); err == nil && key == "schema_version" {
				if versions++; string(v) != strconv.Itoa(schemaVersion) {
					return b.bad(b.d.InputOffset()-int64(len(v)), fmt.Sprintf("schema_version %s is not supported (valid: %d)", v, schemaVersion), nil)
				}
			}
		}
		if errors.Is(err, provider.ErrUsage) {
			return err
		}
		if err != nil {
			return b.bad(b.d.InputOffset(), "not valid JSON", err)
		}
	}
	if !found || versions == 0 {
		return b.bad(0, "not a report of `credctl audit -o json`", nil)
	}
	if _, err := b.d.ReadToken(); err != nil {
		return b.bad(b.d.InputOffset(), "not valid JSON", err)
	}
	if _, err := b.d.ReadToken(); !errors.Is(err, io.EOF) {
		return b.bad(b.d.InputOffset(), "something follows the report", nil)
	}
	return nil
}

func (b *baseline) findings() error {
	if t, err := b.d.ReadToken(); err != nil || t.Kind() != jsontext.KindBeginArray {
		return b.bad(b.d.InputOffset()-1, "findings must be a list", err)
	}
	for b.d.PeekKind() != jsontext.KindEndArray {
		v, err := b.d.ReadValue()
		if err != nil {
			return err
		}
		at := b.d.InputOffset() - int64(len(v))
		var one struct {
			Rule        string `json:"rule"`
			Fingerprint string `json:"fingerprint"`
		}
		if err := json.Unmarshal(v, &one); err != nil {
			return b.bad(at, "not a finding: rule and fingerprint must be texts", nil)
		}
		if _, ok := audit.Find(one.Rule); !ok {
			return b.bad(at, fmt.Sprintf("unknown rule %q", one.Rule), nil)
		}
		if one.Fingerprint == "" {
			return b.bad(at, "the finding has no fingerprint", nil)
		}
		b.known[one.Fingerprint] = true
	}
	_, err := b.d.ReadToken()
	return err
}

// bad says what is wrong at an offset, or where err says it is.
func (b *baseline) bad(offset int64, what string, err error) error {
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		offset = e.ByteOffset
		what += ": " + e.Err.Error()
		if errors.Is(e, jsontext.ErrDuplicateName) {
			what += " " + strconv.Quote(e.JSONPointer.LastToken())
		}
	}
	line, column := yamlfile.Place(b.text[:min(max(offset, 0), int64(len(b.text)))])
	return provider.Hint(provider.Usage("%s:%d:%d: %s", b.file, line, column, what),
		"to write a baseline, run: credctl audit -o json > baseline.json")
}
