package losant

import (
	"context"

	"github.com/credctl/credctl/internal/losant/service"
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
	s, known := service.Find(before.Type)
	if known {
		err = ch.configure(before, service.Input{})
	}
	if err != nil {
		return provider.Credential{}, err
	}
	if !s.Generates(ch.config["type"]) {
		from := " --config-file PATH"
		if known {
			from = " " + s.Secret().Usage()
		}
		return provider.Credential{}, provider.Hint(
			provider.Usage("Losant generates key pairs for snowflake and git (ssh-key) only, and this credential has type %s", before.Type),
			"pass a secret that you have: `credctl losant rotate %s%s`", id, from)
	}
	ch.config[service.Generate] = true
	return c.apply(ctx, id, ch)
}
