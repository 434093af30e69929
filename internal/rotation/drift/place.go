package drift

import (
	"context"
	"errors"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/deliver/host"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// A place is a destination to which an operation has delivered its secret.
type place struct {
	deliver.Destination

	to      string // as the operation has it
	op      *journal.Operation
	s       *oplog.OpState
	journal *journal.Store
}

// drift reports whether the place holds something else now; nil is that it cannot be told.
func (p place) drift(ctx context.Context) (*bool, error) {
	key, secret, err := p.Current(ctx)
	switch {
	case err != nil:
		return told(err)
	case p.Proof() == deliver.ByStamp:
		return p.moved(ctx)
	}
	want := p.s.New
	if entry.KeyOnly(p.Destination) {
		return new(key != want.Key), nil
	}
	print := printOf(p.op, p.s.New.ID)
	switch {
	case print != "":
		got, err := p.journal.Print(secret)
		if err != nil {
			return nil, err
		}
		if secret.IsZero() || got != print {
			return new(true), nil
		}
		want.Secret = secret // which is the one that was delivered
	case p.s.Strategy.InPlace() && want.Key != "": // the public half of a pair was delivered
		want.Secret, want.Key = provider.NewSecret(want.Key), ""
	default:
		return nil, nil // it cannot be told
	}
	return told(p.ReadBack(ctx, want))
}

// printOf returns the print of the secret of a credential that op has delivered, or "".
func printOf(op *journal.Operation, id string) (print string) {
	for _, one := range op.Past().Prints {
		if one.ID == id {
			print = one.Print
		}
	}
	return print
}

// moved reports whether a place that cannot be read back was set again, or is no more.
func (p place) moved(ctx context.Context) (*bool, error) {
	stamper, ok := p.Destination.(deliver.Stamper)
	if !ok {
		drift, err := told(p.ReadBack(ctx, p.s.New)) // which compares what is not secret
		if drift != nil && !*drift {
			drift = nil // the secret itself cannot be told
		}
		return drift, err
	}
	before := p.s.Stamps[p.to]
	if !host.Stamped(before) {
		return nil, nil // it cannot be told
	}
	now, err := stamper.Stamp(ctx)
	if err != nil {
		return nil, err
	}
	return new(now != before), nil
}

// told says what the error of reading a place back means: that the place holds something
// else, unless it could not be read.
func told(err error) (*bool, error) {
	switch {
	case err == nil:
		return new(false), nil
	case errors.Is(err, deliver.ErrNoReadBack):
		return nil, nil // it cannot be told
	case Unread(err):
		return nil, err
	}
	return new(true), nil
}

// Unread reports whether err is that a destination could not be read: all that does not
// say that it holds something else, or is gone.
func Unread(err error) bool {
	is := func(class error) bool { return errors.Is(err, class) }
	told := is(provider.ErrVerify) || is(provider.ErrNotFound)
	return err != nil && (!told || is(entry.ErrHidden) || is(provider.ErrDenied))
}
