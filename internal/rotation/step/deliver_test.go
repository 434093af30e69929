package step

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// A shelf is a destination by name: "changed" holds something else, "full" cannot be written,
// and "mute" returns nothing.
type shelf string

func (s shelf) String() string                                 { return string(s) }
func (s shelf) Spec() string                                   { return string(s) }
func (shelf) Write(context.Context, provider.Credential) error { return nil }
func (shelf) Proof() deliver.Proof                             { return deliver.ByValue }
func (s shelf) Check(context.Context) error                    { return map[shelf]error{"full": errors.New("full")}[s] }

func (shelf) Current(context.Context) (string, provider.Secret, error) {
	return "", provider.Secret{}, nil
}

func (s shelf) ReadBack(context.Context, provider.Credential) error {
	return map[shelf]error{"changed": errors.New("changed"), "mute": deliver.ErrNoReadBack}[s]
}

// A plan looks at what has the secret already, where that decides about the old credential,
// and at whether the others can be written.
func TestWhatIsCheckedOfDestinations(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*run.Run)
		want   []string
	}{
		"a replacement":               {func(*run.Run) {}, []string{"read back changed: changed", "read back kept", "write full: full", "write new"}},
		"by force":                    {func(r *run.Run) { r.Force = true }, []string{"write full: full", "write new"}},
		"in place":                    {func(r *run.Run) { r.Op.Strategy = oplog.Rotate }, []string{"write full: full", "write new"}},
		"a delivery":                  {func(r *run.Run) { r.Op.Strategy = oplog.Deliver }, []string{"write full: full", "write new"}},
		"the secret is not known yet": {func(r *run.Run) { r.Secret = provider.Secret{} }, []string{"write full: full", "write new"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := &run.Run{
				Env:    run.Env{Destination: func(to string, _ oplog.Subject, _ bool) (deliver.Destination, error) { return shelf(to), nil }},
				Op:     &oplog.OpState{Strategy: oplog.Replace, Options: oplog.Options{To: []string{"changed", "mute", "kept", "full", "new"}}, Delivered: []string{"-", "changed", "mute", "kept"}},
				Secret: provider.NewSecret("a"),
			}
			c.change(r)
			var got []string
			for _, one := range checkDestinations(t.Context(), r) {
				if one.Err != nil {
					one.What += ": " + one.Why
				}
				got = append(got, one.What)
			}
			assert.Equal(t, c.want, got)
		})
	}
}
