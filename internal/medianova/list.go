package medianova

import (
	"context"
	"iter"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// List lists the credentials of the organization.
//
// See https://clients.medianova.com/api-documentation/object-storage-stook/credentials
// ("List credentials"). It documents no pages; where there are some, all are read.
func (s *service) List(ctx context.Context, _ provider.Input) iter.Seq2[provider.Credential, error] {
	return rest.Map(all[record](ctx, s.api, singular), s.credential)
}
