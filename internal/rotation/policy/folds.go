package policy

import (
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// folds keeps what operations say, by their IDs.
type folds map[string]*oplog.OpState

// of is [oplog.Fold], but reads an operation only once. It is nil with the error.
func (f folds) of(op *journal.Operation) (*oplog.OpState, error) {
	if s := f[op.ID]; s != nil {
		return s, nil
	}
	s, err := oplog.Fold(op)
	if err == nil {
		f[op.ID] = s
	}
	return s, err
}
