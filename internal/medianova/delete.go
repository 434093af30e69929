package medianova

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/credctl/credctl/internal/medianova/wire"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// Delete deletes a credential. When the storage notices is not documented.
//
// See https://clients.medianova.com/api-documentation/object-storage-stook/credentials.
func (s *service) Delete(ctx context.Context, id string) error {
	if err := checkID(id); err != nil {
		return err
	}
	_, err := s.api.change(ctx, rest.Request{Method: http.MethodDelete}, singular, url.PathEscape(id))
	if errors.Is(err, wire.ErrNoRoute) { // at a wrong address everything seems to be gone
		if _, sure := s.api.current(); !sure {
			if wrong := s.api.probe(ctx); wrong != nil {
				return wrong
			}
		}
	}
	if errors.Is(err, provider.ErrNotFound) {
		return provider.Hint(err, "to see the IDs and names, run: credctl medianova list")
	}
	return err
}
