package losant

import (
	"context"

	"github.com/credctl/credctl/internal/losant/service"
	"github.com/credctl/credctl/internal/provider"
)

// Rotate overwrites the secret of a credential, which keeps its name unless in has
// another, so that what refers to it keeps working. The configuration is sent as a whole, in one
// request. For snowflake and git, Losant makes a key pair unless in has a key;
// for the others in must have the new secret.
//
// The returned credential has no secret: Losant returns none, and the caller has
// it. Whether the new secret was stored cannot be read back; lastUpdated must have
// moved, and everything else must be as it was or as in says, which otherwise is
// an error of class [provider.ErrVerify]. Losant cannot undo it.
//
// https://docs.losant.com/rest-api/credential/#patch
func (c *credentials) Rotate(ctx context.Context, id string, in provider.Input) (provider.Credential, error) {
	ch, err := c.renewal(ctx, id, in)
	if err != nil {
		return provider.Credential{}, err
	}
	return c.apply(ctx, id, ch)
}

// CheckRotate reports whether in has what [credentials.Rotate] needs for this credential.
// Only a credential with a key pair issues something: its public key.
func (c *credentials) CheckRotate(ctx context.Context, id string, in provider.Input) (issues bool, err error) {
	ch, err := c.renewal(ctx, id, in)
	return ch.pair, err
}

// KeepsID reports that a rotated credential is the same one: nothing is created.
func (*credentials) KeepsID() bool { return true }

// known returns a credential as it was read just before, or is now.
func (c *credentials) known(ctx context.Context, id string, in provider.Input) (record, error) {
	was, known := in.Known(id)
	if r, ok := was.Details.(*record); ok && known {
		return *r, nil
	}
	return c.get(ctx, id)
}

// renewal is the change that rotates a credential.
func (c *credentials) renewal(ctx context.Context, id string, in provider.Input) (change, error) {
	g, err := read(in)
	if err != nil {
		return change{}, err
	}
	before, err := c.known(ctx, id, in)
	if err != nil {
		return change{}, err
	}
	ch := change{renews: true}
	if to, isSet := newName.Lookup(in); isSet {
		ch.top = map[string]any{"name": to}
	}
	if err := ch.configure(before, g); err != nil {
		return ch, err
	}
	s, known := service.Find(before.Type)
	ch.pair = known && s.Generates(ch.config["type"])
	if known && !ch.config.Renews(s) {
		if !ch.pair {
			return ch, provider.Hint(provider.Usage("a new secret is required"), "pass %s", s.Secret().Usage())
		}
		ch.config[service.Generate] = true
	}
	return ch, nil
}
