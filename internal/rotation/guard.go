package rotation

import (
	"context"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/signer"
)

// guardSigner refuses to rotate the credential that credctl signs with, unless that
// was asked for, and then only with overlap: the new one deletes the old one.
func (p *prepared) guardSigner(ctx context.Context, e *Engine) error {
	subject, o := p.run.Op.Subject, &p.run.Op.Options
	signs, known, err := e.Signer().Signs(ctx, subject, p.all(ctx))
	if err != nil {
		return err
	}
	switch {
	case !signs && !known && !o.Self:
		p.remarks = append(p.remarks, signer.Untold(signer.IsSigner, subject.ID))
		return nil
	case !signs && known:
		o.Self = false
		return nil
	case !o.Self:
		return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("%s is the key that credctl itself signs with", subject.ID)),
			"--self rotates it all the same: the new one must be able to do what the old one does, and deletes it")
	case o.InPlace:
		return provider.WithClass(provider.ErrRefused, fmt.Errorf("%s is the key that credctl itself signs with, and in place the new one could not be tried first", subject.ID))
	}
	o.Overlap = true
	if err = p.choose(ctx); err != nil {
		return err
	}
	if !signs {
		p.remarks = append(p.remarks, signer.Untold(signer.IsSigner, subject.ID)+": if it is, give credctl the new secret")
		return nil
	}
	return p.addOwnPlace(ctx, e.OwnPlace)
}

// addOwnPlace makes the place that credctl has its own token from one of the
// destinations: the new secret is there before the old one stops working.
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
		p.remarks = append(p.remarks, "credctl signs with "+subject.ID+" itself, and has that from "+instead+": put the new secret there")
		return nil
	}
	d, err := p.run.Destination(spec, subject, o.InsecurePerms)
	if err == nil && !slices.Contains(o.To, d.Spec()) {
		o.To = append(slices.Clip(o.To), d.Spec())
	}
	return err
}
