package policy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
	"github.com/credctl/credctl/internal/rotation/together"
)

// keys adds credentials, each a day older than the one before, and a selection of each.
func (h *house) keys(n int) (p Policy) {
	for i := range n {
		c := h.V.Add(provider.Credential{Name: fmt.Sprintf("ci-%03d", i), Status: "active"})
		c.Created = h.V.Now().Add(-time.Duration(i+1) * duration.Day)
		r := h.entry(c.Name, "", 30*duration.Day)
		r.Select = &Selection{Name: c.Name}
		p.Rotations = append(p.Rotations, r)
	}
	clear(h.V.Reads)
	return p
}

func TestOneListingServesAllEntries(t *testing.T) {
	for name, entries := range map[string]func(h *house, p *Policy){
		"that select": func(*house, *Policy) {},
		"that select with patterns": func(_ *house, p *Policy) {
			for i := range p.Rotations {
				s := p.Rotations[i].Select
				s.Name = "[c]i" + strings.TrimPrefix(s.Name, "ci") + "*"
			}
		},
		"with IDs": func(_ *house, p *Policy) {
			for i := range p.Rotations {
				r := &p.Rotations[i]
				r.Select, r.ID = nil, fmt.Sprintf("id-%d", i+3)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := newHouse(t, rotationtest.AsReplacer)
				p := h.keys(20)
				entries(h, &p)
				got, err := Run(t.Context(), h.Engine, p, Options{})
				require.NoError(t, err)
				require.Len(t, got, 20)
				for i, r := range got {
					assert.Equal(t, oplog.ReasonNotDue, r.Reason)
					assert.Equal(t, fmt.Sprintf("id-%d", i+3), r.ID)
				}
				assert.Equal(t, map[string]int{"list": 1}, h.V.Reads)
			})
		})
	}
}

// A few credentials are read one by one: an account may have very many others.
func TestAFewIDsAreReadOneByOne(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		p := h.keys(3)
		for i := range p.Rotations {
			p.Rotations[i].Select, p.Rotations[i].ID = nil, fmt.Sprintf("id-%d", i+3)
		}
		_, err := Run(t.Context(), h.Engine, p, Options{})
		require.NoError(t, err)
		assert.Equal(t, map[string]int{"get": 3}, h.V.Reads)
	})
}

// A vendor that tells no dates is not asked for each credential.
func TestDatesThatNobodyTellsAreNotAskedFor(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		p := h.keys(20)
		for _, c := range h.V.All {
			c.Created = time.Time{}
		}
		for range 2 {
			clear(h.V.Reads)
			_, err := Run(t.Context(), h.Engine, p, Options{})
			require.NoError(t, err)
			assert.Equal(t, map[string]int{"list": 1, "get": 1}, h.V.Reads)
			h.Clock += 20 * duration.Day
			h.Restart()
		}
		got, err := Run(t.Context(), h.Engine, p, Options{DryRun: true})
		require.Error(t, err, "all are due, counted from when they were first seen")
		assert.True(t, got[0].Due)
	})
}

// Each run rotates as many as the time suffices for, those first that are due the
// longest, and the next one continues.
func TestATimeLimitEndsBetweenRotations(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		p := h.keys(7)
		p.MaxChanges = 7
		h.Clock = 40 * duration.Day
		h.V.VerifyAs = func(provider.Credential) error { // a rotation takes three of these
			time.Sleep(time.Second)
			return nil
		}
		var order []string
		for run := 1; run <= 5; run++ {
			h.V.Calls = nil
			ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
			got, err := Run(ctx, h.Engine, p, Options{})
			cancel()
			for _, call := range h.V.Calls {
				if id, ok := strings.CutPrefix(call, "delete "); ok {
					order = append(order, id)
				}
			}
			if err == nil {
				break
			}
			require.ErrorIs(t, err, provider.ErrUnavailable)
			require.NotErrorIs(t, err, provider.ErrPartial)
			assert.Equal(t, oplog.ReasonInterrupted, got[0].Reason, "the youngest")
			index, err := h.Journal.Index()
			require.NoError(t, err)
			assert.Empty(t, index.Unfinished(), "no rotation was broken off")
			h.Restart()
		}
		assert.Equal(t, []string{"id-9", "id-8", "id-7", "id-6", "id-5", "id-4", "id-3"}, order)
	})
}

