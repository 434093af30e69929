package rotation

import (
	"context"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/rights"
	"github.com/credctl/credctl/internal/rotation/signer"
)

// guardSigner refuses to rotate the credential that credctl authenticates with, unless
// that was asked for, and then only with overlap: the new credential deletes the old credential. A
// credential that may be it is refused as well, unless the user states that it is not.
func (p *prepared) guardSigner(ctx context.Context, e *Engine) error {
	subject, o := p.run.Op.Subject, &p.run.Op.Options
	signs, known, err := e.Signer().Signs(ctx, subject, p.run.Service, e.Listing(p.run.Service).Again(ctx))
	if err == nil {
		p.run.Op.Token, err = e.Signer().Print(ctx, subject)
	}
	if err != nil {
		return err
	}
	refused := func(hint, format string, args ...any) error {
		return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf(format, args...)), "%s", hint)
	}
	switch {
	case !signs && (known || o.NotSelf):
		o.Self = false
		return nil
	case !signs && !o.Self:
		return refused(signer.NotSelf(subject.ID), "%s", signer.Untold(signer.IsSigner, subject.ID))
	case !o.Self:
		return refused("pass --self to rotate it: credctl then checks that the new key can do the same, and deletes the old key with it",
			"%s %s", subject.ID, signer.IsSigner)
	case o.InPlace:
		return refused("leave out --in-place", "%s %s, and a rotation in place cannot try the new key first", subject.ID, signer.IsSigner)
	}
	inPlace := false
	if planner, ok := p.run.Service.(rights.SelfPlanner); ok && !o.Overlap && signs {
		if inPlace, err = planner.PlanSelf(ctx, p.run.Old, p.run.Input); err != nil {
			return err
		}
	}
	o.Overlap = !inPlace
	if err = p.choose(ctx); err != nil {
		return err
	}
	if !signs {
		p.remarks = append(p.remarks, signer.Untold(signer.IsSigner, subject.ID)+"; if it is, give credctl the new secret")
		return nil
	}
	if p.run.OldSecret, err = e.Token(ctx, subject); err != nil {
		return err
	}
	return p.addOwnPlace(ctx, e.OwnPlace)
}

// addOwnPlace makes the place that credctl has its own token from one of the
// destinations: the new secret is there before the old credential stops working.
func (p *prepared) addOwnPlace(ctx context.Context, ownPlace func(context.Context, Subject) (spec, instead string, err error)) error {
	if ownPlace == nil {
		return nil
	}
	subject, o := p.run.Op.Subject, &p.run.Op.Options
	spec, instead, err := ownPlace(ctx, subject)
	if err != nil {
		return err
	}
	if spec == "" {
		p.remarks = append(p.remarks, "credctl authenticates with "+subject.ID+", which it reads from "+instead+": put the new secret there")
		return nil
	}
	d, err := p.run.Destination(spec, subject, o.InsecurePerms)
	if err == nil && !slices.Contains(o.To, d.Spec()) {
		o.To, o.Own = append(slices.Clip(o.To), d.Spec()), d.Spec()
	}
	return err
}
