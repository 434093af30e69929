package oplog

import "github.com/credctl/credctl/internal/journal"

// Folds keeps what operations say, by their IDs.
type Folds map[string]*OpState

// Of is [Fold], but reads an operation only once. It is nil with the error.
func (f Folds) Of(op *journal.Operation) (*OpState, error) {
	if s := f[op.ID]; s != nil {
		return s, nil
	}
	s, err := Fold(op)
	if err == nil {
		f[op.ID] = s
	}
	return s, err
}
