package ours

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

type (
	clocked struct {
		ahead time.Duration
		known bool
	}
	repairs struct{}
	keeping bool
)

func (c clocked) ClockAhead() (time.Duration, bool) { return c.ahead, c.known }
func (k keeping) KeepsID() bool                     { return bool(k) }
func (repairs) RepairRights(context.Context, string, provider.Credential) (provider.Credential, error) {
	return provider.Credential{}, nil
}

// What a request creates appears by the vendor's clock, which is told in whole seconds.
func TestWindow(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 600_000_000, time.UTC)
	skewed := func() time.Duration { return 10 * time.Second }
	for name, c := range map[string]struct {
		service    provider.Service
		skew       func() time.Duration
		from, till string
	}{
		"the clocks agree":           {clocked{0, true}, nil, "03:04:05", "03:06:06.6"},
		"the vendor's is ahead":      {clocked{time.Minute, true}, nil, "03:05:05", "03:07:06.6"},
		"this one's is ahead":        {clocked{-time.Minute, true}, nil, "03:03:05", "03:05:06.6"},
		"it was corrected meanwhile": {clocked{time.Minute, true}, skewed, "03:05:15", "03:07:16.6"},
	} {
		t.Run(name, func(t *testing.T) {
			from, until := Window(c.service, now, c.skew)
			assert.Equal(t, c.from, from.Format("15:04:05.999"))
			assert.Equal(t, c.till, until.Format("15:04:05.999"))
		})
	}
	for _, unknown := range []provider.Service{clocked{}, struct{}{}} {
		from, until := Window(unknown, now, nil)
		assert.True(t, from.IsZero() && until.IsZero())
	}
}

// What existed before a request is looked up only where nothing else tells what it created.
func TestNeedsSnapshot(t *testing.T) {
	for _, c := range []struct {
		service  provider.Service
		strategy oplog.Strategy
		want     bool
	}{
		{struct{}{}, oplog.Replace, true},
		{struct{}{}, oplog.Rotate, true},
		{struct{}{}, oplog.Generate, false},
		{keeping(true), oplog.Rotate, false},
		{keeping(true), oplog.Replace, true},
		{keeping(false), oplog.Rotate, true},
		{repairs{}, oplog.Replace, false},
		{repairs{}, oplog.Create, false},
		{repairs{}, oplog.Rotate, true},
	} {
		assert.Equal(t, c.want, NeedsSnapshot(c.service, c.strategy), "%T %s", c.service, c.strategy)
	}
}

// What is like the credential that a request asked for may be of it; what is known may not.
func TestMayBe(t *testing.T) {
	s := &oplog.OpState{ID: "op", Subject: oplog.Subject{Provider: "acme", Kind: "key", ID: "old"}, Name: "Web ", Old: provider.Credential{Region: "uk"}, Snapshot: []string{"before"}}
	for name, c := range map[string]struct {
		of   provider.Credential
		want bool
	}{
		"its name":            {provider.Credential{ID: "a", Name: "web"}, true},
		"its name and region": {provider.Credential{ID: "a", Name: "web", Region: "uk"}, true},
		"another region":      {provider.Credential{ID: "a", Name: "web", Region: "us"}, false},
		"another name":        {provider.Credential{ID: "a", Name: "ci", Region: "uk"}, false},
		"the old credential":  {provider.Credential{ID: "old", Name: "web"}, false},
		"there before":        {provider.Credential{ID: "before", Name: "web"}, false},
		"its stamp":           {provider.Credential{ID: "before", Name: s.Stamp()}, true},
	} {
		assert.Equal(t, c.want, MayBe(s, c.of), name)
	}
}

// lists is a service that shows that credentials are used.
type lists []provider.Credential

