package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// A dryRun collects the requests that would be sent, with their secrets redacted,
// and what could not be looked up without sending them.
type dryRun struct {
	mu       sync.Mutex
	requests []unsent
	unread   []string
}

// An unsent request is one that a dry run shows.
type unsent struct {
	DryRun bool            `json:"dry_run"` // true
	Method string          `json:"method"`
	URL    string          `json:"url"`
	Body   json.RawMessage `json:"body,omitempty"`
}

// startDryRun makes the run one that sends nothing that changes something.
func (a *app) startDryRun() {
	a.dryRun = &dryRun{}
	a.session.DryRun = a.dryRun.add
}

func (d *dryRun) add(method, url string, body []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.requests = append(d.requests, unsent{true, method, url, body})
}

// forgive returns err, unless it says no more than that this is a dry run.
func (d *dryRun) forgive(err error) error {
	if !errors.Is(err, provider.ErrDryRun) {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if why := provider.HintOf(err); why != "" && !slices.Contains(d.unread, why) {
		d.unread = append(d.unread, why)
	}
	return nil
}

// pretend carries c out without changing anything, and shows what would be sent.
func (c *call) pretend(carryOut func() error) error {
	err := c.dryRun.forgive(carryOut())
	if err != nil && len(c.dryRun.requests) == 0 {
		return err
	}
	return errors.Join(err, c.showUnsent())
}

// showUnsent writes the requests that would be sent.
func (c *call) showUnsent() error {
	d := c.dryRun
	for _, why := range d.unread {
		c.streams.Remark("note: %s", why)
	}
	if c.forPeople() {
		for _, r := range d.requests {
			fmt.Fprintf(c.streams.Out, "would send: %s %s\n", r.Method, r.URL)
			if r.Body != nil {
				fmt.Fprintf(c.streams.Out, "%s\n", visible.Text(string(r.Body)))
			}
		}
		if len(d.requests) == 0 {
			c.streams.Remark("nothing would be sent")
		}
		return nil
	}
	rows := make([][]string, len(d.requests))
	for i, r := range d.requests {
		rows[i] = []string{r.Method, r.URL}
	}
	var value any = d.requests
	if len(d.requests) == 1 {
		value = d.requests[0]
	}
	return c.app.printer().Results([]string{"method", "url"}, rows, value)
}
