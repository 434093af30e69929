package losant

import (
	"context"
	"net/http"

	"github.com/credctl/credctl/internal/provider/rest"
)

// Delete deletes a credential. Whether Losant refuses this for one that is in
// use is not documented: [credentials.FindUsage] finds out before.
//
// https://docs.losant.com/rest-api/credential/#delete
func (c *credentials) Delete(ctx context.Context, id string) error {
	_, err := rest.Do[struct{}](ctx, c.api, rest.Request{Method: http.MethodDelete, Path: c.one(id), Query: leanQuery()})
	return err
}
