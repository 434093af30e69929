package sandbox

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// losantView is a listing, filtered and sorted, kept for its further pages.
type losantView struct {
	query   losantQuery
	changes int
	items   []*losantCredential
}

type losantQuery struct {
	sortField, sortDirection, filterField, filter string
}

func (v *losant) list(c *call) answer {
	q := c.URL.Query()
	page, per := 0, 100
	for name, at := range map[string]*int{"page": &page, "perPage": &per} {
		if text := q.Get(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 {
				return losantInvalid(name + " must be a number")
			}
			*at = n
		}
	}
	if per < 1 || per > 1000 {
		return losantInvalid("perPage must be from 1 to 1000")
	}
	query, wrong := losantListQuery(q)
	if wrong != "" {
		return losantInvalid(wrong)
	}
	if v.view.items == nil || v.view.query != query || v.view.changes != v.changes {
		v.view = losantView{query, v.changes, v.selected(query)}
	}
	total := len(v.view.items)
	start := min(page*per, total)
	items := make([]rawItem, 0, per)
	for _, k := range v.view.items[start:min(start+per, total)] {
		items = append(items, k.item())
	}
	body := map[string]any{
		"items": items, "count": len(items), "totalCount": total, "perPage": per, "page": page,
		"sortField": query.sortField, "sortDirection": query.sortDirection, "applicationId": losantApplication,
	}
	if query.filter != "" {
		body["filter"], body["filterField"] = query.filter, query.filterField
	}
	return answer{status: http.StatusOK, body: body}
}

func losantListQuery(q url.Values) (losantQuery, string) {
	query := losantQuery{cmp.Or(q.Get("sortField"), "creationDate"), strings.ToLower(cmp.Or(q.Get("sortDirection"), "desc")), q.Get("filterField"), q.Get("filter")}
	switch {
	case !slices.Contains([]string{"name", "type", "creationDate", "lastUpdated"}, query.sortField):
		return query, "sortField must be one of name, type, creationDate, lastUpdated"
	case query.sortDirection != "asc" && query.sortDirection != "desc":
		return query, "sortDirection must be one of asc, desc"
	case !slices.Contains([]string{"", "name", "type"}, query.filterField):
		return query, "filterField must be one of name, type"
	}
	return query, ""
}

func (v *losant) selected(query losantQuery) []*losantCredential {
	items := make([]*losantCredential, 0, len(v.issued))
	for _, k := range v.issued {
		subject := k.name
		if query.filterField == "type" {
			subject = k.kind
		}
		if query.filter == "" || query.filterField == "" || glob(query.filter, subject) {
			items = append(items, k)
		}
	}
	slices.SortStableFunc(items, func(a, b *losantCredential) int {
		switch query.sortField {
		case "name":
			return cmp.Compare(a.name, b.name)
		case "type":
			return cmp.Compare(a.kind, b.kind)
		case "lastUpdated":
			return a.updated.Compare(b.updated)
		}
		return a.created.Compare(b.created)
	})
	if query.sortDirection == "desc" {
		slices.Reverse(items)
	}
	return items
}

// glob matches a whole text, in which * of the pattern stands for anything.
func glob(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, rest, found := strings.Cut(text, part)
		if !found {
			return false
		}
		text = rest
	}
	return strings.HasSuffix(text, parts[len(parts)-1])
}
