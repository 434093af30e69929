package katapult

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// Delete deletes a key for good: Katapult does not move it to its trash. It takes
// Katapult up to ten seconds.
//
// DELETE /object_storage/access_keys/access_key, with a body.
func (k *keys) Delete(ctx context.Context, id string) error {
	got, err := rest.Do[struct {
		Success *bool `json:"success"`
	}](ctx, k.api, rest.Request{
		Method: http.MethodDelete, Path: keyPath, Body: onKey{Key: reference{ID: id}}, Timeout: time.Minute,
	})
	if err == nil && got.Success != nil && !*got.Success {
		err = provider.WithClass(provider.ErrUnavailable, fmt.Errorf("DELETE %s: Katapult reports that it did not delete %s", keyPath, id))
	}
	return withHint(err)
}
