package run

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

type generating struct{}

func (generating) Generate(context.Context, string, provider.Input) (provider.Credential, error) {
	return provider.Credential{}, nil
}

// A secret that a person supplies counts where the vendor returned none, and corrects one
// that was supplied before, with its key.
func TestTakesSupplied(t *testing.T) {
	secret := provider.NewSecret
	for name, c := range map[string]struct {
		supplied, has provider.Secret
		key, hasKey   string
		before        bool // one was supplied before
		want          bool
	}{
		"none is known":                  {supplied: secret("a"), want: true},
		"none is supplied":               {has: secret("a")},
		"another one":                    {supplied: secret("b"), has: secret("a"), before: true, want: true},
		"the same":                       {supplied: secret("a"), has: secret("a"), before: true},
		"the same, with the same key":    {supplied: secret("a"), has: secret("a"), key: "k", hasKey: "k", before: true},
		"the same, with another key":     {supplied: secret("a"), has: secret("a"), key: "k", hasKey: "l", before: true, want: true},
		"the same, and the vendor's key": {supplied: secret("a"), has: secret("a"), key: "k", hasKey: "l"},
		"the same, without a key":        {supplied: secret("a"), has: secret("a"), hasKey: "l", before: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := &Run{SuppliedSecret: c.supplied, SuppliedKey: c.key, Secret: c.has, Op: &oplog.OpState{Supplied: c.before, New: provider.Credential{Key: c.hasKey}}}
			assert.Equal(t, c.want, TakesSupplied(r))
		})
	}
}

// A plan says that a secret is missing only where nothing but a person can supply it.
func TestLacksSecret(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Run)
		want   bool
	}{
		"the vendor returned none":         {func(*Run) {}, true},
		"nothing was issued":               {func(r *Run) { r.Op.Issued = false }, false},
		"it is known":                      {func(r *Run) { r.Secret = provider.NewSecret("a") }, false},
		"it is supplied now":               {func(r *Run) { r.SuppliedSecret = provider.NewSecret("a") }, false},
		"the vendor generates it":          {func(r *Run) { r.Service = generating{} }, false},
		"the vendor generated it in place": {func(r *Run) { r.Service, r.Op.Strategy = generating{}, oplog.Generate }, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := &Run{Service: struct{}{}, Op: &oplog.OpState{Strategy: oplog.Replace, Issued: true}}
			c.change(r)
			assert.Equal(t, c.want, LacksSecret(r))
		})
	}
}

// The public key is delivered only of a pair that the vendor has just generated in place.
func TestThePublicKeyIsDelivered(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Run)
		public bool
	}{
		"a new pair":        {func(*Run) {}, true},
		"to nowhere":        {func(r *Run) { r.Op.Options.To = nil }, false},
		"nothing is issued": {func(r *Run) { r.Op.Issued = false }, false},
		"a secret is there": {func(r *Run) { r.Secret = provider.NewSecret("a") }, false},
		"not in place":      {func(r *Run) { r.Op.Strategy = oplog.Replace }, false},
		"another ID":        {func(r *Run) { r.Op.New.ID = "other" }, false},
		"no key":            {func(r *Run) { r.Op.New.Key = "" }, false},
		"the same key":      {func(r *Run) { r.Op.Old.Key = r.Op.New.Key }, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := &Run{Op: &oplog.OpState{
				Strategy: oplog.Rotate, Issued: true, Subject: oplog.Subject{ID: "id"}, Options: oplog.Options{To: []string{"a"}},
				Old: provider.Credential{ID: "id", Key: "old"}, New: provider.Credential{ID: "id", Key: "new"},
			}}
			c.change(r)
			want := provider.Credential{Secret: provider.NewSecret("new")}
			if !c.public {
				want = provider.Credential{Key: r.Op.New.Key, Secret: r.Secret}
			}
			got := r.Credential()
			assert.Equal(t, want.Key, got.Key)
			assert.True(t, want.Secret.Equal(got.Secret))
		})
	}
}

// Whoever is shown a new secret is told with it when the old credential goes.
func TestAShownSecretSaysWhenTheOldOneGoes(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, c := range map[string]struct {
		strategy oplog.Strategy
		grace    time.Duration
		state    oplog.State
		retires  time.Time
	}{
		"after a grace period": {oplog.Replace, time.Hour, oplog.Grace, now.Add(time.Hour)},
		"at once":              {oplog.Replace, 0, oplog.Delivered, time.Time{}},
		"it is gone":           {oplog.Rotate, time.Hour, oplog.Delivered, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			var shown Result
			r := &Run{
				Env: Env{Now: func() time.Time { return now }}, Secret: provider.NewSecret("a"),
				Op:   &oplog.OpState{Strategy: c.strategy, Issued: true, Options: oplog.Options{Grace: c.grace}},
				Show: func(_ context.Context, r Result) error { shown = r; return nil },
			}
			require.NoError(t, r.Deliver(t.Context(), oplog.Shown))
			assert.Equal(t, c.state, shown.State)
			assert.Equal(t, c.retires, shown.Retires)
			assert.True(t, shown.Changed)
			assert.True(t, shown.Credential.Secret.Equal(r.Secret))
		})
	}
}

type having map[string]provider.Credential

func (h having) Get(_ context.Context, id string) (provider.Credential, error) {
	if c, ok := h[id]; ok {
		return c, nil
	}
	return provider.Credential{}, provider.ErrNotFound
}

// A deletion that would leave nothing that works says what is wrong with what should stay.
func TestMustKeep(t *testing.T) {
	for want, c := range map[string]struct {
		there having
		keep  []string
	}{
		"":                               {having{"b": {Revoked: true}, "c": {ID: "c"}}, []string{"", "a", "b", "c"}},
		"did not delete a: b is revoked": {having{"b": {Revoked: true}}, []string{"b"}},
		"did not delete a: b is expired": {having{"b": {Expired: true}}, []string{"b"}},
		"did not delete a: b is not at the vendor":                                     {nil, []string{"", "b"}},
		"did not delete a: none of this rotation's other credentials is at the vendor": {having{"a": {ID: "a"}}, []string{"", "a"}},
	} {
		err := mustKeep(t.Context(), c.there, "a", c.keep)
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, want)
		assert.True(t, NothingKept(err))
	}
}
