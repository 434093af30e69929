// Package rights says before a rotation which rights the replacement has, and after it how
// they differ.
package rights

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// A Checker knows before a rotation which rights the replacement would have.
type Checker interface {
	// CheckRights returns the parameters of the verb rotate that keep the rights of
	// old, and says of the rights that cannot be compared which they are, why, and what
	// to do. Rights that can be seen, and would not be kept, are [provider.ErrVerify].
	// The secret of old may be unknown. made are the parameters with which credctl created it,
	// as far as the journal has them: of rights that the vendor does not tell.
	CheckRights(ctx context.Context, old provider.Credential, inPlace bool, in provider.Input, made map[string]string) (keep map[string]string, unseen []string, err error)
}

// A SelfPlanner knows how the credential that signs its own requests is replaced.
type SelfPlanner interface {
	// PlanSelf reports whether the vendor's own route keeps the rights of old, and is
	// to be used. Where neither that nor another credential would have them, it is
	// [provider.ErrRefused].
	PlanSelf(ctx context.Context, old provider.Credential, in provider.Input) (inPlace bool, err error)
}

// Check refuses to lose rights that can be seen, and returns what to say of others.
// The parameters that keep rights become those of the operation.
func Check(ctx context.Context, r *run.Run) (remarks []string, err error) {
	c, ok := r.Service.(Checker)
	if !ok || r.Op.Strategy == oplog.Generate {
		return nil, nil
	}
	old := r.Old
	old.Secret = r.OldSecret
	made, err := madeWith(r)
	if err != nil {
		return nil, err
	}
	params, unseen, err := c.CheckRights(ctx, old, r.Op.Strategy.InPlace(), r.Input, made)
	if errors.Is(err, provider.ErrVerify) && r.Op.Options.AcceptDrift {
		return []string{provider.Text(err)}, nil
	}
	if err != nil {
		return nil, err
	}
	return unseen, keep(r, params)
}

// madeWith returns the parameters of the operation that issued the old credential; nil is
// that the journal does not know them.
func madeWith(r *run.Run) (map[string]string, error) {
	index, err := r.Journal.Index()
	if err != nil {
		return nil, err
	}
	for _, op := range index.UnfinishedOf(r.Op.Subject.Ref()) { // it may be in its grace period
		if s, err := oplog.Fold(op); err != nil || s.New.ID == r.Op.Subject.ID {
			return s.Subject.Params, err
		}
	}
	made, known, err := index.Made(r.Op.Subject.Ref())
	if err != nil || !known {
		return nil, err
	}
	op, err := r.Journal.Load(made.Operation)
	if errors.Is(err, provider.ErrNotFound) { // its record was pruned
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s, err := oplog.Fold(op)
	return s.Subject.Params, err
}

// keep adds parameters to the operation, and to its request.
func keep(r *run.Run, params map[string]string) error {
	if len(params) == 0 {
		return nil
	}
	r.Op.Options.Keeps = slices.Sorted(maps.Keys(params))
	merged := maps.Clone(params)
	maps.Copy(merged, r.Op.Subject.Params)
	r.Op.Subject.Params, r.Input = merged, r.Input.Clone()
	for name, value := range params {
		if err := r.Input.Value(name).Set(value); err != nil {
			return err
		}
	}
	return nil
}
