package audits

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/audit"
	"github.com/credctl/credctl/internal/audit/inventory"
	"github.com/credctl/credctl/internal/audit/report"
	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/prom"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/survey"
)

// perform carries out `credctl audit`, and adds what it found to found.
func perform(ctx context.Context, run *invocation.Invocation, o options, found *prom.File) error {
	if err := run.Results.NotIssued("audit"); err != nil {
		return err
	}
	severity := audit.Note
	if o.failOn != "" {
		var err error
		if severity, err = audit.ParseSeverity(o.failOn); err != nil {
			return err
		}
	}
	now, err := clock(run)
	if err != nil {
		return err
	}
	f, err := readFiles(run, o, now)
	if err != nil {
		return err
	}
	out, err := destinationOf(run, o, f)
	if err != nil {
		return err
	}
	if o.monitor.Measures() {
		out.found = found
	}
	facts, first, err := factsOf(ctx, run, o, f, now)
	if err != nil {
		return err
	}
	accounts, err := survey.Find(ctx, run.Config, run.Session, survey.Scope{Vendors: o.vendors})
	if err != nil {
		return err
	}
	run.NotListed(accounts.LeftOut)
	l := &listing{ctx: ctx, sources: accounts.Sources, wait: run.Session.LongestWait(), failed: accounts.Failed, auditor: audit.New(facts)}
	if o.init {
		return initInventory(run, l, f.text)
	}
	counter := &counting{least: severity}
	header := report.Header{Generated: now, Version: run.Version, Rotations: facts.Journal.Unfinished}
	err = out.write(run, header, func(w report.Writer) error {
		counter.Writer = w
		return l.judge(counter)
	})
	if err != nil {
		return err
	}
	var errs []error
	if o.failOn != "" && counter.found > 0 {
		errs = append(errs, provider.WithClass(exit.ErrFindings, fmt.Errorf("%s at or above %s", plural(counter.found, "finding"), severity)))
	}
	errs = append(errs, survey.Error("list", l.failed), first.failed, first.note())
	return errors.Join(errs...)
}

// clock returns the time of the audit: that of SOURCE_DATE_EPOCH, if it is set.
func clock(run *invocation.Invocation) (time.Time, error) {
	at, set, err := run.Config.Env.SourceDate()
	if err != nil || set {
		return at.UTC(), err
	}
	return time.Now().UTC().Truncate(time.Second), nil
}

// A listing is what vendors list, and the auditor that judges it.
type listing struct {
	ctx     context.Context //nolint:containedctx // of one run, and one call
	sources []survey.Source
	wait    time.Duration // the longest for a vendor that limits the rate
	failed  []survey.Failure
	auditor *audit.Auditor
}

// each calls do with each credential. It names the vendors, of which some failed.
func (l *listing) each(do func(c *provider.Credential) error) (vendors []report.Vendor, err error) {
	all := survey.New(l.ctx, l.sources, l.wait)
	var current provider.Credential // one place for all
	for c, err := range all.InOrder() {
		if err != nil { // which is among those that failed
			break
		}
		current = c
		if err := do(&current); err != nil {
			return nil, err
		}
	}
	l.failed = append(l.failed, all.Failed()...)
	add := func(name string) {
		if slices.ContainsFunc(vendors, func(v report.Vendor) bool { return v.Name == name }) {
			return
		}
		v := report.Vendor{Name: name, OK: true}
		for _, f := range l.failed {
			if f.Vendor == name {
				v.OK, v.Error = false, exit.Text(f.Err)
			}
		}
		vendors = append(vendors, v)
	}
	for _, s := range l.sources {
		add(s.Vendor)
	}
	for _, f := range l.failed {
		add(f.Vendor)
	}
	return vendors, nil
}

// judge gives w all credentials, and what was found.
func (l *listing) judge(w report.Writer) error {
	vendors, err := l.each(func(c *provider.Credential) error {
		s, found := l.auditor.Judge(c)
		return w.Credential(c, s, found)
	})
	if err != nil {
		return err
	}
	var judged []string
	for _, v := range vendors {
		if v.OK {
			judged = append(judged, v.Name)
		}
	}
	found := l.auditor.End(judged)
	return w.End(vendors, l.auditor.Summary, found)
}

// counting counts the findings that fail the run.
type counting struct {
	report.Writer

	least audit.Severity
	found int
}

func (c *counting) Credential(cred *provider.Credential, s audit.Standing, found []audit.Finding) error {
	c.count(found)
	return c.Writer.Credential(cred, s, found)
}

func (c *counting) End(vendors []report.Vendor, summary audit.Summary, found []audit.Finding) error {
	c.count(found)
	return c.Writer.End(vendors, summary, found)
}

func (c *counting) count(found []audit.Finding) {
	for _, f := range found {
		if f.Counts() && f.Severity >= c.least {
			c.found++
		}
	}
}

// initInventory prints an inventory with what it had and every active credential.
func initInventory(run *invocation.Invocation, l *listing, text []byte) error {
	draft, err := inventory.NewDraft(text)
	if err != nil {
		return err
	}
	if _, err = l.each(func(c *provider.Credential) error {
		if s, _ := l.auditor.Judge(c); s.Active && s.Owner == nil {
			draft.Add(journal.Ref{Provider: c.Provider, Kind: c.Kind, ID: s.Root}, c.Name)
		}
		return nil
	}); err != nil {
		return err
	}
	out, err := draft.Text()
	if err == nil {
		_, err = run.Streams.Out.Write(out)
	}
	return errors.Join(err, survey.Error("list", l.failed))
}

// plural writes a number of things.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
