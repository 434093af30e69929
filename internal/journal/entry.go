package journal

import (
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/journal/entry"
	"github.com/credctl/credctl/internal/journal/finished"
)

// The types of the packages below that callers need.
type (
	// Backend is where a journal is kept.
	Backend = backend.Backend
	// Ref names one credential forever.
	Ref = finished.Ref
	// Past is what the journal keeps forever of an operation that has ended.
	Past = finished.Record
	// Entry is one line of an operation's file.
	Entry = entry.Entry
	// Step is what an entry reports.
	Step = entry.Step
)

// The steps that the journal knows; Done and Aborted end an operation, and those after
// them are idle.
const (
	Issued  = entry.Issued
	Done    = entry.Done
	Aborted = entry.Aborted

	Lost    = entry.Lost
	Pending = entry.Pending
	Unknown = entry.Unknown
	Failed  = entry.Failed
	Options = entry.Options
)