// What an interrupt kept from being done says so in the words of people, in one line.
func TestAnInterruptedRunSaysSoInWords(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := newHouse(t, rotationtest.AsReplacer)
		p := h.keys(3)
		h.Clock = 40 * duration.Day
		ctx, interrupt := context.WithCancel(t.Context())
		h.V.VerifyAs = func(provider.Credential) error {
			interrupt()
			return nil
		}
		got, err := Run(ctx, h.Engine, p, Options{})
		require.ErrorIs(t, err, context.Canceled)
		skipped := 0
		for _, r := range got {
			require.ErrorIs(t, r.Err, context.Canceled)
			assert.NotContains(t, r.Error, "context")
			assert.NotContains(t, r.Error, "\n")
			if r.Reason == oplog.ReasonInterrupted {
				skipped++
				assert.Equal(t, "skipped: the run was interrupted", r.Error)
			}
		}
		assert.Equal(t, 2, skipped)
	})
}

func TestTogether(t *testing.T) {
	locked, timeout := provider.WithClass(provider.ErrLocked, errors.New("locked")), fmt.Errorf("late: %w", context.DeadlineExceeded)
	for _, c := range []struct {
		problems []error
		class    error
	}{
		{[]error{locked, timeout, rotationtest.ErrDown}, provider.ErrUnavailable},
		{[]error{locked, rotationtest.ErrNoRight}, provider.ErrPartial},
		{[]error{provider.WithClass(provider.ErrPartial, timeout), timeout}, provider.ErrPartial},
		{[]error{rotationtest.ErrLost, timeout}, provider.ErrPartial},
	} {
		err := together.Join(problemsOf(c.problems...), 5)
		require.ErrorIs(t, err, c.class)
		for _, class := range []error{provider.ErrLocked, provider.ErrUnknown, provider.ErrDenied} {
			require.NotErrorIs(t, err, class, "one class decides the exit status")
		}
	}
	require.EqualError(t, together.Join(problemsOf(locked), 1), "a: locked")
	assert.NoError(t, together.Join(nil, 3))
}

func problemsOf(errs ...error) []error {
	problems := make([]error, len(errs))
	for i, err := range errs {
		problems[i] = &together.RunError{About: string(rune('a' + i)), Err: err}
	}
	return problems
}

// TestTheHintOfSeveralProblemsIsThatOfEach: with what it is about, unless all need the same.
func TestTheHintOfSeveralProblemsIsThatOfEach(t *testing.T) {
	folder, list := provider.Hint(errors.New("no folder"), "mkdir"), provider.Hint(errors.New("no key"), "list")
	for want, problems := range map[string][]error{
		"a: list; b: mkdir": {list, folder},
		"b: mkdir":          {rotationtest.ErrNoRight, folder},
		"mkdir":             {folder, folder},
		"":                  {rotationtest.ErrNoRight, rotationtest.ErrNoRight},
	} {
		assert.Equal(t, want, provider.HintOf(together.Join(problemsOf(problems...), 5)))
	}
	many := provider.HintOf(together.Join(problemsOf(list, folder, list, folder, list, folder), 6))
	assert.Equal(t, "a: list; b: mkdir; c: list; d: mkdir; e: list", many, "a hint is no report")
}

// TestAnEntryWithAnUnknownID says what get says, and where to look.
func TestAnEntryWithAnUnknownID(t *testing.T) {
	answer := &provider.Error{Op: "GET /keys", Status: 404, Class: provider.WithClass(provider.ErrAbsent, provider.ErrNotFound)}
	it := &item{Entry: Entry{Subject: rotation.Subject{Provider: "acme", Kind: "access-key", ID: "k1", Settings: map[string]string{"org": "north"}}}}
	err := unreadable(it, answer)
	require.EqualError(t, err, "no access key k1 in organization north")
	require.ErrorIs(t, err, provider.ErrNotFound)
	assert.Equal(t, "check the ID and the account of the entry with: credctl acme list", provider.HintOf(err))
	it.Settings, it.Profile = nil, "my work"
	err = unreadable(it, answer)
	require.EqualError(t, err, "no access key k1 in Acme")
	assert.Equal(t, "check the ID and the account of the entry with: credctl acme list --profile 'my work'", provider.HintOf(err))
	require.EqualError(t, unreadable(it, rotationtest.ErrDown), "could not read k1: "+rotationtest.ErrDown.Error())
}
