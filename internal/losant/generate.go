package losant

import (
	"context"

	"github.com/credctl/credctl/internal/provider"
)

// Generate makes Losant issue a new key pair, whose public half is the Key of
// the returned credential. Only snowflake and git have this.
//
// https://docs.losant.com/rest-api/credential/#patch
func (c *credentials) Generate(ctx context.Context, id string, _ provider.Input) (provider.Credential, error) {
	before, err := c.get(ctx, id)
	if err != nil {
		return provider.Credential{}, err
	}
	ch := change{renews: true}
	s, known := find(before.Type)
	if known {
		err = ch.configure(before, given{})
	}
	if err != nil {
		return provider.Credential{}, err
	}
	if !s.generates(ch.config["type"]) {
		return provider.Credential{}, provider.Hint(
			provider.Usage("losant generates key pairs for snowflake and git (ssh-key) only, and this credential is of type %s", before.Type),
			"`credctl losant rotate %s%s` takes a secret that you have", id, instead(s, known))
	}
	ch.config[generate] = true
	return c.apply(ctx, id, ch)
}

// generates reports whether Losant can make the key of a credential, whose field type is typ.
func (s service) generates(typ any) bool {
	_, ok := s.field(generate)
	return ok && !same(typ, "http-password")
}

// instead says how rotate is given a secret of the service.
func instead(s service, known bool) string {
	if !known {
		return " --config-file PATH"
	}
	return " " + s.secret().usage()
}
