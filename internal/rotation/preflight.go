package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/command"
	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
)

// A Check is one thing that was looked at before anything is changed.
type Check struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	Why  string `json:"why,omitzero"`
}

// A preflight is what is known before anything is issued. It sends only requests
// that change nothing.
type preflight struct {
	Request

	old      provider.Credential
	strategy Strategy
	name     string
	snapshot []string
	targets  map[string]deliver.Destination
	secret   provider.Secret // the old one, where a destination tells it
	checks   []Check
	failed   []error
	remarks  []string
}

// prepare looks at all that must be right before q is carried out. It goes on
// after what is wrong, so that a plan can show all of it.
func (e *Engine) prepare(ctx context.Context, q Request) (*preflight, error) {
	p := &preflight{Request: q, targets: map[string]deliver.Destination{}}
	if err := ctx.Err(); err != nil {
		return p, err
	}
	if p.Service == nil {
		service, in, err := e.Open(ctx, q.Subject, provider.Secret{})
		if err != nil {
			return p, err
		}
		p.Service, p.Input = service, in
	}
	if len(q.To) == 0 && q.Show == nil {
		p.failed = append(p.failed, provider.Usage("the new secret would go nowhere: give a destination"))
		return p, p.err()
	}
	p.check("read "+q.Kind+" "+q.ID, p.readOld(ctx))
	if len(p.failed) > 0 {
		return p, p.err()
	}
	p.check("find a way to rotate it", p.choose(ctx))
	p.check("the key that credctl signs with", e.guard(ctx, p))
	for _, to := range p.To {
		p.check("write "+to, p.target(ctx, e, to))
	}
	if !q.Hook.IsZero() {
		p.check("run "+q.Hook.String(), q.Hook.check(ctx, e.commandEnv(p.old)))
	}
	p.check(proving(p.Service, p.Verify, false), p.verifiable(ctx, e))
	if len(p.failed) > 0 {
		return p, p.err()
	}
	var err error
	p.snapshot, err = e.snapshot(ctx, p.Service, p.old, p.strategy)
	p.check("list what there is", err)
	return p, p.err()
}

func (p *preflight) err() error {
	if len(p.failed) == 1 {
		return p.failed[0]
	}
	return errors.Join(p.failed...)
}

func (p *preflight) check(what string, err error) {
	p.checks = append(p.checks, checked(what, err))
	if err != nil {
		p.failed = append(p.failed, err)
	}
}

func (p *preflight) readOld(ctx context.Context) (err error) {
	p.old, err = get(ctx, p.Service, p.ID)
	if err != nil {
		return err
	}
	if p.old.Revoked {
		return provider.WithClass(provider.ErrNotFound, fmt.Errorf("%s is revoked: there is nothing to rotate", p.ID))
	}
	p.name = p.old.Name
	if v := p.Input.Value(provider.Name.Info().Name); v != nil && v.IsSet() {
		p.name = v.String()
	}
	return nil
}

func (p *preflight) choose(ctx context.Context) (err error) {
	p.strategy, err = choose(p.Service, "the "+p.Provider+" "+p.Kind, p.Options)
	if c, ok := p.Service.(provider.RotateChecker); ok && err == nil && p.strategy == Rotate {
		return c.CheckRotate(ctx, p.ID, p.Input)
	}
	return err
}

// target opens a destination and checks that it can be written.
func (p *preflight) target(ctx context.Context, e *Engine, to string) error {
	d, err := e.Destination(to, p.Subject, p.InsecurePerms)
	if err != nil {
		return err
	}
	if err := d.Check(ctx); err != nil {
		return err
	}
	p.targets[to] = d
	key, secret, err := d.Current(ctx)
	if err != nil || secret.IsZero() || !p.secret.IsZero() || key != "" && key != p.old.Key {
		return nil //nolint:nilerr // it can be written, and that is all that is needed
	}
	owner, known, err := e.Journal.Owner(secret)
	if err == nil && (!known || owner == p.Ref()) {
		p.secret = secret // it lets us try, in the end, whether the old one is dead
	}
	return err
}

// verifiable refuses a replacement that could never end, because nothing can
// tell whether the new one works.
func (p *preflight) verifiable(ctx context.Context, e *Engine) error {
	_, able := p.Service.(provider.Verifier)
	switch mode := p.Verify; mode {
	case "", "auto":
		if !able && p.strategy == Replace {
			return provider.Hint(provider.Usage("%s", noMeans), "give --verify exec:COMMAND, or --verify none")
		}
		return nil
	case "none":
		return nil
	default:
		line, isExec := strings.CutPrefix(mode, "exec:")
		if !isExec || strings.TrimSpace(line) == "" {
			return provider.Usage("--verify is auto, none or exec:COMMAND, not %q", mode)
		}
		return command.Check(ctx, line, e.commandEnv(p.old))
	}
}

// guard refuses to rotate the credential that credctl signs with, unless that
// was asked for, and then only with overlap: the new one deletes the old one.
func (e *Engine) guard(ctx context.Context, p *preflight) error {
	self, known, err := e.isSelf(ctx, p.Subject, p.Service)
	if err != nil {
		return err
	}
	switch {
	case !self && !known && !p.Self:
		p.remarks = append(p.remarks, Untold(Signs, p.ID))
		return nil
	case !self && known:
		p.Self = false
		return nil
	case !p.Self:
		return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("%s is the key that credctl itself signs with", p.ID)),
			"--self rotates it all the same: the new one must be able to do what the old one does, and deletes it")
	case p.InPlace:
		return provider.WithClass(provider.ErrRefused, fmt.Errorf("%s is the key that credctl itself signs with, and in place the new one could not be tried first", p.ID))
	}
	p.Overlap = true
	if err = p.choose(ctx); err != nil {
		return err
	}
	if !self {
		p.remarks = append(p.remarks, Untold(Signs, p.ID)+": if it is, give credctl the new secret")
		return nil
	}
	return e.ownToo(ctx, p)
}

// ownToo makes the place that credctl has its own token from one of the
// destinations: the new one is there before the old one goes.
func (e *Engine) ownToo(ctx context.Context, p *preflight) error {
	if e.OwnPlace == nil {
		return nil
	}
	spec, instead, err := e.OwnPlace(ctx, p.Subject)
	if err != nil {
		return err
	}
	if spec == "" {
		p.remarks = append(p.remarks, "credctl signs with "+p.ID+" itself, and has that from "+instead+": put the new secret there")
		return nil
	}
	d, err := e.Destination(spec, p.Subject, p.InsecurePerms)
	if err == nil && !slices.Contains(p.To, d.Spec()) {
		p.To = append(slices.Clip(p.To), d.Spec())
	}
	return err
}
