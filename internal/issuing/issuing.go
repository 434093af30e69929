// Package issuing carries out the commands that create a secret, and gets the secret
// to where it should go.
package issuing

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/results"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/creation"
	"github.com/credctl/credctl/internal/session"
	"github.com/credctl/credctl/internal/term"
)

// Options say where a new secret goes, besides the flags about results.
type Options struct {
	To            []string // destinations
	InsecurePerms bool     // destinations may be files that others can read
	RequireSecret bool     // that the vendor returns no secret is an error
	IfNotExists   bool     // a credential of that name is the result, where there is one
	Wait          bool     // until the credential works
	WaitFirst     bool     // and show it then, with the status that it has by then
}

// An Issuer issues one credential of a kind of a vendor.
type Issuer struct {
	Options

	Provider provider.Provider
	Kind     provider.Kind
	Account  config.Account
	Secret   bool // it creates a secret
	DryRun   bool // nothing is sent
	Config   *config.Config
	Session  *session.Session
	Results  *results.Writer
	Streams  *term.Streams
}

// Create creates a credential with these values, through the journal.
func (i Issuer) Create(ctx context.Context, svc provider.Service, in provider.Input) error {
	name := ""
	if v := in.Value(provider.Name.Info().Name); v != nil {
		name = v.String()
	}
	if i.IfNotExists && name == "" {
		return provider.Hint(provider.Usage("--if-not-exists needs a name"), "pass --name NAME")
	}
	q := creation.Request{
		Subject: i.Session.Subject(i.Account, i.Kind, "", in), Name: name, Service: svc, Input: in, IfNotExists: i.IfNotExists,
	}
	if !i.DryRun {
		return i.issue(ctx, q)
	}
	if found, err := q.Existing(ctx); found != nil || err != nil {
		if found != nil {
			i.Streams.Remark("%s (%s) already exists, so that nothing would be created", found.ID, found.Name)
		}
		return err
	}
	return i.pretend(ctx, func() error {
		_, err := svc.(provider.Creator).Create(ctx, in)
		return err
	})
}

// Generate generates a secret for the credential with this ID, through the journal.
func (i Issuer) Generate(ctx context.Context, svc provider.Service, id string, in provider.Input) error {
	if i.DryRun {
		return i.pretend(ctx, func() error {
			_, err := svc.(provider.Generator).Generate(ctx, id, in)
			return err
		})
	}
	return i.issue(ctx, creation.Request{Subject: i.Session.Subject(i.Account, i.Kind, id, provider.Input{}), Service: svc, Input: in})
}

// issue carries out q. What was issued is shown or kept, whatever fails after it.
func (i Issuer) issue(ctx context.Context, q creation.Request) error {
	s, err := i.sink(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	engine, err := i.Session.Engine()
	if err != nil {
		return err
	}
	open := engine.Destination
	engine.Destination = func(spec string, subject rotation.Subject, insecurePerms bool) (deliver.Destination, error) {
		if d := s.opened[spec]; d != nil { // it knows where it is
			return d, nil
		}
		return open(spec, subject, insecurePerms)
	}
	q.Options = rotation.Options{To: s.to, InsecurePerms: i.InsecurePerms, NoSecret: !i.Secret}
	if i.Results.SecretFile != "" && len(s.to) > 0 {
		q.SecretFile = s.to[len(s.to)-1]
	}
	q.NeedsSecret, q.TellsUse, q.LockTimeout = i.RequireSecret, i.Kind.TellsUse, i.Streams.Timeout
	q.Prepare, q.Show = s.prepare, func(got provider.Credential) error {
		if i.Wait && !i.WaitFirst && i.Results.Format.ForPeople() && got.Status == pending { // it is said after the wait
			got.Status = ""
		}
		return s.show(got)
	}
	var late error // the credential does not work yet
	waited := false
	wait := func(got provider.Credential) provider.Credential {
		waited = true
		got, late = i.wait(ctx, q.Service, got)
		return got
	}
	if i.WaitFirst && !i.Results.Format.Issued() {
		q.Await = wait
	}
	result, err := engine.Create(ctx, q)
	s.existed = err == nil && result.Operation == ""
	if got := result.Credential; got.ID != "" {
		if s.existed {
			return i.exists(s, got)
		}
		if err == nil && i.Secret && got.Secret.IsZero() {
			i.noSecret(q.Service, got)
		}
		wants := err == nil && i.Wait && i.Secret
		if wants && !s.shown { // its secret is delivered
			got = wait(got)
		}
		err = errors.Join(err, s.rest(got))
		if err == nil && wants && !waited { // a person does not wait for the secret itself
			wait(got)
		}
		if err == nil { // else its secret may be nowhere
			err = late
		}
		err = exit.About{ID: got.ID}.Wrap(err)
	}
	return err
}

// exists shows a credential that existed before.
func (i Issuer) exists(s *sink, got provider.Credential) error {
	if i.Secret {
		i.Streams.Remark("%s (%s) already exists, and its secret cannot be retrieved again", got.ID, got.Name)
	}
	return s.rest(got)
}

// pretend finds what is wrong with where the secret would go, as issue does, and sends
// what a dry run sends.
func (i Issuer) pretend(ctx context.Context, request func() error) error {
	s, err := i.sink(ctx)
	if err == nil {
		err = s.prepare(ctx)
	}
	if err == nil {
		err = i.checkJournal()
	}
	if err != nil {
		return err
	}
	return request()
}

// checkJournal reports whether the journal can keep what is issued.
func (i Issuer) checkJournal() error {
	journal, err := i.Session.Journal()
	if err != nil {
		return err
	}
	return errors.Join(journal.CheckIdentity(), journal.CheckAudit())
}

// noSecret says that the vendor returned no secret.
func (i Issuer) noSecret(svc provider.Service, got provider.Credential) {
	hint := "check at the vendor whether it exists"
	if h, ok := svc.(provider.SecretHinter); ok {
		hint = h.SecretHint(got)
	}
	i.Streams.Remark("credctl: %s was created, but the vendor returned no secret\nhint: %s", got.ID, hint)
}

// destinations returns where the secret goes, --secret-file among them.
func (i Issuer) destinations() ([]string, error) {
	path := i.Results.SecretFile
	switch path {
	case "":
		return i.To, nil
	case "-":
		return nil, provider.Hint(provider.Usage("--secret-file does not accept -"), "to print the secret, leave --secret-file out and pass -o json; for a file with that name, pass ./-")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, provider.WithClass(provider.ErrUsage, fmt.Errorf("--secret-file: %w", err))
	}
	return append(slices.Clip(i.To), "file:"+abs), nil
}
