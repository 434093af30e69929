package rotationtest

import (
	"testing"
	"testing/synctest"

	"github.com/credctl/credctl/internal/provider"
)

// AsReplacer is a service that makes a successor.
func AsReplacer(b Base) provider.Service { return replacer{b} }

// AsMender is a service that makes a successor, and repairs its rights.
func AsMender(b Base) provider.Service { return mender{replacer{b}} }

// AsRotator is a service that has a route of its own.
func AsRotator(b Base) provider.Service { return rotator{b} }

// AsBoth is a service that makes a successor, and has a route of its own.
func AsBoth(b Base) provider.Service { return both{replacer{b}} }

// AsGenerator is a service that makes a successor, and generates secrets.
func AsGenerator(b Base) provider.Service { return generator{replacer{b}} }

// AsPairs is a service that generates key pairs, and returns public keys.
func AsPairs(b Base) provider.Service { return pairs{b} }

// AsBlind is a service that has a route of its own, and can neither list nor verify.
func AsBlind(b Base) provider.Service { return blind(b) }

// A Way is one of the ways in which a service rotates.
type Way struct {
	Service func(Base) provider.Service
	InPlace bool
}

// Ways returns them by name.
func Ways() map[string]Way {
	return map[string]Way{
		"replace":  {AsReplacer, false},
		"repair":   {AsMender, false},
		"rotate":   {AsRotator, true},
		"generate": {AsGenerator, true},
	}
}

// Bubble runs a test with a clock of its own, so that waits cost nothing.
func Bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}
