package session

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/deliver/host"
	"github.com/credctl/credctl/internal/provider"
)

// Destination returns the destination that spec names, for secrets of this shape.
// Its settings are those of profile; nil is the profile of the run.
func (s *Session) Destination(spec string, profile *string, shape provider.Shape, insecurePerms bool) (deliver.Destination, error) {
	state, err := s.config.Env.StateDir()
	if err != nil {
		return nil, err
	}
	settings, err := s.config.DestinationSettings(profile)
	if err != nil {
		return nil, err
	}
	conn, err := connOf(s)
	if err != nil {
		return nil, err
	}
	return host.Here(config.CommandVariables(s.config))(deliver.Parse(spec, deliver.Options{
		AllowInsecurePerms: insecurePerms,
		Shape:              shape,
		Keepers: map[string]deliver.OpenKeeper{"losant": func(ctx context.Context, target string) (provider.SecretStore, string, error) {
			return s.losantStore(ctx, profile, target)
		}},
		Schemes: append(slices.Clip(s.schemes()), deliver.Scheme{Name: strings.TrimSuffix(loginScheme, ":"), New: func(_, place string, o deliver.Options) (deliver.Destination, error) {
			return loginPlace(s.config, place, o.Shape)
		}}),
		Conn:     conn,
		Settings: settings,
		LockDir:  filepath.Join(state, "locks"),
		Env:      config.CommandVariables(s.config),
		Home:     s.config.Env.Home,
		Hide:     hidden(s),
		Issued: func(secret provider.Secret) (bool, error) {
			store, err := s.Journal()
			if err != nil {
				return false, err
			}
			_, known, err := store.Owner(secret)
			return known, err
		},
	}))
}

// hidden returns the environment variables that no command of the user gets: the
// tokens of vendors and of destinations.
func hidden(s *Session) []string {
	return append(s.config.Vendors.TokenVariables(), entry.TokenVariables(s.schemes())...)
}

// Schemes returns all sorts of destinations, for help, and more.
func Schemes(more []deliver.Scheme) []deliver.Scheme {
	return append(deliver.Options{Schemes: more}.All(),
		deliver.Scheme{Name: "losant", Place: "APPLICATION/CREDENTIAL", Title: "credential of a Losant application", Proof: deliver.ByStamp},
		deliver.Scheme{Name: strings.TrimSuffix(loginScheme, ":"), Place: "[PROFILE/]VENDOR", Title: "stored token of credctl itself", Proof: deliver.ByValue},
	)
}

// losantStore opens the Losant application that the target APPLICATION/CREDENTIAL
// names, and returns the credential. The ID of an application has no slash.
func (s *Session) losantStore(ctx context.Context, profile *string, target string) (opened provider.SecretStore, credential string, err error) {
	application, credential, complete := strings.Cut(target, "/")
	if !complete || credential == "" {
		return nil, "", provider.Usage("invalid destination losant:%s (expected losant:APPLICATION/CREDENTIAL)", target)
	}
	p, err := s.config.Vendors.Find("losant")
	if err != nil {
		return nil, "", err
	}
	given := provider.NewInput(p.Settings...)
	if err := given.Value("application").Set(application); err != nil {
		return nil, "", provider.WithClass(provider.ErrUsage, err)
	}
	conn, err := s.Connect(ctx, config.Account{Vendor: p, Profile: profile, Given: given})
	if err != nil {
		return nil, "", err
	}
	for _, kind := range p.Kinds {
		svc, err := conn.Open(kind)
		if store, ok := svc.(provider.SecretStore); ok || err != nil {
			return keeper{store}, credential, err
		}
	}
	return nil, "", provider.Usage("%s does not store secrets of other services", p.Title)
}

// A keeper keeps the secrets of other credentials: that something does not exist there
// says nothing of the credential that is delivered.
type keeper struct{ s provider.SecretStore }

func (k keeper) CheckPut(ctx context.Context, target string, options map[string]string) error {
	return elsewhere(k.s.CheckPut(ctx, target, options))
}

func (k keeper) Put(ctx context.Context, target string, o map[string]string, c provider.Credential) error {
	return elsewhere(k.s.Put(ctx, target, o, c))
}

func (k keeper) Check(ctx context.Context, target string, o map[string]string, c provider.Credential) error {
	return elsewhere(k.s.Check(ctx, target, o, c))
}

func elsewhere(err error) error {
	if errors.Is(err, provider.ErrAbsent) {
		return provider.WithClass(entry.ErrHidden, provider.Reclassify(provider.ErrNotFound, err)) // Losant declares no 403
	}
	return err
}
