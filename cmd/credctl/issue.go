package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// generate makes new secret material. What it would kill is asked about first.
func (c *call) generate(ctx context.Context, svc provider.Service, id string) error {
	if w, ok := svc.(provider.ImpactExplainer); ok {
		old, err := svc.(provider.Getter).Get(ctx, id)
		if err != nil {
			return err
		}
		if warning := w.ExplainImpact(provider.Generate, old, c.in); warning != "" && c.dryRun == nil {
			if err := c.streams.Confirm(ctx, fmt.Sprintf("Generate new secret material for %s (%s)? %s", id, visible.Text(old.Name), sentence(warning))); err != nil {
				return err
			}
		}
	}
	return c.issue(ctx, func(ctx context.Context) (provider.Credential, error) {
		got, err := svc.(provider.Generator).Generate(ctx, id, c.in)
		if err != nil && got.Secret.IsZero() && got.Key == "" {
			return provider.Credential{}, err // there was one with this ID before: nothing is new
		}
		return got, err
	}, svc)
}

// issue carries out a request that makes a secret, and gets the secret to where
// it should go. The places are opened before the request; what was issued is
// shown or kept whatever fails after it.
func (c *call) issue(ctx context.Context, request func(context.Context) (provider.Credential, error), svc provider.Service) (err error) {
	out, err := c.openSink(ctx)
	if err != nil {
		return err
	}
	if c.dryRun != nil {
		_, err := request(ctx)
		return err
	}
	got, err := request(ctx)
	if got.ID == "" && got.Secret.IsZero() {
		out.discard()
		return err
	}
	c.failed.id = got.ID
	if c.issues() && got.Secret.IsZero() && err == nil {
		err = c.noSecret(svc, got)
	}
	return errors.Join(err, out.take(context.WithoutCancel(ctx), got))
}

// noSecret says that the vendor returned no secret. It is an error only for
// those who asked for one.
func (c *call) noSecret(svc provider.Service, got provider.Credential) error {
	hint := "look for it at the vendor"
	if h, ok := svc.(provider.SecretHinter); ok {
		hint = h.SecretHint(got)
	}
	if c.flags.requireSecret {
		return provider.Hint(provider.WithClass(provider.ErrPartial, fmt.Errorf("%s was created, but the vendor returned no secret", got.ID)), "%s", hint)
	}
	c.streams.Remark("credctl: %s was created, but the vendor returned no secret\nhint: %s", got.ID, hint)
	return nil
}

// A sink is where a new secret goes.
type sink struct {
	c            *call
	file         *os.File // of --secret-file
	path         string
	destinations []deliver.Destination
	reveal       bool // on standard output
}

// openSink opens and checks everything that the new secret will be written to. A dry
// run, whose format is that of the requests, checks the same and makes no file.
func (c *call) openSink(ctx context.Context) (*sink, error) {
	s := &sink{c: c, path: c.global.secretFile}
	elsewhere := s.path != "" || len(c.flags.to) > 0
	s.reveal = c.global.showSecret || !elsewhere
	if !c.issues() {
		return s, nil
	}
	if c.dryRun == nil {
		if err := c.fits(s.reveal); err != nil {
			return nil, err
		}
		if !elsewhere {
			if err := c.checkShown(); err != nil {
				return nil, err
			}
		}
	}
	if _, err := c.config.Env.StateDir(); err != nil { // it takes what cannot be written
		return nil, err
	}
	for _, spec := range c.flags.to {
		d, err := c.session.Destination(spec, nil, c.kind.Shape, c.flags.insecurePerms)
		if err != nil {
			return nil, err
		}
		if err := d.Check(ctx); err != nil {
			return nil, fmt.Errorf("%s cannot take the secret, so nothing was requested: %w", d, err)
		}
		s.destinations = append(s.destinations, d)
	}
	if s.path == "" {
		return s, nil
	}
	var err error
	if c.dryRun != nil {
		err = fsafe.CheckNew(s.path)
	} else {
		s.file, err = fsafe.Create(s.path, 0o600)
	}
	if err != nil {
		return nil, provider.WithClass(provider.ErrUsage, fmt.Errorf("--secret-file: %w", err))
	}
	return s, nil
}

// fits refuses a format that is for a new secret, but not for one like those of c,
// or not for one that goes elsewhere.
func (c *call) fits(reveal bool) error {
	if !c.format.Issued() {
		return nil
	}
	if err := c.format.CanHold(c.kind.Shape); err != nil {
		return err
	}
	if !reveal {
		return provider.Hint(provider.Usage("-o %s shows nothing but the secret, which goes elsewhere", c.global.output), "add --show-secret, or take -o json")
	}
	return nil
}

// checkShown refuses what does not show a new secret on standard output.
func (c *call) checkShown() error {
	if c.streams.Out.Discards() {
		return provider.Hint(provider.Usage("the new secret would be lost: standard output is closed, or the null device, and it cannot be had again"),
			"give --secret-file FILE or --to DESTINATION")
	}
	if c.format.HoldsSecret() || c.forPeople() && (c.streams.OutTTY || c.global.showSecret) {
		return nil
	}
	return provider.Hint(provider.Usage("the new secret would be lost: -o %s does not show it here, and it cannot be had again", c.global.output),
		"give --secret-file FILE, --to DESTINATION or -o json; --show-secret writes it to a pipe in a table")
}

// discard removes the files that were opened for a secret that did not come.
func (s *sink) discard() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.path)
	}
}

// take writes got and its secret to every place. When one fails, the secret is
// kept in a file of its own, and the error names it.
func (s *sink) take(ctx context.Context, got provider.Credential) error {
	var errs []error
	if got.Secret.IsZero() {
		s.discard()
	} else {
		if s.file != nil {
			_, err := io.WriteString(s.file, got.Secret.Reveal()+"\n")
			errs = append(errs, err, s.file.Sync(), s.file.Close(), fsafe.SyncDir(filepath.Dir(s.path)))
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
	}
	errs = append(errs, s.c.recordIssued(got))
	lost, shown := errors.Join(errs...), s.c.printer(s.reveal).One(got)
	switch {
	case lost == nil && shown == nil:
		return nil
	case lost == nil && (!s.reveal || got.Secret.IsZero()): // the secret is where it should be, or there is none
		return provider.WithClass(provider.ErrPartial, fmt.Errorf("%s was issued, but cannot be shown: %w", got.ID, shown))
	}
	err := errors.Join(lost, shown)
	path, kerr := s.c.session.SaveCredential(got)
	if kerr != nil {
		return provider.WithClass(provider.ErrPartial, errors.Join(err, kerr))
	}
	return provider.Hint(provider.WithClass(provider.ErrPartial, fmt.Errorf("%s was issued, but its secret could not be written everywhere: %w", got.ID, err)),
		"the secret is in %s (only you can read it)", path)
}

// recordIssued lets the journal know a credential that credctl may come to sign
// with, so that it is not deleted by mistake then. The secret itself is not kept.
func (c *call) recordIssued(got provider.Credential) error {
	if _, mayBeToken := config.TokenParam(c.provider, c.kind.Shape); got.Secret.IsZero() || !mayBeToken {
		return nil
	}
	store, err := c.session.Journal()
	if err != nil {
		return err
	}
	return store.Issued(journal.Ref{Provider: got.Provider, Kind: got.Kind, ID: got.ID}, got.Secret, time.Now())
}
