package drift_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
)

// A sealed is a destination that is never read back, with a stamp.
type sealed struct {
	*rotationtest.Box

	stamp string
	err   error
}

func (*sealed) Proof() deliver.Proof { return deliver.ByStamp }
func (*sealed) Current(context.Context) (string, provider.Secret, error) {
	return "", provider.Secret{}, nil
}
func (s *sealed) Stamp(context.Context) (string, error) { return s.stamp, s.err }

func checker(h *rotationtest.House) drift.Checker {
	index, err := h.Journal.Index()
	require.NoError(h.T, err)
	return drift.Checker{Journal: h.Journal, Index: index, Destination: h.Destination}
}

// rotated is a house whose credential was rotated to both boxes.
func rotated(t *testing.T, service func(rotationtest.Base) provider.Service, change func(*rotation.Request)) (*rotationtest.House, rotation.Result) {
	t.Helper()
	h := rotationtest.New(t, service)
	q := h.Request()
	if change != nil {
		change(&q)
	}
	r, err := h.Rotate(t.Context(), q)
	require.NoError(t, err)
	return h, r
}

// found returns what was found of each destination of the credential with this ID.
func found(t *testing.T, h *rotationtest.House, id string) (all []string, err error) {
	t.Helper()
	op, err := checker(h).Of(id)
	require.NoError(t, err)
	s, err := checker(h).Check(t.Context(), op)
	for _, d := range s.Destinations {
		switch {
		case d.Drift == nil:
			all = append(all, "unknown")
		case *d.Drift:
			all = append(all, "changed")
		default:
			all = append(all, "unchanged")
		}
	}
	return all, err
}

func TestWhatWasDeliveredIsCompared(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*rotationtest.Box)
		want   string
	}{
		"as it was":          {func(*rotationtest.Box) {}, "unchanged"},
		"deleted":            {func(b *rotationtest.Box) { b.Key, b.Secret = "", "" }, "changed"},
		"another secret":     {func(b *rotationtest.Box) { b.Secret = "another" }, "changed"},
		"another key":        {func(b *rotationtest.Box) { b.Key = "another" }, "changed"},
		"the key is missing": {func(b *rotationtest.Box) { b.Key = "" }, "changed"},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h, r := rotated(t, rotationtest.AsReplacer, nil)
				test.change(h.Boxes["box:a"])
				for _, id := range []string{r.OldID, r.NewID, r.Operation} {
					got, err := found(t, h, id)
					require.NoError(t, err)
					assert.Equal(t, []string{test.want, "unchanged"}, got, id)
				}
			})
		})
	}
}

// In the grace period the secret is in the journal, and the destinations are checked too.
func TestUnfinishedRotationsAreChecked(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, r := rotated(t, rotationtest.AsReplacer, func(q *rotation.Request) { q.Grace = 3600e9 })
		require.Equal(t, oplog.Grace, r.State)
		h.Boxes["box:b"].Secret = h.Old.Secret
		got, err := found(t, h, r.OldID)
		require.NoError(t, err)
		assert.Equal(t, []string{"unchanged", "changed"}, got)
	})
}

func TestADestinationThatCannotBeReadIsNamed(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, r := rotated(t, rotationtest.AsReplacer, nil)
		h.Boxes["box:a"].Faults["readback"] = []error{provider.WithClass(provider.ErrUnavailable, errors.New("box:a: no answer"))}
		got, err := found(t, h, r.NewID)
		require.ErrorIs(t, err, provider.ErrUnavailable)
		require.EqualError(t, err, "could not check box:a: no answer")
		assert.Equal(t, []string{"unknown", "unchanged"}, got)
	})
}

