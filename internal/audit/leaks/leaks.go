// Package leaks finds credentials in the report of a leak scanner: by their key IDs, and
// by comparing fingerprints of what was found with those of the journal. It writes no
// value anywhere.
package leaks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
	"github.com/credctl/credctl/internal/yamlfile"
)

// shortest is the length of the shortest text that can be a key ID or a secret.
const shortest = 12

// A Report is what a leak scanner found.
type Report struct {
	where map[string]string // by value: the first place
	owner map[journal.Ref]string
}

// Parse reads a report of trufflehog (an object on each line) or gitleaks (an array).
// What is wrong with it is of class [provider.ErrUsage], with its place.
func Parse(file string, text []byte) (*Report, error) {
	r := &Report{where: map[string]string{}, owner: map[journal.Ref]string{}}
	d := json.NewDecoder(bytes.NewReader(text))
	bad := func(offset int64, what string) error {
		line, column := yamlfile.Place(text[:min(int(offset), len(text))])
		return provider.Hint(provider.Usage("%s:%d:%d: %s", file, line, column, what),
			"write one with: trufflehog git file://. --json, or: gitleaks git --report-format json")
	}
	for {
		var raw json.RawMessage
		if err := d.Decode(&raw); errors.Is(err, io.EOF) {
			return r, nil
		} else if err != nil {
			at := int64(len(bytes.TrimRight(text, " \t\r\n"))) // it ends too early
			if e, ok := errors.AsType[*json.SyntaxError](err); ok {
				at = e.Offset - 1
			}
			return nil, bad(at, "not valid JSON") // whose message could quote a value
		}
		items := []json.RawMessage{raw}
		if bytes.HasPrefix(raw, []byte("[")) {
			items = nil
			_ = json.Unmarshal(raw, &items) // it is an array
		}
		at := d.InputOffset() - int64(len(raw))
		for _, item := range items {
			at += int64(bytes.Index(text[at:], item))
			var f found
			if json.Unmarshal(item, &f) != nil || f.DetectorName == "" && f.RuleID == "" {
				return nil, bad(at, "not a report of trufflehog or gitleaks")
			}
			at += int64(len(item))
			r.add(f)
		}
	}
}

// A found value, as trufflehog and as gitleaks report it.
type found struct {
	DetectorName   string
	Raw, RawV2     string
	SourceMetadata struct{ Data map[string]json.RawMessage }

	RuleID        string
	Secret, Match string
	File          string
	StartLine     int
}

func (r *Report) add(f found) {
	where := f.place()
	for _, text := range []string{f.Raw, f.RawV2, f.Secret, f.Match} {
		values := []string{text}
		const between = " \t\r\n\"'`,;(){}<>"
		for _, ends := range []string{between, between + ":", between + ":=", between + ":=@/"} { // ID:secret, key=value, https://user:secret@host
			for word := range strings.FieldsFuncSeq(text, func(c rune) bool { return strings.ContainsRune(ends, c) }) {
				_, after, _ := strings.Cut(word, "=") // a secret may end with some
				values = append(values, word, after)
			}
		}
		for _, v := range values {
			if _, known := r.where[v]; !known && len(v) >= shortest {
				r.where[v] = where
			}
		}
	}
}

// place is the file and the line of what was found.
func (f found) place() string {
	file, line := f.File, f.StartLine
	for _, source := range f.SourceMetadata.Data {
		var at struct {
			File string
			Line int
		}
		if json.Unmarshal(source, &at) == nil && at.File != "" {
			file, line = at.File, at.Line
		}
	}
	switch {
	case file == "":
		return "a place that its report does not name"
	case line > 0:
		return fmt.Sprintf("%s:%d", visible.OneLine(file), line)
	}
	return visible.OneLine(file)
}

// Resolve finds the credentials that have the values now: of the secrets that one has
// had, the last counts.
func (r *Report) Resolve(s *journal.Store) error {
	current, issued := map[journal.Ref]string{}, map[journal.Ref]time.Time{}
	if err := s.Prints(func(of journal.Ref, print string, at time.Time) {
		if !at.Before(issued[of]) {
			current[of], issued[of] = print, at
		}
	}); err != nil {
		return err
	}
	owner := make(map[string]journal.Ref, len(current))
	for of, print := range current {
		owner[print] = of
	}
	for value, where := range r.where {
		print, err := s.Print(provider.NewSecret(value))
		if err != nil {
			return err
		}
		ref, known := owner[print]
		if first := r.owner[ref]; known && (first == "" || where < first) {
			r.owner[ref] = where
		}
	}
	return nil
}

// Where returns where c was found; "": nowhere.
func (r *Report) Where(c *provider.Credential) string {
	if where := r.owner[journal.Ref{Provider: c.Provider, Kind: c.Kind, ID: c.ID}]; where != "" {
		return where
	}
	if len(c.Key) < shortest {
		return ""
	}
	return r.where[strings.TrimSpace(c.Key)]
}
