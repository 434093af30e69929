// Package dryrun collects the requests that a dry run does not send, and shows them.
package dryrun

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/results"
	"github.com/credctl/credctl/internal/term"
	"github.com/credctl/credctl/internal/visible"
)

// Requests are those that would be sent, with their secrets redacted, and what
// could not be looked up without sending them.
type Requests struct {
	mu     sync.Mutex
	all    []request
	unread []string
}

// A request is one that is shown.
type request struct {
	DryRun bool            `json:"dry_run"` // true
	Method string          `json:"method"`
	URL    string          `json:"url"`
	Body   json.RawMessage `json:"body,omitempty"`
}

// Add takes a request in place of the vendor.
func (r *Requests) Add(method, url string, body []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, request{true, method, url, body})
}

// Forgive returns err, unless it says no more than that this is a dry run.
func (r *Requests) Forgive(err error) error {
	if !errors.Is(err, provider.ErrDryRun) {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if why := provider.HintOf(err); why != "" && !slices.Contains(r.unread, why) {
		r.unread = append(r.unread, why)
	}
	return nil
}

// Pretend calls carryOut, which sends nothing that changes something, and shows
// what would be sent.
func (r *Requests) Pretend(w *results.Writer, streams *term.Streams, carryOut func() error) error {
	err := r.Forgive(carryOut())
	if err != nil && len(r.all) == 0 {
		return err
	}
	return errors.Join(err, r.show(w, streams))
}

func (r *Requests) show(w *results.Writer, streams *term.Streams) error {
	for _, why := range r.unread {
		streams.Remark("note: %s", why)
	}
	if w.Format.ForPeople() {
		for _, one := range r.all {
			fmt.Fprintf(streams.Out, "would send: %s %s\n", one.Method, one.URL)
			if one.Body != nil {
				fmt.Fprintf(streams.Out, "%s\n", visible.Text(string(one.Body)))
			}
		}
		if len(r.all) == 0 {
			streams.Remark("no request would be sent")
		}
		return nil
	}
	rows := make([][]string, len(r.all))
	for i, one := range r.all {
		rows[i] = []string{one.Method, one.URL}
	}
	var value any = r.all
	if len(r.all) == 1 {
		value = r.all[0]
	}
	return w.Printer().Results([]string{"method", "url"}, rows, value)
}
