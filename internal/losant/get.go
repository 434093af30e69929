package losant

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// Get returns one credential, without its secret: Losant never shows it again.
//
// https://docs.losant.com/rest-api/credential/#get
func (c *credentials) Get(ctx context.Context, id string) (provider.Credential, error) {
	r, err := c.get(ctx, id)
	if err != nil {
		return provider.Credential{}, err
	}
	return r.credential(), nil
}

func (c *credentials) get(ctx context.Context, id string) (record, error) {
	r, err := rest.Do[record](ctx, c.api, rest.Request{Method: http.MethodGet, Path: c.one(id), Query: leanQuery()})
	if known := cmp.Or(r.ID, r.Name, r.Type); err == nil && (known == "" || r.ID != "" && !strings.EqualFold(r.ID, id)) {
		err = fmt.Errorf("GET %s: the answer is about another credential", c.one(id))
	}
	return r.as(id), err
}
