package provider

import (
	"fmt"
	"strings"
)

// AnyParam is a [Param] of any type.
type AnyParam interface {
	Info() ParamInfo
	newValue() Value
}

// A Value receives what the caller gives for one parameter. Its methods are
// those of flag.Value and pflag.Value, and IsSet.
type Value interface {
	Set(string) error
	String() string
	Type() string
	IsSet() bool
	Clear() // takes back what was given

	clone() Value
}

// An Input holds the values of a set of parameters.
type Input struct {
	values  map[string]Value
	tracker Tracker
}

// NewInput returns an Input in which no parameter has been given.
func NewInput(params ...AnyParam) Input {
	in := Input{values: make(map[string]Value, len(params))}
	for _, p := range params {
		in.values[p.Info().Name] = p.newValue()
	}
	return in
}

// Clone returns an Input with the same values, which can be set by themselves.
func (in Input) Clone() Input {
	values := make(map[string]Value, len(in.values))
	for name, v := range in.values {
		values[name] = v.clone()
	}
	return Input{values, in.tracker}
}

// Value returns the receiver of the named parameter's value, or nil.
func (in Input) Value(name string) Value { return in.values[name] }

type value[T any] struct {
	p   Param[T]
	v   T
	set bool
}

func (p Param[T]) newValue() Value { return &value[T]{p: p} }

func (x *value[T]) Set(s string) error {
	v, err := x.p.parse(x.v, s)
	if err != nil {
		return err
	}
	x.v, x.set = v, true
	return nil
}

func (x *value[T]) IsSet() bool { return x.set }

func (x *value[T]) clone() Value {
	y := *x
	return &y
}

func (x *value[T]) Clear() {
	var none T
	x.v, x.set = none, false
}

func (x *value[T]) String() string {
	if x == nil || !x.set {
		return ""
	}
	if list, ok := any(x.v).([]string); ok {
		return strings.Join(list, ",") // as Set takes it again
	}
	return fmt.Sprint(x.v)
}

// Type names the operand in help texts; "bool" lets a switch be given without a value.
func (x *value[T]) Type() string {
	switch any(x.v).(type) {
	case bool:
		return "bool"
	case int:
		return "int"
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", x.v), "[]")
}

// The parameters that vendors have in common, so that one idea has one flag everywhere.
// Name is that of a new credential; for every other verb, --name selects one.
var (
	Name    = String("name", "`name` of the new credential")
	NewName = String("new-name", "new `name` of the credential")
	Token   = SecretFile("token-file", "`file` with the API token; - is standard input")
)

// SecretOf returns what v holds, if that is a secret.
func SecretOf(v Value) (Secret, bool) {
	x, ok := v.(*value[Secret])
	if !ok {
		return Secret{}, false
	}
	return x.v, true
}
