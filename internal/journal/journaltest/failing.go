package journaltest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/journal/keyed"
	"github.com/credctl/credctl/internal/journal/seal"
	"github.com/credctl/credctl/internal/journal/trail"
	"github.com/credctl/credctl/internal/provider"
)

// ErrFails is what the call of [Failing] ends with.
var ErrFails = errors.New("input/output error")

// Failing returns a journal that is kept where s is, and of whose calls there the nth
// fails before anything is done. The function tells whether that came to pass.
func Failing(s *journal.Store, n int64) (failing *journal.Store, failed func() bool) {
	f := &faulty{Backend: s.Backend()}
	f.left.Store(n)
	return journal.New(f), func() bool { return f.left.Load() <= 0 }
}

type faulty struct {
	journal.Backend

	left atomic.Int64
}

func (f *faulty) fail() error {
	if f.left.Add(-1) == 0 {
		return ErrFails
	}
	return nil
}

func (f *faulty) Key(ctx context.Context) (*seal.Key, error) {
	if err := f.fail(); err != nil {
		return nil, err
	}
	return f.Backend.Key(ctx)
}

func (f *faulty) Rekey(ctx context.Context, to backend.Rekeying) error {
	if err := f.fail(); err != nil {
		return err
	}
	return f.Backend.Rekey(ctx, to)
}

func (f *faulty) Lock(ctx context.Context, name string, wait time.Duration) (context.Context, func(), error) {
	if err := f.fail(); err != nil {
		return ctx, nil, err
	}
	return f.Backend.Lock(ctx, name, wait)
}

func (f *faulty) Live() ([]backend.Version, error) {
	if err := f.fail(); err != nil {
		return nil, err
	}
	return f.Backend.Live()
}

func (f *faulty) Read(ids ...string) ([]backend.Text, error) {
	if err := f.fail(); err != nil {
		return nil, err
	}
	return f.Backend.Read(ids...)
}

func (f *faulty) Create(id string, text []byte) error {
	if err := f.fail(); err != nil {
		return err
	}
	return f.Backend.Create(id, text)
}

func (f *faulty) Append(id string, a backend.Addition) error {
	if err := f.fail(); err != nil {
		return err
	}
	return f.Backend.Append(id, a)
}

func (f *faulty) Replace(id, after string, text []byte) error {
	if err := f.fail(); err != nil {
		return err
	}
	return f.Backend.Replace(id, after, text)
}

func (f *faulty) Finished() ([]string, error) {
	if err := f.fail(); err != nil {
		return nil, err
	}
	return f.Backend.Finished()
}

func (f *faulty) Records(c keyed.Codec) keyed.List {
	return &faultyList{f.Backend.Records(c), f}
}

func (f *faulty) Sightings(c keyed.Codec) keyed.List {
	return &faultyList{f.Backend.Sightings(c), f}
}

func (f *faulty) Trail() trail.Lines { return &faultyTrail{f.Backend.Trail(), f} }

type faultyList struct {
	keyed.List

	of *faulty
}

func (l *faultyList) Refresh() error {
	if err := l.of.fail(); err != nil {
		return err
	}
	return l.List.Refresh()
}

func (l *faultyList) Find(key string) (line []byte, at int64, err error) {
	if err := l.of.fail(); err != nil {
		return nil, 0, err
	}
	return l.List.Find(key)
}

func (l *faultyList) Each(do func(line []byte) error) error {
	if err := l.of.fail(); err != nil {
		return err
	}
	return l.List.Each(do)
}

func (l *faultyList) Add(n int, line func(i int) ([]byte, error)) error {
	if err := l.of.fail(); err != nil {
		return err
	}
	return l.List.Add(n, line)
}

type faultyTrail struct {
	trail.Lines

	of *faulty
}

func (l *faultyTrail) Check() error {
	if err := l.of.fail(); err != nil {
		return provider.WithClass(provider.ErrUnavailable, err)
	}
	return l.Lines.Check()
}

func (l *faultyTrail) Each(read func(line []byte)) error {
	if err := l.of.fail(); err != nil {
		return err
	}
	return l.Lines.Each(read)
}
