package provider

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Param is one input of a verb, or one setting of a provider. It is declared
// once, as a value; the command layer makes a flag of it, and the adapter reads
// the answer back with the same value, so that its name is written only once.
type Param[T any] struct {
	info  ParamInfo
	parse func(old T, s string) (T, error)
}

// ParamInfo is what the command layer needs to know of a parameter.
type ParamInfo struct {
	Name     string // of the flag
	Label    string // what people call it, unless by its name: organization for org
	Usage    string // in the manner of flag.Usage: a `quoted` word names the operand
	Required bool
	Env      []string // names that the vendor's own tools use
	Values   []string // what may be given, if that is a closed set
	From     Source
	MaxTTL   time.Duration // the longest that the vendor lets a secret live; zero: not known

	Adjustable bool // it does not say which account is meant: a later run of a rotation may change it

	// Complete offers values that begin with text, given what else the command
	// line says. It may be nil.
	Complete func(in Input, text string) []string
}

// Setting returns the name of a setting in the configuration file and, in upper
// case, in the environment: token for --token-file, s3_endpoint for --s3-endpoint.
func (i ParamInfo) Setting() string {
	name := i.Name
	if i.From == File {
		name = strings.TrimSuffix(name, "-file")
	}
	return strings.ReplaceAll(name, "-", "_")
}

// A Source says where the value of a parameter comes from, given its flag.
type Source int

// The sources.
const (
	Plain     Source = iota // the flag's value
	File                    // the content of the file that the flag names; - is standard input
	KeyedFile               // KEY=FILE, with the content of the file
)

// String declares a text parameter.
func String(name, usage string) Param[string] {
	return Param[string]{ParamInfo{Name: name, Usage: usage}, func(_, s string) (string, error) { return s, nil }}
}

// OneOf declares a text parameter with a closed set of values.
func OneOf(name, usage string, values ...string) Param[string] {
	return Param[string]{ParamInfo{Name: name, Usage: usage, Values: values}, func(_, s string) (string, error) {
		if !slices.Contains(values, s) {
			return "", fmt.Errorf("unknown value %q (valid: %s)", s, strings.Join(values, ", "))
		}
		return s, nil
	}}
}

// Strings declares a parameter that may be repeated, or given as a comma-separated list.
func Strings(name, usage string) Param[[]string] {
	return Param[[]string]{ParamInfo{Name: name, Usage: usage}, func(old []string, s string) ([]string, error) {
		return append(old, strings.Split(s, ",")...), nil
	}}
}

// Bool declares a switch.
func Bool(name, usage string) Param[bool] {
	return Param[bool]{ParamInfo{Name: name, Usage: usage}, func(_ bool, s string) (bool, error) { return strconv.ParseBool(s) }}
}

// Int declares a whole number from least to most.
func Int(name, usage string, least, most int) Param[int] {
	return Param[int]{ParamInfo{Name: name, Usage: usage}, func(_ int, s string) (int, error) {
		n, err := strconv.Atoi(s)
		if err != nil || n < least || n > most {
			return 0, fmt.Errorf("%q is not a whole number from %d to %d", s, least, most)
		}
		return n, nil
	}}
}

// Pairs declares a parameter of the form KEY=VALUE that may be repeated.
func Pairs(name, usage string) Param[map[string]string] {
	return Param[map[string]string]{ParamInfo{Name: name, Usage: usage}, func(old map[string]string, s string) (map[string]string, error) {
		return parsePair(old, s, func(v string) string { return v })
	}}
}

// SecretFile declares a parameter that is itself a secret. It never is an argument,
// which others can see: its flag, whose name ends in -file, names a file.
func SecretFile(name, usage string) Param[Secret] {
	return Param[Secret]{ParamInfo{Name: name, Usage: usage, From: File}, func(_ Secret, s string) (Secret, error) {
		return NewSecret(s), nil
	}}
}

// SecretFiles declares a parameter of the form KEY=FILE that may be repeated.
func SecretFiles(name, usage string) Param[map[string]Secret] {
	return Param[map[string]Secret]{ParamInfo{Name: name, Usage: usage, From: KeyedFile}, func(old map[string]Secret, s string) (map[string]Secret, error) {
		return parsePair(old, s, NewSecret)
	}}
}

func parsePair[T any](old map[string]T, s string, convert func(string) T) (map[string]T, error) {
	key, value, ok := strings.Cut(s, "=")
	if !ok || key == "" {
		return nil, errors.New("it must have the form KEY=VALUE")
	}
	if _, twice := old[key]; twice {
		return nil, fmt.Errorf("%s is given twice", key)
	}
	if old == nil {
		old = map[string]T{}
	}
	old[key] = convert(value)
	return old, nil
}

// FromEnv returns p as a setting that is also read from the named environment variables.
func (p Param[T]) FromEnv(env ...string) Param[T] {
	p.info.Env = env
	return p
}

// Labeled returns p with what people call it: organization for org.
func (p Param[T]) Labeled(label string) Param[T] {
	p.info.Label = label
	return p
}

// Required returns p as a parameter that must be given.
func (p Param[T]) Required() Param[T] { p.info.Required = true; return p }

// Adjustable returns p as a setting that a later run of a rotation may change.
func (p Param[T]) Adjustable() Param[T] { p.info.Adjustable = true; return p }

// MaxTTL returns p as a secret that the vendor lets live for so long, at most.
func (p Param[T]) MaxTTL(most time.Duration) Param[T] { p.info.MaxTTL = most; return p }

// Check returns p with a further test of each value.
func (p Param[T]) Check(check func(T) error) Param[T] {
	parse := p.parse
	p.parse = func(old T, s string) (T, error) {
		v, err := parse(old, s)
		if err == nil {
			err = check(v)
		}
		return v, err
	}
	return p
}

// Completing returns p with values that a shell can offer.
func (p Param[T]) Completing(complete func(in Input, text string) []string) Param[T] {
	p.info.Complete = complete
	return p
}

// Info describes p.
func (p Param[T]) Info() ParamInfo { return p.info }

// Get returns what in holds for p, or the zero value.
func (p Param[T]) Get(in Input) T {
	v, _ := p.Lookup(in)
	return v
}

// Lookup returns what in holds for p, and whether the caller gave it. The zero
// Input has nothing given. Reading a parameter that the verb does not declare
// panics, which the contract test finds.
func (p Param[T]) Lookup(in Input) (v T, given bool) {
	if in.values == nil {
		return v, false
	}
	x, ok := in.values[p.info.Name].(*value[T])
	if !ok {
		panic(fmt.Sprintf("provider: parameter %q is not declared for this verb", p.info.Name))
	}
	return x.v, x.set
}

// Ptr returns a pointer to what the caller gave for p, or nil, for requests that
// change only what is named.
func (p Param[T]) Ptr(in Input) *T {
	if v, ok := p.Lookup(in); ok {
		return &v
	}
	return nil
}
