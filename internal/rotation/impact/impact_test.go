package impact

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// Whoever agrees to a rotation is told what stops working, and when.
func TestEffect(t *testing.T) {
	for _, c := range []struct {
		op   oplog.OpState
		want string
	}{
		{oplog.OpState{Strategy: oplog.Rotate}, "the old secret stops working immediately"},
		{oplog.OpState{Strategy: oplog.Generate, Options: oplog.Options{To: []string{"a"}}}, "the old secret stops working immediately, before the new secret is delivered"},
		{oplog.OpState{Strategy: oplog.Replace}, "credctl deletes the old credential as soon as the new credential is verified and delivered"},
		{oplog.OpState{Strategy: oplog.Replace, Options: oplog.Options{Grace: time.Hour}}, "credctl deletes the old credential 1h after the new credential is verified and delivered"},
	} {
		assert.Equal(t, c.want, Effect(&c.op))
	}
}

type (
	telling struct {
		users []string
		err   error
	}
	hinting   struct{}
	generates struct{ hinting }
)

func (telling) ExplainImpact(verb provider.Verb, _ provider.Credential, _ provider.Input) string {
	return map[provider.Verb]string{provider.Rotate: "devices go offline"}[verb]
}

func (t telling) FindUsage(context.Context, provider.Credential) ([]string, error) {
	return t.users, t.err
}

func (hinting) SecretHint(provider.Credential) string { return "" }

func (generates) Generate(context.Context, string, provider.Input) (provider.Credential, error) {
	return provider.Credential{}, nil
}

// In place, the vendor says what breaks; otherwise it is said where a person is needed.
func TestWarnings(t *testing.T) {
	const waits = "if the vendor's answer has no secret, the rotation waits until you supply it"
	for name, c := range map[string]struct {
		service  provider.Service
		strategy oplog.Strategy
		want     []string
	}{
		"in place":                  {telling{users: []string{"a", "b"}}, oplog.Rotate, []string{"devices go offline", "it is used by a, b"}},
		"in place, and nothing":     {telling{}, oplog.Generate, nil},
		"it cannot be found out":    {telling{err: errors.New("down")}, oplog.Generate, []string{"could not find out what uses it: down"}},
		"the old key still works":   {telling{users: []string{"a"}}, oplog.Replace, nil},
		"a person has the secret":   {hinting{}, oplog.Replace, []string{waits}},
		"the vendor generates it":   {generates{}, oplog.Replace, nil},
		"a person, but in place":    {hinting{}, oplog.Rotate, nil},
		"nothing is known to break": {struct{}{}, oplog.Rotate, nil},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, Warnings(t.Context(), &run.Run{Service: c.service, Op: &oplog.OpState{Strategy: c.strategy}}))
		})
	}
}
