package rotation

import "context"

// PlanAbort says what [Engine.Abort] would do, and checks whether there is a way
// back. It sends only requests that change nothing, and writes nothing to the journal.
func (e *Engine) PlanAbort(ctx context.Context, id string, force bool) (p Plan, err error) {
	index, err := e.Journal.Index()
	if err != nil {
		return p, err
	}
	op, err := index.Find(id)
	if err == nil {
		err = op.Damaged
	}
	if err != nil {
		return p, err
	}
	w, err := e.work(op, Request{})
	if err != nil {
		return p, err
	}
	p.about(w.record)
	if op.Final() {
		return p, over(op)
	}
	if err := w.open(ctx, w.subject); err != nil {
		return p, err
	}
	if err := w.planLook(ctx, &p, force); err != nil {
		return p, err
	}
	dead, err := w.mayUndo(ctx, force)
	if err = p.check("go back to "+w.subject.ID, err); err != nil {
		return p, err
	}
	if dead {
		p.add(true, "forget the rotation, and leave everything as it is")
		return p, nil
	}
	holders, err := w.holders(ctx, force)
	if err = p.check("put the old secret back", err); err != nil {
		return p, err
	}
	for _, to := range holders {
		p.add(true, "put the old secret back to %s, and read it back", to)
	}
	p.add(w.told, "run %s", w.options.Hook)
	p.add(w.issued, "revoke %s", w.new.ID)
	return p, nil
}

// planLook finds out what became of a request whose answer was lost, as undo does,
// and what would be done about it. The journal is not told, but w is.
func (w *work) planLook(ctx context.Context, p *Plan, force bool) error {
	if !w.unclear() || w.strategy == Generate {
		return nil
	}
	p.add(w.stray != "", "revoke %s, which a lost request made", w.stray)
	ours, alive, err := w.traces(ctx)
	if err = p.check("find out what became of the request that an earlier run sent", err); err != nil {
		if force {
			return nil
		}
		return err
	}
	switch {
	case alive, len(ours) == 0:
	case w.strategy == Rotate:
		w.found = ours[0]
	default:
		p.add(true, "revoke %s, which the lost request made", ours[0])
	}
	w.asked = false
	return nil
}
