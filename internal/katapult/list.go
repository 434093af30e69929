package katapult

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/verify"
)

// perPage is how many keys are asked for at once. More than 200 is refused.
const perPage = 100

// List lists the access keys of the organization, of one region if that is set.
//
// GET /organizations/organization/object_storage/access_keys, which has no filter:
// https://docs.katapult.io/docs/api/core/get-organization-object-storage-access-keys
func (k *keys) List(ctx context.Context, _ provider.Input) iter.Seq2[provider.Credential, error] {
	return k.in(ctx, region.Get(k.conn.Settings))
}

// ListScope lists the access keys of the same region as another, or of all regions.
func (k *keys) ListScope(ctx context.Context, peer provider.Credential) iter.Seq2[provider.Credential, error] {
	return k.in(ctx, peer.Region)
}

// Selects reports whether c is a key of the region that is set.
func (k *keys) Selects(c provider.Credential) bool {
	only := region.Get(k.conn.Settings)
	return only == "" || c.Region == only
}

// in lists the access keys of one region, or of all of them.
func (k *keys) in(ctx context.Context, only string) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		organization, err := k.organization()
		if err != nil {
			yield(provider.Credential{}, err)
			return
		}
		server, endpoint := "", "" // of the key before, mostly the same
		for r, err := range rest.Pages(ctx, k.api, pages(organization)) {
			if err != nil {
				yield(provider.Credential{}, withHint(err))
				return
			}
			if only != "" && r.Region != only {
				continue
			}
			if r.Server != server {
				server, endpoint = r.Server, verify.AllowedEndpoint(r.Server)
			}
			if !yield(r.credentialAt(endpoint), nil) {
				return
			}
		}
	}
}

// pageInfo is what a page holds apart from its items.
type pageInfo struct {
	Pagination *pagination `json:"pagination"`
}

type pagination struct {
	CurrentPage int  `json:"current_page"`
	PerPage     int  `json:"per_page"`
	TotalPages  *int `json:"total_pages"` // null for a large set
	Total       *int `json:"total"`       // the same
	LargeSet    bool `json:"large_set"`
}

func pages(organization reference) rest.Paging[record, pageInfo] {
	return rest.Paging[record, pageInfo]{
		First: 1,
		Items: "object_storage_access_keys",
		Request: func(page int) rest.Request {
			q := url.Values{"page": {strconv.Itoa(page)}, "per_page": {strconv.Itoa(perPage)}}
			if organization.ID != "" {
				q.Set("organization[id]", organization.ID)
			} else {
				q.Set("organization[sub_domain]", organization.SubDomain)
			}
			return rest.Request{Method: http.MethodGet, Path: "/organizations/organization/object_storage/access_keys", Query: q}
		},
		More: func(page, count int, b pageInfo) (last int, known, more bool, err error) {
			return b.Pagination.more(page, count)
		},
		Total: func(b pageInfo) (int, bool) {
			if b.Pagination == nil || b.Pagination.Total == nil {
				return 0, false
			}
			return *b.Pagination.Total, true
		},
		ID: func(r record) string { return r.ID },
	}
}

// more reads what a page with count items says of itself. What does not fit
// together is an error, because a listing that is not whole must not look whole.
func (p *pagination) more(page, count int) (last int, known, more bool, err error) {
	switch {
	case p == nil:
		return 0, false, false, errors.New("page " + strconv.Itoa(page) + " of the listing does not say whether there are more")
	case p.CurrentPage != 0 && p.CurrentPage != page:
		return 0, false, false, fmt.Errorf("page %d of the listing says that it is page %d", page, p.CurrentPage)
	case p.TotalPages != nil:
		last = *p.TotalPages
		if missing := count == 0 && (page <= last || page == 1 && p.Total != nil && *p.Total > 0); missing || count > 0 && page > last {
			return 0, false, false, fmt.Errorf("page %d of the listing has %d keys, though it says that there are %d pages", page, count, last)
		}
		return last, true, page < last, nil
	case p.LargeSet:
		size := p.PerPage
		if size <= 0 {
			size = perPage
		}
		return 0, false, count >= size, nil
	}
	return 0, false, false, fmt.Errorf("page %d of the listing has neither a number of pages nor large_set", page)
}
