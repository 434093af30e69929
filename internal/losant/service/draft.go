package service

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/credctl/credctl/internal/provider"
)

// A Draft is the fields of a config that are to be sent: texts, numbers as
// float64, booleans, nil, and secrets as [provider.Secret].
type Draft map[string]any

// Renews reports whether d has a secret, or asks for one.
func (d Draft) Renews(s Type) bool {
	_, isSet := d[s.Secret().Name]
	return isSet || d[Generate] == true
}

// Put takes v, as decoded from JSON, as the field's value.
func (d Draft) Put(s Type, name string, v any) error {
	f, ok := s.Field(name)
	switch {
	case !ok && name == s.Config():
		return provider.Usage("the file contains %s as a member: pass only the content of that member", name)
	case !ok:
		return s.noField(name)
	case f.ReadOnly:
		return provider.Usage("%s is read-only: Losant sets it", name)
	}
	if _, twice := d[name]; twice {
		return provider.Usage("%s is given twice", name)
	}
	if wrong := f.Check(v); wrong != "" {
		return provider.Usage("%s %s", name, wrong)
	}
	if f.Secret {
		v = provider.NewSecret(v.(string))
	}
	d[name] = v
	return nil
}

func (s Type) noField(name string) error {
	err := provider.Usage("a credential of type %s has no field %q (valid: %s)", s.Name, name, strings.Join(s.Writable(), ", "))
	if meant := provider.Closest(name, s.Writable()); meant != "" {
		return provider.Hint(err, "did you mean %s?", meant)
	}
	return err
}

// Check says what is wrong with v, without quoting it, or "".
func (f Field) Check(v any) string {
	if v == nil && f.Nullable {
		return ""
	}
	switch f.Kind {
	case Truth:
		if _, ok := v.(bool); !ok {
			return "must be true or false"
		}
		return ""
	case Number:
		n, ok := v.(float64)
		if !ok || n != math.Trunc(n) || n < float64(f.Min) || n > float64(f.Max) {
			return "must be " + f.Domain()
		}
		return ""
	case Text:
	}
	s, ok := v.(string)
	switch n := utf8.RuneCountInString(s); {
	case !ok:
		return "must be text"
	case f.Values != nil && !slices.Contains(f.Values, s), f.Values == nil && (n < f.Min || n > f.Max):
		return "must be " + f.Domain()
	}
	return ""
}

// Domain says what f may be.
func (f Field) Domain() string {
	switch {
	case f.Kind == Truth:
		return "true or false"
	case f.Kind == Number && f.Nullable:
		return fmt.Sprintf("a whole number from %d to %d, or null", f.Min, f.Max)
	case f.Kind == Number:
		return fmt.Sprintf("a whole number from %d to %d", f.Min, f.Max)
	case f.Values != nil:
		return "one of " + strings.Join(f.Values, ", ")
	case f.Min == 0:
		return fmt.Sprintf("at most %d characters", f.Max)
	}
	return fmt.Sprintf("%d to %d characters", f.Min, f.Max)
}

// parse makes of a text what JSON would have for f. What it is not stays a
// text, which Check then refuses.
func (f Field) parse(s string) any {
	switch f.Kind {
	case Truth:
		if b, err := strconv.ParseBool(s); err == nil {
			return b
		}
	case Number:
		if f.Nullable && s == "null" {
			return nil
		}
		if n, err := strconv.Atoi(s); err == nil {
			return float64(n)
		}
	case Text:
	}
	return s
}

// complete checks that d has what a new credential of the service needs.
func (s Type) complete(d Draft) error {
	var missing []string
	for _, f := range s.Fields {
		if _, isSet := d[f.Name]; f.Required && !isSet {
			missing = append(missing, f.Name+" ("+f.Usage()+")")
		}
	}
	if s.Group && !d.Renews(s) {
		missing = append(missing, fmt.Sprintf("%s (%s) or %s (--set %s=true)", s.Secret().Name, s.Secret().Usage(), Generate, Generate))
	}
	if len(missing) > 0 {
		return provider.Usage("a credential of type %s requires %s", s.Name, strings.Join(missing, ", "))
	}
	return nil
}

// consistent refuses a key that is both given and to be generated.
func (s Type) consistent(d Draft) error {
	if _, isSet := d[s.Secret().Name]; isSet && d[Generate] == true {
		return provider.Usage("pass either %s or %s, not both", s.Secret().Name, Generate)
	}
	return nil
}

// Sorted returns the keys of m in order, so that of several mistakes always the
// Same one is reported.
func Sorted[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
