package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/failpoint"
	"github.com/credctl/credctl/internal/provider"
)

// DefaultTimeout is how long [Wait] tries unless something else is asked for.
const DefaultTimeout = 5 * time.Minute

// Options say when [Wait] is satisfied, and how long it tries.
type Options struct {
	Timeout time.Duration // for all tries together; zero means DefaultTimeout

	// Report is told what is being waited for, whenever that changes. It may be nil.
	Report func(what string)
}

// successes is how many in a row prove that a secret works.
const successes = 3

// The waits between two tries: short while they succeed, growing while they do not.
const (
	gap     = 500 * time.Millisecond
	longest = 5 * time.Second
)

// nothing is what was seen last before the first try ended.
const nothing = "no try has ended"

// Wait calls try until it has succeeded several times in a row. One success does
// not prove much: a service that distributes a new key to many machines accepts it
// at some before others. [provider.ErrMetered] is a success that is enough.
//
// Wait tries again, up to the timeout, while the answer is "not yet" or says nothing;
// then its error has the class [provider.ErrPending]. It returns at once what time
// does not change: [provider.ErrDenied], [provider.ErrVerify], [provider.ErrUsage],
// [provider.ErrRefused], and [provider.ErrUnreachable], which it makes [provider.ErrVerify]. So it does, when
// the time is up, with a last answer that more time would not change. When ctx ends, its
// error is wrapped.
func Wait(ctx context.Context, try func(context.Context) error, o Options) error {
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	limited, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	said, last, stays, missed := "", nothing, false, "did not work"
	for row, wait := 0, gap; ; {
		err := try(limited)
		switch {
		case errors.Is(err, provider.ErrMetered):
			return nil
		case err == nil:
			if row++; row == successes {
				return nil
			}
			wait, stays = gap, false
			last, missed = fmt.Sprintf("the new secret worked (%d/%d)", row, successes), fmt.Sprintf("could not be verified %d times", successes)
		case errors.Is(err, provider.ErrUnreachable):
			return provider.Reclassify(provider.ErrVerify, err)
		case errors.Is(err, provider.ErrDenied), errors.Is(err, provider.ErrVerify), errors.Is(err, provider.ErrUsage), errors.Is(err, provider.ErrRefused):
			return err
		case limited.Err() == nil || last == nothing: // a try that was cut short says nothing new
			last, stays, missed = err.Error(), !passes(err), "did not work"
			fallthrough
		default:
			row = 0
		}
		if ctx.Err() == nil && limited.Err() == nil && said != last && o.Report != nil {
			said = last
			o.Report(last)
		}
		select {
		case <-time.After(failpoint.Wait(wait)):
		case <-limited.Done():
		}
		if err != nil {
			wait = min(2*wait, longest)
		}
		if err := ctx.Err(); err != nil {
			return provider.WithClass(err, fmt.Errorf("interrupted while verifying the new secret; last result: %s", last))
		}
		if limited.Err() != nil {
			class := provider.ErrPending
			if stays {
				class = provider.ErrVerify
			}
			return provider.WithClass(class, fmt.Errorf("the new secret %s within %s; last result: %s", missed, o.Timeout, last))
		}
	}
}

// passes reports whether time alone may change the answer.
func passes(err error) bool {
	return errors.Is(err, provider.ErrPending) || errors.Is(err, provider.ErrUnavailable) || errors.Is(err, provider.ErrRateLimited)
}
