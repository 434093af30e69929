// Package report writes what an audit found as JSON and CSV, as it comes, and reads
// the JSON again as a baseline. [Report] is all of it, for formats that need that.
package report

import (
	"slices"
	"time"

	"github.com/credctl/credctl/internal/audit"
	"github.com/credctl/credctl/internal/audit/ledger"
	"github.com/credctl/credctl/internal/provider"
)

// A Header is what is known before the first credential.
type Header struct {
	Generated time.Time
	Version   string // of credctl

	Rotations []ledger.Operation // that have not ended
}

// A Vendor is one that was asked.
type Vendor struct {
	Name  string `json:"name"`
	OK    bool   `json:"ok"` // all of its credentials were judged
	Error string `json:"error,omitzero"`
}

// A Writer is given an audit step by step.
type Writer interface {
	// Credential is given each credential, which it does not keep, and what was found.
	Credential(c *provider.Credential, s audit.Standing, found []audit.Finding) error

	// End is given what was found apart from credentials.
	End(vendors []Vendor, summary audit.Summary, found []audit.Finding) error
}

// A Row is a credential of a [Report].
type Row struct {
	provider.Credential // without its details
	audit.Standing
}

// A Report is all of an audit. It is a [Writer].
type Report struct {
	Header

	Vendors  []Vendor
	Summary  audit.Summary
	Rows     []Row
	Findings []audit.Finding // the worst first
}

// Credential adds a credential.
func (r *Report) Credential(c *provider.Credential, s audit.Standing, found []audit.Finding) error {
	row := Row{*c, s}
	row.Details = nil
	r.Rows, r.Findings = append(r.Rows, row), append(r.Findings, found...)
	return nil
}

// End completes the report.
func (r *Report) End(vendors []Vendor, summary audit.Summary, found []audit.Finding) error {
	r.Vendors, r.Summary = vendors, summary
	r.Findings = append(r.Findings, found...)
	slices.SortStableFunc(r.Findings, audit.Compare)
	return nil
}

// Findings collects only what was found, and is a [Writer].
type Findings struct {
	Found []audit.Finding // the worst first
}

// Credential adds what was found.
func (r *Findings) Credential(_ *provider.Credential, _ audit.Standing, found []audit.Finding) error {
	r.Found = append(r.Found, found...)
	return nil
}

// End completes the list.
func (r *Findings) End(_ []Vendor, _ audit.Summary, found []audit.Finding) error {
	r.Found = append(r.Found, found...)
	slices.SortStableFunc(r.Found, audit.Compare)
	return nil
}

// Several gives an audit to several writers.
type Several []Writer

// Credential gives each a credential.
func (s Several) Credential(c *provider.Credential, standing audit.Standing, found []audit.Finding) error {
	for _, w := range s {
		if err := w.Credential(c, standing, found); err != nil {
			return err
		}
	}
	return nil
}

// End completes each.
func (s Several) End(vendors []Vendor, summary audit.Summary, found []audit.Finding) error {
	for _, w := range s {
		if err := w.End(vendors, summary, found); err != nil {
			return err
		}
	}
	return nil
}
