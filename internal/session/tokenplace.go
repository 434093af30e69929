package session

import (
	"context"
	"fmt"
	"strings"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
)

// tokenPlace returns the destination where credctl's own token, which may be the
// secret of the subject, comes from; or where it comes from in words.
func (s *Session) tokenPlace(ctx context.Context, subject rotation.Subject) (spec, instead string, err error) {
	p, kind, err := s.config.Vendors.Kind(subject.Provider, subject.Kind)
	if err != nil {
		return "", "", err
	}
	param, ok := config.TokenParam(p, kind.Shape)
	if !ok {
		return "", "nowhere", nil
	}
	if path := s.config.Flags.Secrets[param.Name]; path != "" {
		if path == "-" {
			return "", "standard input", nil
		}
		return "file:" + path, "", nil
	}
	settings, err := s.config.Locate(ctx, config.Account{Vendor: p, Profile: s.profileOf(subject), Given: provider.NewInput(p.Settings...)})
	if err != nil {
		return "", "", err
	}
	own := settings.Named(param.Setting())
	switch own.Rank {
	case config.FromFlag, config.FromEnvironment:
		return "", "the variable " + own.Source, nil
	case config.FromFile:
		if own.File != "" {
			return "file:" + own.File, "", nil
		}
		path, _, err := s.config.FilePath()
		return "", fmt.Sprintf("%s, %s", path, own.Source), err
	case config.FromStore, config.Unset:
	}
	return loginScheme + strings.TrimPrefix(settings.Profile.Name+"/"+p.Name, "/"), "", nil
}

// tokenID returns what finds the ID of the credential that credctl authenticates with,
// where the store of the token knows it.
func tokenID(s *Session) func(context.Context, rotation.Subject) (string, error) {
	return func(ctx context.Context, subject rotation.Subject) (string, error) {
		account, kind, err := s.account(subject)
		if err != nil {
			return "", err
		}
		param, ok := config.TokenParam(account.Vendor, kind.Shape)
		if !ok {
			return "", nil
		}
		settings, err := s.config.Locate(ctx, account)
		return settings.Named(param.Setting()).ID, err
	}
}

// TokenIDs returns the IDs of the vendor's own credentials that the tokens of this
// connection are, by the names of their settings: those that are certain. It may list them.
func (c Connection) TokenIDs(ctx context.Context) map[string]string {
	ids := map[string]string{}
	for _, kind := range c.vendor.Kinds {
		param, ok := config.TokenParam(c.vendor, kind.Shape)
		token := config.TokenLike(c.vendor, kind.Shape, c.Settings)
		if !ok || token.IsZero() {
			continue
		}
		svc, err := c.Open(kind)
		if err != nil {
			continue
		}
		engine, err := c.session.Engine()
		if err != nil {
			continue
		}
		engine.Token = func(context.Context, rotation.Subject) (provider.Secret, error) { return token, nil }
		engine.TokenID = nil // it is that of the token which was stored before
		id, err := engine.Signer().Self(ctx, rotation.Subject{Provider: c.vendor.Name, Kind: kind.Name}, svc, provider.ListScope(ctx, svc, provider.Credential{}))
		if err == nil && id != "" {
			ids[param.Setting()] = id
		}
	}
	return ids
}