func TestStampsThatMoved(t *testing.T) {
	for name, test := range map[string]struct {
		before, now string
		err         error
		want        string
		fails       error
	}{
		"as it was":        {before: "1", now: "1", want: "unchanged"},
		"set again":        {before: "1", now: "2", want: "changed"},
		"deleted":          {before: "1", want: "changed"},
		"never had one":    {now: "2", want: "unknown"},
		"cannot be asked":  {before: "1", err: provider.WithClass(provider.ErrDenied, errors.New("denied")), want: "unknown", fails: provider.ErrDenied},
		"neither then nor": {want: "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h := rotationtest.New(t, rotationtest.AsReplacer)
				h.V.Find("id-2").Name = "another" // which could have replaced the first, where a box hides its secret
				at := &sealed{Box: h.Boxes["box:a"], stamp: test.before}
				boxes := h.Destination
				h.Destination = func(spec string, s rotation.Subject, insecure bool) (deliver.Destination, error) {
					if spec == "box:a" {
						return at, nil
					}
					return boxes(spec, s, insecure)
				}
				r, err := h.Rotate(t.Context(), h.Request())
				require.NoError(t, err)
				at.stamp, at.err = test.now, test.err
				got, err := found(t, h, r.NewID)
				require.ErrorIs(t, err, test.fails)
				assert.Equal(t, []string{test.want, "unchanged"}, got)
			})
		})
	}
}

// A creator creates credentials that replace none.
type creator struct {
	provider.Service

	h *rotationtest.House
}

func (c creator) Create(context.Context, provider.Input) (provider.Credential, error) {
	made := c.h.V.Add(provider.Credential{Name: "new", Status: "active"})
	one := made.Credential
	one.Secret = provider.NewSecret(made.Secret)
	return one, nil
}

func TestWhatWasCreatedIsChecked(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := rotationtest.New(t, rotationtest.AsReplacer)
		at := &sealed{Box: h.Boxes["box:a"], stamp: "1"}
		boxes := h.Destination
		h.Destination = func(spec string, s rotation.Subject, insecure bool) (deliver.Destination, error) {
			if spec == "box:a" {
				return at, nil
			}
			return boxes(spec, s, insecure)
		}
		r, err := h.Create(t.Context(), creation.Request{
			Subject: rotation.Subject{Provider: "acme", Kind: "key"}, Service: creator{h.Service, h}, Name: "new",
			Options: rotation.Options{To: []string{"box:a", "box:b"}},
		})
		require.NoError(t, err)
		got, err := found(t, h, r.NewID)
		require.NoError(t, err)
		assert.Equal(t, []string{"unchanged", "unchanged"}, got)
		at.stamp, h.Boxes["box:b"].Secret = "2", ""
		got, err = found(t, h, r.NewID)
		require.NoError(t, err)
		assert.Equal(t, []string{"changed", "changed"}, got)
	})
}

// What a later rotation has delivered is no drift of the earlier one.
func TestOnlyWhatIsInForceIsChecked(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, first := rotated(t, rotationtest.AsReplacer, nil)
		q := h.Request()
		q.ID, q.Grace = first.NewID, 3600e9
		second, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		for _, id := range []string{first.OldID, first.Operation, first.NewID, second.NewID} {
			op, err := checker(h).Of(id)
			require.NoError(t, err)
			assert.Equal(t, second.Operation, op.ID, id)
		}
		ops, err := checker(h).All()
		require.NoError(t, err)
		require.Len(t, ops, 1)
		assert.Equal(t, second.Operation, ops[0].ID)
	})
}

// The later rotation has written one destination and stopped.
func TestWhatALaterRotationMayHaveWrittenIsNotJudged(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, first := rotated(t, rotationtest.AsReplacer, nil)
		h.Boxes["box:b"].Faults["write"] = []error{errors.New("full")}
		q := h.Request()
		q.ID, q.To, q.Force = first.NewID, []string{"box:b"}, true
		_, err := h.Rotate(t.Context(), q)
		require.Error(t, err)
		op, err := h.Journal.Load(first.Operation)
		require.NoError(t, err)
		s, err := checker(h).Check(t.Context(), op)
		require.NoError(t, err)
		require.Len(t, s.Destinations, 2)
		assert.Equal(t, new(false), s.Destinations[0].Drift)
		assert.Nil(t, s.Destinations[1].Drift)
	})
}

