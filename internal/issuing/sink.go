package issuing

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// A sink is where a new secret goes.
type sink struct {
	issuer       Issuer
	file         *os.File // of --secret-file; nil: there is none
	destinations []deliver.Destination
	reveal       bool // on standard output
}

// open opens and checks everything that the new secret will be written to. A dry
// run, whose format is that of the requests, checks the same and makes no file.
func (i Issuer) open(ctx context.Context) (*sink, error) {
	path := i.Results.SecretFile
	elsewhere := path != "" || len(i.To) > 0
	s := &sink{issuer: i, reveal: i.Results.ShowSecret || !elsewhere}
	if !i.Secret {
		return s, nil
	}
	if !i.DryRun {
		if err := i.Results.Fits(i.Kind.Shape, s.reveal); err != nil {
			return nil, err
		}
		if !elsewhere {
			if err := i.Results.CheckShown(); err != nil {
				return nil, err
			}
		}
	}
	if _, err := i.Env.StateDir(); err != nil { // it takes what cannot be written
		return nil, err
	}
	for _, spec := range i.To {
		d, err := i.Session.Destination(spec, nil, i.Kind.Shape, i.InsecurePerms)
		if err != nil {
			return nil, err
		}
		if err := d.Check(ctx); err != nil {
			return nil, fmt.Errorf("%s cannot take the secret, so nothing was requested: %w", d, err)
		}
		s.destinations = append(s.destinations, d)
	}
	if path == "" {
		return s, nil
	}
	var err error
	if i.DryRun {
		err = fsafe.CheckNew(path)
	} else {
		s.file, err = fsafe.Create(path, 0o600)
	}
	if err != nil {
		return nil, provider.WithClass(provider.ErrUsage, fmt.Errorf("--secret-file: %w", err))
	}
	return s, nil
}

// discard removes the file that was opened for a secret that did not come.
func (s *sink) discard() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.file.Name())
	}
}

// take writes got and its secret to every place. When one fails, the secret is
// kept in a file of its own, and the error names it.
func (s *sink) take(ctx context.Context, got provider.Credential) error {
	p := s.issuer.Results.Printer()
	p.Reveal, p.Shape = s.reveal, s.issuer.Kind.Shape
	lost, shown := s.deliver(ctx, got), p.One(got)
	switch {
	case lost == nil && shown == nil:
		return nil
	case lost == nil && (!s.reveal || got.Secret.IsZero()): // the secret is where it should be, or there is none
		return provider.WithClass(provider.ErrPartial, fmt.Errorf("%s was issued, but cannot be shown: %w", got.ID, shown))
	}
	err := errors.Join(lost, shown)
	path, kerr := s.issuer.Session.SaveCredential(got)
	if kerr != nil {
		return provider.WithClass(provider.ErrPartial, errors.Join(err, kerr))
	}
	return provider.Hint(provider.WithClass(provider.ErrPartial, fmt.Errorf("%s was issued, but its secret could not be written everywhere: %w", got.ID, err)),
		"the secret is in %s (only you can read it)", path)
}

// deliver writes the secret of got to every place but standard output.
func (s *sink) deliver(ctx context.Context, got provider.Credential) error {
	if got.Secret.IsZero() {
		s.discard()
		return nil
	}
	var errs []error
	if s.file != nil {
		errs = append(errs, fsafe.WriteSecret(s.file, got.Secret))
	}
	for _, d := range s.destinations {
		err := d.Write(ctx, got)
		if err == nil {
			err = d.ReadBack(ctx, got)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", d, err))
		}
	}
	return errors.Join(append(errs, s.issuer.record(got))...)
}

// record lets the journal know a credential that credctl may come to sign with, so
// that it is not deleted by mistake then. The secret itself is not kept.
func (i Issuer) record(got provider.Credential) error {
	if _, mayBeToken := config.TokenParam(i.Provider, i.Kind.Shape); !mayBeToken {
		return nil
	}
	store, err := i.Session.Journal()
	if err != nil {
		return err
	}
	return store.Issued(journal.Ref{Provider: got.Provider, Kind: got.Kind, ID: got.ID}, got.Secret, time.Now())
}
