package medianova

import (
	"context"
	"iter"

	"github.com/credctl/credctl/internal/medianova/wire"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// List lists the credentials of the organization.
//
// See https://clients.medianova.com/api-documentation/object-storage-stook/credentials
// ("List credentials"). It documents no pages; where there are some, all are read.
func (s *service) List(ctx context.Context, _ provider.Input) iter.Seq2[provider.Credential, error] {
	return rest.Map(all[wire.Record](ctx, s.api, singular), s.credential)
}

// credential converts r. The rights are named in the same words by whatever
// answer r came from, once [wire.Record.Complete] says that it is whole.
func (s *service) credential(r wire.Record) provider.Credential {
	return provider.Credential{
		Provider: vendor, Kind: kind, ID: r.UUID, Name: string(r.Name), Key: string(r.AccessKey),
		Scopes: r.Scopes(), Endpoint: s.endpoint, Region: r.Region(), Details: &r,
	}
}
