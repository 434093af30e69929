package entry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
)

// tries bounds how often an entry is read and written again because another
// program changed it in between, or the answer was lost.
const tries = 4

// A destination is one that keeps named values in a [Store].
type destination struct {
	given, spec, place string
	server             string
	content            Content
	o                  deliver.Options
	proof              deliver.Proof
	open               func(context.Context) (Store, error)

	mu      sync.Mutex
	store   Store               // nil until it is opened
	sealed  bool                // as was seen last
	written provider.Credential // by this run
	bound   string              // as in [Binder]
}

// Destination returns the destination that keeps content at a place, which is the
// same for all that can overwrite one another. Open is called once it is used.
func (t Target) Destination(spec, place string, c Content, open func(context.Context) (Store, error)) deliver.Destination {
	return &destination{given: t.Given, spec: spec, place: t.scheme.Name + ":" + place, server: t.Server, content: c, o: t.Options, proof: t.scheme.Proof, open: open}
}

func (d *destination) String() string { return d.given }
func (d *destination) Spec() string   { return d.spec }

// Server returns the URL of the server, where that is known.
func (d *destination) Server() string { return d.server }

// Place is what d owns of the entry.
func (d *destination) Place() deliver.Place { return deliver.NewPlace(d.place, d.content.Names()) }

func (d *destination) Proof() deliver.Proof {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sealed {
		return deliver.ByStamp
	}
	return d.proof
}

func (d *destination) Check(ctx context.Context) error {
	return d.with(ctx, func(s Store) error {
		e, err := d.get(ctx, s)
		if err == nil {
			err = d.content.fits(e)
		}
		if err == nil && d.content.lacksEndpoint(e) {
			err = quote.CheckNoEndpoint(d.o.Shape)
		}
		if err == nil {
			err = Reading(s.Check(ctx, e, d.content.required()))
		}
		return err
	})
}

func (d *destination) Write(ctx context.Context, c provider.Credential) error {
	return d.with(ctx, func(s Store) error {
		values, err := d.content.of(c)
		if err == nil {
			err = d.o.Locked(ctx, d.place, func() error { return d.write(ctx, s, c, values) })
		}
		if err == nil {
			d.mu.Lock()
			d.written = c
			d.mu.Unlock()
		}
		return err
	})
}

// write reads and writes until nobody has changed the entry in between. What holds
// the values already is not written again: so a lost answer costs nothing.
func (d *destination) write(ctx context.Context, s Store, c provider.Credential, values Values) error {
	for try := 1; ; try++ {
		e, err := d.get(ctx, s)
		if err == nil {
			err = d.content.fits(e)
		}
		if err == nil && d.content.lacksEndpoint(e) {
			err = quote.CheckEndpoint(c, d.o.Shape)
		}
		if err != nil || !e.Sealed && values.within(e) == nil {
			return err
		}
		err = s.Put(ctx, e, values)
		again := errors.Is(err, ErrChanged) || errors.Is(err, provider.ErrUnknown)
		if !again || try == tries || ctx.Err() != nil {
			return err
		}
	}
}

func (d *destination) ReadBack(ctx context.Context, c provider.Credential) error {
	return d.with(ctx, func(s Store) error {
		values, err := d.content.of(c)
		if err != nil {
			return err
		}
		e, err := d.get(ctx, s)
		if err != nil {
			return err
		}
		if !e.Sealed {
			return values.within(e)
		}
		d.mu.Lock()
		ours := d.written.Key == c.Key && d.written.Secret.Equal(c.Secret)
		d.mu.Unlock()
		if !ours {
			return deliver.ErrNoReadBack
		}
		if a, ok := s.(Accepter); ok {
			return a.Accepted(ctx, e)
		}
		return nil
	})
}

func (d *destination) Current(ctx context.Context) (key string, secret provider.Secret, err error) {
	err = d.with(ctx, func(s Store) error {
		e, err := d.get(ctx, s)
		if key, secret = d.content.read(e.Values); err == nil && foreign(secret, d.o) {
			secret = provider.Secret{}
		}
		return err
	})
	return key, secret, err
}

// Stamp returns the version of the entry.
func (d *destination) Stamp(ctx context.Context) (stamp string, err error) {
	err = d.with(ctx, func(s Store) error {
		e, err := d.get(ctx, s)
		stamp = e.Version
		return err
	})
	return stamp, err
}

// Within returns the account, or the like, that d is in, as the last request has told.
func (d *destination) Within() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if l, ok := d.store.(Located); ok {
		return l.Within()
	}
	return ""
}

// Bind keeps d to where it was found.
func (d *destination) Bind(within string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.bound = within
}

// Retire destroys earlier values, where the entry keeps them and that was asked for.
func (d *destination) Retire(ctx context.Context) error {
	return d.with(ctx, func(s Store) error {
		r, ok := s.(Retirer)
		if !ok {
			return nil
		}
		if _, err := d.get(ctx, s); err != nil {
			return err
		}
		return d.o.Locked(ctx, d.place, func() error { return r.Retire(ctx, d.content.Names()) })
	})
}

// get reads what d holds, as everything does that judges or changes it: where it is bound to,
// or not at all. A store that cannot be read may tell where it is.
func (d *destination) get(ctx context.Context, s Store) (Entry, error) {
	e, err := s.Get(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		d.sealed = e.Sealed
	}
	err = Reading(err)
	if l, ok := s.(Located); ok && (err == nil || l.Within() != "") {
		err = cmp.Or(Stays(l.Within(), d.bound, remaking(s)), err)
	}
	return e, err
}

// with opens d, once, and names it in errors.
func (d *destination) with(ctx context.Context, do func(Store) error) error {
	s, err := d.opened(ctx)
	if err == nil {
		err = do(s)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", d, err)
	}
	return nil
}

func (d *destination) opened(ctx context.Context) (Store, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.store == nil {
		s, err := d.open(ctx)
		if err != nil {
			return nil, err
		}
		d.store = s
	}
	return d.store, nil
}
