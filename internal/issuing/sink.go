package issuing

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/results"
)

// room is the space that is reserved for a result in a file that standard output is.
const room = 16 << 10

// A sink is where a new secret goes.
type sink struct {
	issuer  Issuer
	to      []string                       // destinations
	reveal  bool                           // the secret goes to standard output
	shown   bool                           // the result is on standard output
	existed bool                           // the result existed before
	opened  map[string]deliver.Destination // the destinations that were checked
	release func()                         // gives back the space that is reserved there; nil: there is none
}

// Check finds what is wrong with the places of the secret without looking at them, before a
// person is asked anything.
func (i Issuer) Check(ctx context.Context) error {
	_, err := i.sink(ctx)
	return err
}

// sink finds what is wrong with the places of the secret without looking at them.
func (i Issuer) sink(ctx context.Context) (*sink, error) {
	if !i.Secret {
		return &sink{issuer: i}, nil
	}
	shape, err := i.Config.Shape(ctx, i.Account, i.Kind)
	if err != nil {
		return nil, err
	}
	i.Kind.Shape = shape
	to, err := i.destinations()
	if err != nil {
		return nil, err
	}
	s := &sink{issuer: i, to: to, reveal: i.Results.ShowSecret || len(to) == 0}
	if i.DryRun { // its format is that of the requests
		return s, nil
	}
	if i.IfNotExists && i.Results.Format.Issued() {
		return nil, provider.Hint(provider.Usage("--if-not-exists cannot be combined with -o %s: a credential that exists has no secret to print", i.Results.Output), "use -o json")
	}
	err = i.Results.Fits(i.Kind.Shape, s.reveal)
	if err == nil && len(to) == 0 {
		err = i.Results.CheckShown()
	}
	return s, err
}

// prepare checks every place that the secret goes to, and reserves space on standard
// output, before anything is requested.
func (s *sink) prepare(ctx context.Context) error {
	i := s.issuer
	if path := i.Results.SecretFile; path != "" && i.Secret {
		err := fsafe.CheckNew(path)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			err = provider.Hint(provider.WithClass(provider.ErrUsage, err), "choose a file in a folder that exists and that you can write to")
		}
		if err != nil {
			return fmt.Errorf("--secret-file: %w", err)
		}
	}
	if err := s.checkDestinations(ctx); err != nil || i.DryRun {
		return err
	}
	var err error
	if s.release, err = i.Streams.Out.Reserve(room); err != nil {
		return fmt.Errorf("nothing was created: cannot write to standard output: %w", err)
	}
	return nil
}

// checkDestinations checks that each can be written. A dry run says how it would be known
// that the secret has arrived there.
func (s *sink) checkDestinations(ctx context.Context) error {
	i := s.issuer
	var all []deliver.Destination
	s.opened = map[string]deliver.Destination{}
	for _, spec := range s.to {
		d, err := i.Session.Destination(spec, nil, i.Kind.Shape, i.InsecurePerms)
		if err != nil {
			return err
		}
		if err := d.Check(ctx); err != nil {
			return fmt.Errorf("nothing was created: %w", err)
		}
		all, s.opened[spec] = append(all, d), d
	}
	if said := entry.SplitPair(all); said != "" {
		i.Streams.Remark("note: %s", said)
	}
	for _, d := range all {
		switch {
		case !i.DryRun:
		case d.Proof() == deliver.ByStamp:
			i.Streams.Remark("would deliver the secret to %s, which cannot be read back", d)
		default:
			i.Streams.Remark("would deliver the secret to %s, and read it back", d)
		}
	}
	return nil
}

// close gives back what was reserved.
func (s *sink) close() {
	if s.release != nil {
		s.release()
	}
}

// show writes a credential to standard output.
func (s *sink) show(got provider.Credential) error {
	s.shown = true
	p := s.issuer.Results.Printer()
	p.Reveal, p.Shape = s.reveal && !s.existed, s.issuer.Kind.Shape
	if !s.issuer.IfNotExists || p.Format.ForPeople() || p.Format.Issued() {
		return p.One(got)
	}
	result := struct {
		provider.Credential

		Secret  output.Revealed `json:"secret,omitzero"` // in place of the redacted one
		Changed bool            `json:"changed"`
	}{Credential: got, Changed: !s.existed}
	if p.Reveal {
		result.Secret = output.Revealed{Secret: got.Secret}
	}
	return p.Result([]string{"id", "name", "changed"}, []string{got.ID, got.Name, results.YesNo(result.Changed)}, result, got)
}

// rest writes the result that is not on standard output yet. That it cannot be shown
// loses nothing: its secret is where it should be, or there is none.
func (s *sink) rest(got provider.Credential) error {
	if s.shown {
		return nil
	}
	if !s.reveal {
		got.Secret = provider.Secret{}
	}
	if err := s.show(got); err != nil {
		return provider.WithClass(provider.ErrPartial, fmt.Errorf("%s was issued, but cannot be shown: %w", got.ID, err))
	}
	return nil
}
