package losant

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

// A draft is the fields of a config that are to be sent: texts, numbers as
// float64, booleans, nil, and secrets as [provider.Secret].
type draft map[string]any

// renews reports whether d has a secret, or asks for one.
func (d draft) renews(s service) bool {
	_, given := d[s.secret().name]
	return given || d[generate] == true
}

// put takes v, as decoded from JSON, as the field's value.
func (d draft) put(s service, name string, v any) error {
	f, ok := s.field(name)
	switch {
	case !ok && name == s.config():
		return provider.Usage("the file holds %s as a member: give the bare content of it", name)
	case !ok:
		return s.noField(name)
	case f.readOnly:
		return provider.Usage("%s is read-only: Losant makes it", name)
	}
	if _, twice := d[name]; twice {
		return provider.Usage("%s is given twice", name)
	}
	if wrong := f.check(v); wrong != "" {
		return provider.Usage("%s %s", name, wrong)
	}
	if f.secret {
		v = provider.NewSecret(v.(string))
	}
	d[name] = v
	return nil
}

func (s service) noField(name string) error {
	err := provider.Usage("a credential of type %s has no field %q; it has %s", s.name, name, strings.Join(s.writable(), ", "))
	if meant := provider.Closest(name, s.writable()); meant != "" {
		return provider.Hint(err, "did you mean %s?", meant)
	}
	return err
}

// check says what is wrong with v, without quoting it, or "".
func (f field) check(v any) string {
	if v == nil && f.nullable {
		return ""
	}
	switch f.kind {
	case truth:
		if _, ok := v.(bool); !ok {
			return "must be true or false"
		}
		return ""
	case number:
		n, ok := v.(float64)
		if !ok || n != math.Trunc(n) || n < float64(f.min) || n > float64(f.max) {
			return "must be " + f.domain()
		}
		return ""
	case text:
	}
	s, ok := v.(string)
	switch n := utf8.RuneCountInString(s); {
	case !ok:
		return "must be a text"
	case f.values != nil && !slices.Contains(f.values, s), f.values == nil && (n < f.min || n > f.max):
		return "must be " + f.domain()
	}
	return ""
}

// domain says what f may be.
func (f field) domain() string {
	switch {
	case f.kind == truth:
		return "true or false"
	case f.kind == number && f.nullable:
		return fmt.Sprintf("a whole number from %d to %d, or null", f.min, f.max)
	case f.kind == number:
		return fmt.Sprintf("a whole number from %d to %d", f.min, f.max)
	case f.values != nil:
		return "one of " + strings.Join(f.values, ", ")
	case f.min == 0:
		return fmt.Sprintf("at most %d characters", f.max)
	}
	return fmt.Sprintf("%d to %d characters", f.min, f.max)
}

// parse makes of a text what JSON would have for f. What it is not stays a
// text, which check then refuses.
func (f field) parse(s string) any {
	switch f.kind {
	case truth:
		if b, err := strconv.ParseBool(s); err == nil {
			return b
		}
	case number:
		if f.nullable && s == "null" {
			return nil
		}
		if n, err := strconv.Atoi(s); err == nil {
			return float64(n)
		}
	case text:
	}
	return s
}

// complete checks that d has what a new credential of the service needs.
func (s service) complete(d draft) error {
	var missing []string
	for _, f := range s.fields {
		if _, given := d[f.name]; f.required && !given {
			missing = append(missing, f.name+" ("+f.usage()+")")
		}
	}
	if s.group && !d.renews(s) {
		missing = append(missing, fmt.Sprintf("%s (%s) or %s (--set %s=true)", s.secret().name, s.secret().usage(), generate, generate))
	}
	if len(missing) > 0 {
		return provider.Usage("a credential of type %s needs %s", s.name, strings.Join(missing, ", "))
	}
	return nil
}

// consistent refuses a key that is both given and to be generated.
func (s service) consistent(d draft) error {
	if _, given := d[s.secret().name]; given && d[generate] == true {
		return provider.Usage("give either %s or %s, not both", s.secret().name, generate)
	}
	return nil
}

// sorted returns the keys of m in order, so that of several mistakes always the
// same one is reported.
func sorted[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