func TestInPlaceTheLastSecretCounts(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h, r := rotated(t, rotationtest.AsRotator, nil)
		held := h.Boxes["box:a"].Secret
		q := h.Request()
		q.ID = r.NewID
		again, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		require.True(t, again.Changed)
		got, err := found(t, h, r.NewID)
		require.NoError(t, err)
		assert.Equal(t, []string{"unchanged", "unchanged"}, got)
		h.Boxes["box:a"].Secret = held
		got, err = found(t, h, r.NewID)
		require.NoError(t, err)
		assert.Equal(t, []string{"changed", "unchanged"}, got)
	})
}

func TestWhatWasDeliveredNowhere(t *testing.T) {
	rotationtest.Bubble(t, func(t *testing.T) {
		h := rotationtest.New(t, rotationtest.AsReplacer)
		h.V.Find("id-2").Name = "another"
		q := h.Request()
		q.To, q.Show = nil, func(context.Context, rotation.Result) error { return nil }
		r, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		_, err = checker(h).Of(r.NewID)
		require.ErrorIs(t, err, provider.ErrNotFound)
		require.EqualError(t, err, "credctl knows of no destination of "+r.NewID)
		ops, err := checker(h).All()
		require.NoError(t, err)
		assert.Equal(t, []*journal.Operation(nil), ops)
		for _, b := range h.Boxes {
			b.Key, b.Secret = "", ""
		}
		q = h.Request()
		q.ID = "id-2"
		second, err := h.Rotate(t.Context(), q)
		require.NoError(t, err)
		ops, err = checker(h).All()
		require.NoError(t, err)
		require.Len(t, ops, 1, "the one that was delivered, and came later")
		assert.Equal(t, second.Operation, ops[0].ID)
	})
}

// A gone is a destination that is no more.
type gone struct{ *rotationtest.Box }

func (gone) Current(context.Context) (string, provider.Secret, error) {
	return "", provider.Secret{}, provider.ErrNotFound
}

// A shelf is a store of one value, which is the public half of a pair.
type shelf struct{ box *rotationtest.Box }

func (s shelf) Get(context.Context) (entry.Entry, error) {
	return entry.Entry{Exists: true, Values: entry.Values{"": provider.NewSecret(s.box.Key)}}, nil
}
func (shelf) Check(context.Context, entry.Entry, []string) error   { return nil }
func (shelf) Put(context.Context, entry.Entry, entry.Values) error { return nil }

// public returns the destination that has the access key ID of b alone.
func public(t *testing.T, b *rotationtest.Box) deliver.Destination {
	t.Helper()
	scheme := entry.Scheme(deliver.Scheme{Name: "shelf", Proof: deliver.ByValue, Params: entry.Params(false)}, func(t entry.Target) (deliver.Destination, error) {
		c, err := t.Content(false)
		return t.Destination(t.Given, t.Place, c, func(context.Context) (entry.Store, error) { return shelf{b}, nil }), err
	})
	d, err := deliver.Parse("shelf:a?field=key", deliver.Options{Shape: provider.KeyPair(), Schemes: []deliver.Scheme{scheme}})
	require.NoError(t, err)
	return d
}

