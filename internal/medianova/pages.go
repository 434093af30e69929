package medianova

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/medianova/wire"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// A paging is what a page says of the others, in any of the styles of the host.
// By the documents, credentials and buckets have none.
type paging struct {
	Last  wire.Number `json:"last_page"`
	Next  wire.Text   `json:"next_page_url"`
	Total wire.Number `json:"total"`
	Limit wire.Number `json:"limit"`
}

// more reports whether a page follows. The address in next_page_url is never
// followed, since it may be at another host, to which the token must not go.
func (p paging) more(page int) bool {
	return int64(p.Last) > int64(page) || p.Next != "" || p.Limit > 0 && int64(p.Total) > int64(page)*int64(p.Limit)
}

// A page is what stands next to the items of a listing, and the items themselves
// where "data" is not the array of them.
type page struct {
	paging
	Paginate paging         `json:"paginate"`
	Data     jsontext.Value `json:"data"`
}

// A nest is "data" with the items within, under one of these names.
type nest struct {
	paging
	UUID        string         `json:"uuid"`
	Data        jsontext.Value `json:"data"`
	Requests    jsontext.Value `json:"requests"`
	Credentials jsontext.Value `json:"credentials"`
	Buckets     jsontext.Value `json:"buckets"`
}

// nested returns the items in v, which is an object, or nothing.
func nested[T any](v jsontext.Value) (items wire.List[T], p paging, err error) {
	if v.Kind() != '{' {
		return nil, p, nil
	}
	var n nest
	if err := vendorjson.Read(v, &n); err != nil {
		return nil, p, err
	}
	if n.UUID != "" { // a single one
		items = make(wire.List[T], 1)
		return items, p, vendorjson.Read(v, &items[0])
	}
	for _, within := range []jsontext.Value{n.Data, n.Requests, n.Credentials, n.Buckets} {
		if within.Kind() == '[' || within.Kind() == '{' {
			return items, n.paging, vendorjson.Read(within, &items)
		}
	}
	return nil, n.paging, nil
}

// passes is how often a listing is read that changes while it is read.
const passes = 4

// all lists what is below the organization under a name, each item once. A total that
// is not the same on each page says that items have moved from one page to another:
// then it is read again.
func all[T interface{ Key() string }](ctx context.Context, a *api, name string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		l := listing[T]{name: name, seen: map[string]bool{}, yield: yield}
		for n := 1; ; n++ {
			err := l.pass(ctx, a)
			if errors.Is(err, rest.ErrShifted) && n < passes {
				continue
			}
			if err != nil && !l.stopped {
				var none T
				yield(none, err)
			}
			return
		}
	}
}

// A listing is what was passed on of one.
type listing[T interface{ Key() string }] struct {
	name    string
	seen    map[string]bool
	yield   func(T, error) bool
	stopped bool // yield wants no more

	broken error // what is wrong with an item
	fresh  int   // items of this page that no page before it had
}

// accept passes on an item, and reports whether another is wanted.
func (l *listing[T]) accept(pass map[string]bool) func(T) bool {
	return func(item T) bool {
		id := item.Key()
		if id == "" {
			l.broken = errors.New("an item in the listing of " + l.name + " has no ID")
			return false
		}
		if !pass[id] {
			l.fresh++
		}
		pass[id] = true
		if l.seen[id] {
			return true
		}
		l.seen[id] = true
		l.stopped = !l.yield(item, nil)
		return !l.stopped
	}
}

// pass reads all pages once.
func (l *listing[T]) pass(ctx context.Context, a *api) error {
	var total wire.Number
	pass := map[string]bool{}
	for n := 1; ; n++ {
		l.fresh = 0
		p, err := fetch(ctx, a, l.name, n, l.accept(pass))
		switch {
		case l.broken != nil:
			return l.broken
		case err != nil, l.stopped:
			return err
		case total > 0 && p.Total > 0 && p.Total != total:
			return rest.ErrShifted
		case l.fresh == 0 && int64(p.Total) > int64(len(pass)): // it repeats itself, or stops early
			return fmt.Errorf("the listing of %[2]s is incomplete: expected %[1]d items, got %[3]d", p.Total, l.name, len(pass))
		case l.fresh == 0 || !p.more(n):
			return nil
		}
		total = max(p.Total, total)
	}
}

// fetch takes the items of page n, until take has enough.
func fetch[T any](ctx context.Context, a *api, name string, n int, accept func(T) bool) (paging, error) {
	var info page
	stopped := false
	err := a.get(func(prefix string) error {
		r := rest.Request{Method: http.MethodGet, Path: a.path(prefix, name)}
		if n > 1 {
			r.Query = url.Values{"page": {strconv.Itoa(n)}}
		}
		return rest.Stream(ctx, a.client, r, "data", &info, func(item T) bool {
			stopped = !accept(item)
			return !stopped
		})
	})
	if err != nil || stopped {
		return paging{}, err
	}
	items, within, err := nested[T](info.Data)
	if err != nil {
		return paging{}, errors.New("the listing of " + name + " has an unexpected form")
	}
	for _, item := range items {
		if !accept(item) {
			break
		}
	}
	for _, p := range []paging{info.paging, info.Paginate, within} {
		if p != (paging{}) {
			return p, nil
		}
	}
	return paging{}, nil
}
