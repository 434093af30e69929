package issuing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
	"github.com/credctl/credctl/internal/term"
	"github.com/credctl/credctl/internal/verify"
)

// pending is the status of a credential that the vendor is still setting up.
const pending = "pending"

// UntilReady returns a credential as soon as the vendor has set it up: at once where
// nothing is pending.
func UntilReady(ctx context.Context, svc provider.Getter, id string, streams *term.Streams) (provider.Credential, error) {
	say := streams.Progress()
	if say != nil {
		defer say("")
	}
	var got provider.Credential
	for wait := time.Second; ; wait = min(2*wait, 5*time.Second) {
		now, err := svc.Get(ctx, id)
		switch {
		case err != nil && ctx.Err() != nil && got.ID != "": // it was pending before
			return got, notReady(ctx, got)
		case err != nil || now.Status != pending:
			return now, err
		}
		got = now
		if say != nil {
			say(fmt.Sprintf("Waiting until %s is ready (status: %s)", id, got.Status))
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return got, notReady(ctx, got)
		}
	}
}

func notReady(ctx context.Context, got provider.Credential) error {
	return provider.WithClass(ctx.Err(), fmt.Errorf("%s is not ready yet (status: %s)", got.ID, got.Status))
}

// wait returns a credential as it is when it works, proved as a rotation does. Where its
// secret cannot be tried, it is enough that the vendor has set it up.
func (i Issuer) wait(ctx context.Context, svc provider.Service, got provider.Credential) (provider.Credential, error) {
	g, reads := svc.(provider.Getter)
	v, verifies := svc.(provider.Verifier)
	if !verifies || got.Secret.IsZero() {
		if !reads {
			return got, nil
		}
		now, err := UntilReady(ctx, g, got.ID, i.Streams)
		return asOf(now, got), err
	}
	err := i.verified(ctx, v, got)
	if err == nil && reads && got.Status == pending {
		if now, gerr := g.Get(ctx, got.ID); gerr == nil { // else it works, and what was known is shown
			got = asOf(now, got)
		}
	}
	return got, err
}

// asOf returns got with the status that it has now, if that is known.
func asOf(now, got provider.Credential) provider.Credential {
	if now.ID != "" {
		got.Status, got.Details = now.Status, now.Details
	}
	return got
}

// verified returns when a new secret works, or cannot be tried.
func (i Issuer) verified(ctx context.Context, v provider.Verifier, got provider.Credential) error {
	say := i.Streams.Progress()
	err := verify.Wait(ctx, func(ctx context.Context) error { return v.Verify(ctx, got) }, verify.Options{
		Timeout: i.Streams.Timeout,
		Report: func(what string) {
			if say != nil {
				say("Waiting until " + got.ID + " works: " + what)
			}
		},
	})
	if say != nil {
		say("")
	}
	switch {
	case err == nil && say != nil: // its status may have been shown before
		i.Streams.Remark("Verified: %s works now", got.ID)
		return nil
	case err == nil:
		return nil
	case errors.Is(err, provider.ErrUsage): // what it takes to try it is not set
		i.Streams.Remark("note: cannot check that %s works: %v", got.ID, err)
		return nil
	case errors.Is(err, provider.ErrPending):
		err = provider.Reclassify(provider.ErrUnavailable, err)
	}
	return provider.Hint(fmt.Errorf("the secret of %s was delivered, but does not work yet: %w", got.ID, err),
		"do not create another secret; to see the status: credctl %s get %s", setting.Path(i.Provider, i.Kind), got.ID)
}