func TestDestinationsOfOtherShapes(t *testing.T) {
	for name, test := range map[string]struct {
		shape func(*rotationtest.Box) deliver.Destination
		key   string // that it holds now, if it is another one
		want  string
	}{
		"no more":                {shape: func(b *rotationtest.Box) deliver.Destination { return gone{b} }, want: "changed"},
		"the key alone":          {shape: func(b *rotationtest.Box) deliver.Destination { return public(t, b) }, want: "unchanged"},
		"the key alone, another": {shape: func(b *rotationtest.Box) deliver.Destination { return public(t, b) }, key: "another", want: "changed"},
	} {
		t.Run(name, func(t *testing.T) {
			rotationtest.Bubble(t, func(t *testing.T) {
				h, r := rotated(t, rotationtest.AsReplacer, nil)
				box := h.Boxes["box:a"]
				if test.key != "" {
					box.Key = test.key
				}
				c := checker(h)
				c.Destination = func(to string, s oplog.Subject, insecurePerms bool) (deliver.Destination, error) {
					if to == "box:a" {
						return test.shape(box), nil
					}
					return h.Destination(to, s, insecurePerms)
				}
				op, err := c.Of(r.NewID)
				require.NoError(t, err)
				status, err := c.Check(t.Context(), op)
				require.NoError(t, err)
				require.NotNil(t, status.Destinations[0].Drift)
				assert.Equal(t, test.want == "changed", *status.Destinations[0].Drift)
			})
		})
	}
}

// An unread is a destination that is written only, and was by another run.
type unread struct{ sealed }

func (*unread) ReadBack(context.Context, provider.Credential) error { return deliver.ErrNoReadBack }

func TestHolds(t *testing.T) {
	box := &rotationtest.Box{Name: "box:a"}
	c := provider.Credential{ID: "2", Secret: provider.NewSecret("canary")}
	require.ErrorIs(t, drift.Holds(t.Context(), &unread{sealed{Box: box, stamp: "1"}}, c, ""), drift.ErrUntold)
	require.NoError(t, drift.Holds(t.Context(), &unread{sealed{Box: box, stamp: "1"}}, c, "1"))
	require.ErrorContains(t, drift.Holds(t.Context(), &unread{sealed{Box: box, stamp: "2"}}, c, "1"), "another program changed it")
	denied := drift.Holds(t.Context(), &unread{sealed{Box: box, err: provider.WithClass(provider.ErrDenied, errors.New("denied"))}}, c, "1")
	assert.True(t, drift.Unread(denied))
}

// What is not said to be that the destination holds something else, such as a failure of the
// file system, of a program, or an answer that cannot be understood, is not.
func TestUnread(t *testing.T) {
	dir := t.TempDir()
	loop := filepath.Join(dir, "loop")
	require.NoError(t, os.Symlink(loop, loop))
	c := provider.Credential{ID: "2", Secret: provider.NewSecret("canary")}
	for spec, want := range map[string]bool{"file:" + loop: true, "file:" + filepath.Join(dir, "none"): false} {
		d, err := deliver.Parse(spec, deliver.Options{Shape: provider.SingleSecret("X")})
		require.NoError(t, err)
		err = drift.Holds(t.Context(), d, c, "")
		require.Error(t, err)
		assert.Equal(t, want, drift.Unread(err), err)
	}
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"no permission":    {&fs.PathError{Op: "open", Path: "a", Err: fs.ErrPermission}, true},
		"no configuration": {&fs.PathError{Op: "open", Path: "kubeconfig", Err: fs.ErrNotExist}, true},
		"an odd answer":    {errors.New("the answer is about another secret"), true},
		"nothing":          {nil, false},
		"a program":        {fmt.Errorf("sops: %w", &exec.ExitError{ProcessState: &os.ProcessState{}}), true},
		"another secret":   {provider.WithClass(provider.ErrVerify, errors.New("it does not contain the new secret")), false},
		"not to be seen":   {provider.WithClass(entry.ErrHidden, provider.WithClass(provider.ErrNotFound, errors.New("404"))), true},
		"no access":        {provider.WithClass(provider.ErrDenied, provider.WithClass(provider.ErrNotFound, errors.New("404"))), true},
		"an interruption":  {context.Canceled, true},
		"a server is away": {provider.WithClass(provider.ErrUnavailable, errors.New("503")), true},
		"no such secret":   {provider.WithClass(provider.ErrNotFound, errors.New("404")), false},
	} {
		assert.Equal(t, test.want, drift.Unread(test.err), name)
	}
}