func (l lists) List(context.Context, provider.Input) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		for _, c := range l {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// Without a stamp, only the one credential is deleted that nobody else can have made.
func TestAmong(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	used := provider.Credential{ID: "used", Name: "other", Created: at.Add(-time.Hour), LastUsed: at.Add(time.Hour)}
	made := func(id string, after time.Duration) provider.Credential {
		return provider.Credential{ID: id, Name: "web", Created: at.Add(after)}
	}
	for name, c := range map[string]struct {
		change        func(*oplog.OpState)
		all           []provider.Credential
		ours, unclear []string
	}{
		"when it was sent":                {nil, []provider.Credential{made("a", 0)}, []string{"a"}, nil},
		"as the run gave up waiting":      {nil, []provider.Credential{made("a", time.Minute)}, []string{"a"}, nil},
		"a moment before":                 {nil, []provider.Credential{made("a", -1)}, nil, nil},
		"a moment after":                  {nil, []provider.Credential{made("a", time.Minute+1)}, nil, nil},
		"two of them":                     {nil, []provider.Credential{made("a", 0), made("b", 0)}, nil, []string{"a", "b"}},
		"without a date":                  {nil, []provider.Credential{{ID: "a", Name: "web"}}, nil, []string{"a"}},
		"by a clock that is not known":    {func(s *oplog.OpState) { s.Windows = nil }, []provider.Credential{made("a", 0)}, nil, []string{"a"}},
		"revoked since":                   {nil, []provider.Credential{{ID: "a", Name: "web", Created: at, Revoked: true}}, nil, nil},
		"there before":                    {func(s *oplog.OpState) { s.Snapshot = []string{"a"} }, []provider.Credential{made("a", 0), made("b", 0)}, []string{"b"}, nil},
		"to be revoked already":           {func(s *oplog.OpState) { s.Orphans = []string{"a"} }, []provider.Credential{made("a", 0), made("b", 0)}, []string{"b"}, nil},
		"a person kept one of two":        {func(s *oplog.OpState) { s.Doubted = []string{"a", "deleted"} }, []provider.Credential{made("a", 0)}, nil, nil},
		"a person has not decided yet":    {func(s *oplog.OpState) { s.Doubted = []string{"a", "b"} }, []provider.Credential{made("a", 0), made("b", 0)}, nil, []string{"a", "b"}},
		"what a lost request has rotated": {func(s *oplog.OpState) { s.Found = "a" }, []provider.Credential{made("a", 0)}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := &oplog.OpState{ID: "op", Strategy: oplog.Replace, Subject: oplog.Subject{ID: "old"}, Name: "web", Windows: []oplog.Window{{From: at, Until: at.Add(time.Minute)}}}
			if c.change != nil {
				c.change(s)
			}
			all := append(c.all, used)
			f, err := Search{Service: lists(all), Op: s, Index: journal.Index{}, Now: at.Add(time.Hour)}.Among(t.Context(), all)
			require.NoError(t, err)
			assert.Equal(t, c.ours, f.Ours)
			assert.Equal(t, c.unclear, f.Unclear)
		})
	}
}

// That nobody uses a credential is told only by a vendor that is seen to record use.
func TestSeenUnused(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	c := provider.Credential{ID: "a", Created: at}
	for name, test := range map[string]struct {
		all   []provider.Credential
		after time.Duration
		class error
	}{
		"another was used since":    {[]provider.Credential{c, {ID: "b", LastUsed: at.Add(1)}}, 0, nil},
		"another was used then":     {[]provider.Credential{c, {ID: "b", LastUsed: at}}, 0, provider.ErrUnavailable},
		"it was used itself":        {[]provider.Credential{{ID: "a", Created: at, LastUsed: at.Add(1)}}, 0, provider.ErrUnavailable},
		"it may be recorded late":   {[]provider.Credential{c}, stampDelay - 1, provider.ErrUnavailable},
		"and now not any more":      {[]provider.Credential{c}, stampDelay, provider.ErrUnknown},
		"the vendor records no use": {[]provider.Credential{c}, time.Hour, provider.ErrUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			err := Search{Service: lists(test.all), Op: &oplog.OpState{}, Now: at.Add(test.after)}.SeenUnused(t.Context(), test.all, c)
			require.ErrorIs(t, err, test.class)
		})
	}
}
