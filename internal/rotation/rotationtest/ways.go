package rotationtest

import (
	"testing"
	"testing/synctest"

	"github.com/credctl/credctl/internal/provider"
)

// The services, each with more than the vendor at its base.

func AsReplacer(b Base) provider.Service { return Replacer{b} }

func AsMender(b Base) provider.Service { return Mender{Replacer{b}} }

func AsRotator(b Base) provider.Service { return Rotator{b} }

func AsBoth(b Base) provider.Service { return Both{Replacer{b}} }

func AsGenerator(b Base) provider.Service { return Generator{Replacer{b}} }

func AsBlind(b Base) provider.Service { return Blind(b) }

// A Way is one of the ways in which a service rotates.
type Way struct {
	Service func(Base) provider.Service
	InPlace bool
}

// Ways returns them by name.
func Ways() map[string]Way {
	return map[string]Way{
		"replace":  {AsReplacer, false},
		"mend":     {AsMender, false},
		"rotate":   {AsRotator, true},
		"generate": {AsGenerator, true},
	}
}

// Bubble runs a test with a clock of its own, so that waits cost nothing.
func Bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}
