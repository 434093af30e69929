package audits

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/audit"
	"github.com/credctl/credctl/internal/audit/inventory"
	"github.com/credctl/credctl/internal/audit/leaks"
	"github.com/credctl/credctl/internal/audit/ledger"
	"github.com/credctl/credctl/internal/audit/report"
	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
	"github.com/credctl/credctl/internal/rotation/policy"
)

// files is what the files of the user say.
type files struct {
	inventory  *audit.Inventory
	text       []byte // of the inventory
	policy     audit.Policy
	policyText []byte
	baseline   map[string]bool
	leaks      *leaks.Report
}

// readFiles reads all files. What is wrong with any of them is found before a request.
func readFiles(run *invocation.Invocation, o options, now time.Time) (f files, err error) {
	var errs []error
	if o.inventory != "" {
		f.text, err = readFile(run, fsafe.OpenTrusted, o.inventory, "the inventory")
		if err == nil {
			c := inventory.Checker{Vendors: run.Config.Vendors.Names(), Kinds: kindsOf(run), Now: now}
			f.inventory, err = inventory.Parse(c, o.inventory, f.text)
		}
		errs = append(errs, err)
	}
	if o.policy != "" {
		if f.policyText, err = readFile(run, fsafe.OpenTrusted, o.policy, "the policy"); err == nil {
			f.policy, err = policyOf(run, o.policy, f.policyText)
		}
		errs = append(errs, err)
	}
	if o.baseline != "" {
		var text []byte
		if text, err = readFile(run, os.Open, o.baseline, "the baseline"); err == nil {
			f.baseline, err = report.ReadBaseline(o.baseline, text)
		}
		errs = append(errs, err)
	}
	if o.leaks != "" {
		var text []byte
		if text, err = readFile(run, os.Open, o.leaks, "the leak report"); err == nil {
			f.leaks, err = leaks.Parse(o.leaks, text)
		}
		errs = append(errs, err)
	}
	return f, errors.Join(errs...)
}

// readFile reads a file that open opens. What says what credctl judges and does may be
// changed by nobody else; what another program reports may be.
func readFile(run *invocation.Invocation, open func(path string) (*os.File, error), path, what string) ([]byte, error) {
	text, err := run.Streams.ReadLong(open, path)
	if err != nil {
		err = fmt.Errorf("cannot read %s: %w", what, err)
	}
	if err != nil && !errors.Is(err, provider.ErrRefused) {
		err = provider.WithClass(provider.ErrUsage, err)
	}
	return text.Text, err
}

// policyOf returns the entries of a policy as an audit knows them.
func policyOf(run *invocation.Invocation, path string, text []byte) (audit.Policy, error) {
	engine, err := run.Session.Engine()
	if err != nil {
		return nil, err
	}
	p, err := policy.Parse(engine, path, text)
	if err != nil {
		return nil, err
	}
	all := audit.Policy{}
	for _, e := range p.Rotations {
		m := audit.Managed{Ref: e.Ref(), Name: e.Name, MaxAge: e.MaxAge, Grace: e.Grace, At: audit.Place{File: path, Line: e.Line, Column: e.Column}}
		if e.Select != nil {
			m.Select = e.Select.Matches
		}
		all = append(all, m)
	}
	return all, nil
}

// kindsOf returns what returns the kinds of credentials of a vendor.
func kindsOf(run *invocation.Invocation) func(vendor string) []string {
	return func(vendor string) (names []string) {
		p, err := run.Config.Vendors.Find(vendor)
		if err != nil {
			return nil
		}
		for _, k := range p.Kinds {
			if !k.Auxiliary {
				names = append(names, k.Name)
			}
		}
		return names
	}
}

// tellsUse reports whether listings of a kind say when a credential was last used.
func tellsUse(run *invocation.Invocation) func(vendor, kind string) bool {
	known := map[[2]string]bool{}
	for _, p := range run.Config.Vendors() {
		for _, k := range p.Kinds {
			known[[2]string{p.Name, k.Name}] = k.TellsUse
		}
	}
	return func(vendor, kind string) bool { return known[[2]string{vendor, kind}] }
}

// commandLine returns the command line for a verb, or "" where the kind lacks it.
func commandLine(run *invocation.Invocation) func(journal.Ref, provider.Verb) string {
	prefixes := map[[2]string]string{}
	verbs := map[[2]string][]provider.Verb{}
	for _, p := range run.Config.Vendors() {
		for i, k := range p.Kinds {
			key, prefix := [2]string{p.Name, k.Name}, "credctl "+p.Name+" "
			if i > 0 {
				prefix += k.Name + " "
			}
			prefixes[key], verbs[key] = prefix, k.Verbs
		}
	}
	return func(r journal.Ref, v provider.Verb) string {
		key := [2]string{r.Provider, r.Kind}
		if !slices.Contains(verbs[key], v) {
			return ""
		}
		id := quote.Word(r.ID)
		if strings.HasPrefix(id, "-") {
			id = "-- " + id
		}
		return prefixes[key] + string(v) + " " + id
	}
}

// updates returns when credctl last changed credentials without a rotation, from an
// audit trail that is read when it is first needed.
func updates(store *journal.Store) func(journal.Ref) time.Time {
	var last map[journal.Ref]time.Time
	return func(r journal.Ref) time.Time {
		if store == nil {
			return time.Time{}
		}
		if last == nil {
			last = map[journal.Ref]time.Time{}
			events, err := store.Events()
			if err != nil {
				return time.Time{}
			}
			for _, e := range events {
				of := journal.Ref{Provider: e.Provider, Kind: e.Kind, ID: e.ID}
				if e.Exit == 0 && e.Time.After(last[of]) {
					last[of] = e.Time
				}
			}
		}
		return last[r]
	}
}

// factsOf gathers what an audit knows apart from the listing.
func factsOf(ctx context.Context, run *invocation.Invocation, o options, f files, now time.Time) (audit.Facts, *seen, error) {
	k, err := knownOf(run)
	if err != nil && (f.leaks != nil || !errors.Is(err, provider.ErrUnavailable)) {
		return audit.Facts{}, nil, err
	}
	if err != nil {
		run.Streams.Remark("credctl: warning: could not read the rotation state; rotations are ignored, and ages that a vendor does not report are unknown: %s", err)
	}
	leaked := func(*provider.Credential) string { return "" }
	if f.leaks != nil {
		if err := f.leaks.Resolve(k.store); err != nil {
			return audit.Facts{}, nil, err
		}
		leaked = f.leaks.Where
	}
	rotations, err := ledger.Read(k.index)
	if err != nil {
		return audit.Facts{}, nil, err
	}
	drifted := func(journal.Ref) []string { return nil }
	if k.store != nil {
		if drifted, err = driftOf(ctx, run, k.index); err != nil {
			return audit.Facts{}, nil, err
		}
	}
	s := &seen{Seen: k.seen, store: k.store, now: now}
	return audit.Facts{
		Now: now, Journal: rotations, Inventory: f.inventory, Policy: f.policy, Baseline: f.baseline,
		Judged:    func(vendor string) bool { return len(o.vendors) == 0 || slices.Contains(o.vendors, vendor) },
		FirstSeen: s.first, Updated: updates(k.store), Drifted: drifted, TellsUse: tellsUse(run), Kinds: kindsOf(run), Command: commandLine(run),
		Leaked: leaked,
	}, s, nil
}
