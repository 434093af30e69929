package policy

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
	"github.com/credctl/credctl/internal/quote"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/listing"
)

// mostReads is how many credentials of an account are read one by one. More are looked
// for in one listing.
const mostReads = 10

// collect returns the items of a policy. Each account is listed at most once; what only
// reading a credential by itself can tell is left.
func (j *job) collect(ctx context.Context, p Policy) []item {
	var items []item
	of := claims{j.index, map[journal.Ref]string{}}
	for _, r := range p.Rotations {
		items = append(items, of.free(j.expand(ctx, r))...)
	}
	findListed(ctx, j, items)
	for i := range items {
		if it := &items[i]; it.err == nil && it.ID != "" {
			it.err = j.judge(ctx, it)
		}
	}
	findSigners(ctx, j, items)
	return items
}

// findListed takes what entries name by ID from the listing of its account, where that
// is listed.
func findListed(ctx context.Context, j *job, items []item) {
	named := map[*listing.Account][]*item{}
	for i := range items {
		if it := &items[i]; it.err == nil && it.Select == nil && len(j.index.UnfinishedOf(it.Ref())) == 0 {
			account := j.engine.Listing(it.service)
			named[account] = append(named[account], it)
		}
	}
	for account, all := range named {
		if len(all) > mostReads || rotation.GetsByListing(j.engine, all[0].Subject) {
			if _, err := account.All(ctx, j.began); err != nil {
				for _, it := range all {
					it.err = unreadable(it, err)
				}
				continue
			}
		}
		for _, it := range all {
			it.cred, _ = account.Cached(it.ID, j.began)
		}
	}
}

// findSigners finds out once for each account which of the items that are due credctl
// may authenticate with. What cannot be told, each rotation says of itself.
func findSigners(ctx context.Context, j *job, items []item) {
	due := map[*listing.Account][]*item{}
	for i := range items {
		if it := &items[i]; it.age.Due && it.err == nil {
			account := j.engine.Listing(it.service)
			due[account] = append(due[account], it)
		}
	}
	for account, all := range due {
		ids := make([]string, len(all))
		for i, it := range all {
			ids[i] = it.ID
		}
		if len(ids) > 1 {
			_, _, _ = j.engine.Signer().Among(ctx, all[0].Subject, all[0].service, account.Again(ctx), ids)
		}
	}
}

// counts returns how many items are due, and of how many that is not known yet.
func counts(items []item) (due, unread int) {
	for _, it := range items {
		switch {
		case it.err != nil:
		case it.unread:
			unread++
		case it.age.Due:
			due++
		}
	}
	return due, unread
}

// readAll reads what the listings do not tell.
func readAll(ctx context.Context, j *job, items []item) {
	var numbers []int
	for i := range items {
		if items[i].unread && items[i].err == nil {
			numbers = append(numbers, i)
		}
	}
	j.each(numbers, func(i int) {
		if ctx.Err() == nil {
			items[i].err = j.read(ctx, &items[i])
		}
	})
}

// read reads an item that was not read yet.
func (j *job) read(ctx context.Context, it *item) error {
	account := j.engine.Listing(it.service)
	if it.cred.ID == "" || !account.Dateless() { // the vendor may tell more of one than of all
		c, err := j.engine.Read(ctx, it.Subject, it.service)
		if err != nil {
			return unreadable(it, err)
		}
		it.cred = c
		account.Dated(!c.Created.IsZero())
	}
	it.unread = false
	return j.weigh(it)
}

// unreadable is the error of an item that could not be read.
func unreadable(it *item, err error) error {
	account := cmp.Or(setting.Account(func(name string) string { return it.Settings[name] }), setting.Brand(it.Provider))
	if !errors.Is(err, provider.ErrAbsent) {
		err = fmt.Errorf("could not read %s: %w", it.ID, err)
	}
	if !errors.Is(err, provider.ErrNotFound) || provider.HintOf(err) != "" {
		return err
	}
	list := "credctl " + it.Provider + " list"
	if it.Profile != "" {
		list += " --profile " + quote.Word(it.Profile)
	}
	return provider.Hint(setting.Absent(err, it.Kind, it.ID, account), "check the ID and the account of the entry with: %s", list)
}
