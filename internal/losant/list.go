package losant

import (
	"context"
	"errors"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// perPage is Losant's own default; its maximum is not documented.
const perPage = 100

// List lists the credentials of the application, the newest first unless in says
// otherwise. Losant filters by one field: with a glob for the name, the type is
// looked at here.
//
// https://docs.losant.com/rest-api/credentials/#get
func (c *credentials) List(ctx context.Context, in provider.Input) iter.Seq2[provider.Credential, error] {
	query := url.Values{}
	if by, isSet := sortBy.Lookup(in); isSet {
		query.Set("sortField", by)
	}
	if asc, isSet := ascending.Lookup(in); isSet {
		query.Set("sortDirection", map[bool]string{true: "asc", false: "desc"}[asc])
	}
	glob, only, most := filterName.Get(in), filterType.Get(in), limit.Get(in)
	bound := most
	switch {
	case glob != "" && only != "":
		bound = 0 // what is looked at here may need any number of pages
		fallthrough
	case glob != "":
		filter(query, "name", glob)
	case only != "":
		filter(query, "type", only)
	}
	return func(yield func(provider.Credential, error) bool) {
		n := 0
		for r, err := range c.records(ctx, query, bound) {
			if err != nil {
				yield(provider.Credential{}, err)
				return
			}
			if only != "" && r.Type != only {
				continue
			}
			if n++; !yield(r.credential(), nil) || n == most {
				return
			}
		}
	}
}

func filter(query url.Values, field, glob string) {
	query.Set("filterField", field)
	query.Set("filter", glob)
}

// records lists what query selects, of which no more than bound are wanted; zero
// means all.
func (c *credentials) records(ctx context.Context, query url.Values, bound int) iter.Seq2[record, error] {
	size := perPage
	if bound > 0 {
		size = min(bound, perPage)
	}
	return rest.Pages(ctx, c.api, rest.Paging[record, pageInfo]{
		Request: func(page int) rest.Request {
			q := leanQuery()
			maps.Copy(q, query)
			q.Set("page", strconv.Itoa(page))
			q.Set("perPage", strconv.Itoa(size))
			return rest.Request{Method: http.MethodGet, Path: c.path, Query: q}
		},
		Items: "items",
		ID:    func(r record) string { return r.ID },
		Total: func(b pageInfo) (int, bool) {
			switch {
			case b.Total == nil:
				return 0, false
			case bound > 0:
				return min(*b.Total, bound), true
			}
			return *b.Total, true
		},
		More: func(_, count int, b pageInfo) (last int, known, more bool, err error) {
			if b.Total == nil {
				return 0, false, count >= size, nil
			}
			total := *b.Total
			if total > 0 && count == 0 {
				return 0, false, false, errors.New("Losant's listing has fewer credentials than its total")
			}
			if bound > 0 {
				total = min(total, bound)
			}
			if total <= count {
				return 0, true, false, nil
			}
			// a first page before which others come is full, whatever size was asked for
			return (total - 1) / count, true, false, nil
		},
	})
}

// pageInfo is what stands next to the items of a page.
type pageInfo struct {
	Total *int `json:"totalCount"`
}
