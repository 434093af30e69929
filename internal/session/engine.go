package session

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/term"
)

// Engine returns the rotation engine of this run.
func (s *Session) Engine() (*rotation.Engine, error) {
	store, err := s.Journal()
	if err != nil {
		return nil, err
	}
	skew := func() time.Duration { return time.Since(store.Now()) }
	engine := &rotation.Engine{
		Env: rotation.Env{
			Journal: store,
			Open:    s.openSubject,
			Destination: func(spec string, subject rotation.Subject, insecurePerms bool) (deliver.Destination, error) {
				account, kind, err := s.account(subject)
				if err != nil {
					return nil, err
				}
				shape, err := s.config.Shape(context.Background(), account, kind) // it sends and runs nothing
				if err != nil {
					return nil, err
				}
				return s.Destination(spec, s.profileOf(subject), shape, insecurePerms)
			},
			Keep:    s.SaveCredential,
			Now:     store.Now,
			Ahead:   func() time.Duration { return s.clock.DiffersFrom(skew()) },
			Skew:    skew,
			Report:  (&steps{streams: s.streams}).report,
			Environ: config.CommandVariables(s.config),
			Hide:    hidden(s),
		},
		Bind: s.bind,
		Kind: func(vendor, name string) (rotation.Kind, error) {
			p, kind, err := s.config.Vendors.Kind(vendor, name)
			return rotationKind(p, kind), err
		},
		Token:    s.tokenLike,
		TokenID:  tokenID(s),
		OwnPlace: s.tokenPlace,
		Exit:     s.exit,
	}
	engine.Signed = func(ctx context.Context, subject rotation.Subject, id string) error {
		return engine.Signer().Learn(ctx, subject, id)
	}
	engine.Spare = func(ctx context.Context, op *oplog.OpState, id string, service provider.Service) error {
		return engine.Signer().Spare(ctx, op, id, service, engine.Listing(service).Again(ctx))
	}
	if began := store.Now(); s.streams.Left == nil {
		s.streams.Left = func() []term.Unfinished { return unfinishedSince(engine, began) }
	}
	return engine, nil
}

// rotationKind returns what a policy must know of a kind.
func rotationKind(p provider.Provider, kind provider.Kind) rotation.Kind {
	plain := func(params []provider.AnyParam) []provider.AnyParam {
		return slices.DeleteFunc(slices.Clone(params), func(p provider.AnyParam) bool { return p.Info().From != provider.Plain })
	}
	return rotation.Kind{
		Name: kind.Name, Settings: append(plain(p.Settings), provider.String(baseSetting, "")), Params: plain(kind.Params[provider.Rotate]),
		Methods: kind.Methods, GetsByListing: kind.GetsByListing,
	}
}

// unfinishedSince returns the operations that a run which began then has left.
func unfinishedSince(engine *rotation.Engine, began time.Time) (left []term.Unfinished) {
	index, err := engine.Journal.Index()
	if err != nil {
		return nil
	}
	for _, op := range index.Unfinished() {
		if op.Damaged == nil && !op.Last().Time.Before(began) {
			story, _ := engine.Show(op.ID) // without it, the ID tells
			left = append(left, term.Unfinished{ID: op.ID, About: aboutOf(story.Status)})
		}
	}
	return left
}

// aboutOf names the vendor and the credentials of an operation.
func aboutOf(s rotation.Status) string {
	about := s.Provider + " " + cmp.Or(s.OldID, s.NewID, s.Name)
	if s.OldID != "" && s.NewID != "" && s.NewID != s.OldID {
		about += ", new credential " + s.NewID
	}
	return about
}

// openSubject opens the kind of a subject with the settings of the subject and the
// current configuration. It authenticates with token, if there is one: that token may
// have replaced the configured one, which is then read again.
func (s *Session) openSubject(ctx context.Context, subject rotation.Subject, token provider.Secret) (provider.Service, provider.Input, error) {
	account, kind, err := s.account(subject)
	if err != nil {
		return nil, provider.Input{}, err
	}
	if !token.IsZero() {
		s.config.Forget(subject.Provider)
		if err := account.Given.Value(provider.Token.Info().Name).Set(token.Reveal()); err != nil {
			return nil, provider.Input{}, err
		}
	}
	conn, err := s.Connect(ctx, account)
	if err != nil {
		return nil, provider.Input{}, err
	}
	svc, err := conn.Open(kind)
	if err != nil {
		return nil, provider.Input{}, err
	}
	in := provider.NewInput(paramsOf(kind, subject)...)
	return svc, in, fill(in, subject.Params)
}

// bind returns a subject with everything that identifies its account now. The token
// is not part of it: it comes from the profile, and changes.
func (s *Session) bind(ctx context.Context, subject rotation.Subject) (rotation.Subject, error) {
	account, _, err := s.account(subject)
	if err != nil {
		return subject, err
	}
	settings, err := s.config.ResolvePlain(ctx, account)
	if err != nil {
		return subject, err
	}
	subject.Bound, subject.Profile = true, settings.Profile.Name
	split(&subject, plain(settings.Input, account.Vendor.Settings), account.Vendor.Settings)
	subject.Settings[baseSetting] = settings.BaseURL
	return subject, nil
}

// tokenLike returns the token that credctl authenticates with, if that can be a
// credential of the subject's kind.
func (s *Session) tokenLike(ctx context.Context, subject rotation.Subject) (provider.Secret, error) {
	account, kind, err := s.account(subject)
	if err != nil {
		return provider.Secret{}, err
	}
	if _, ok := config.TokenParam(account.Vendor, kind.Shape); !ok {
		return provider.Secret{}, nil
	}
	settings, err := s.config.Resolve(ctx, account)
	if err != nil {
		return provider.Secret{}, err
	}
	return config.TokenLike(account.Vendor, kind.Shape, settings.Input), nil
}
