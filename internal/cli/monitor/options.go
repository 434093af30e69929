// Package monitor tells how unattended runs ended: to a metrics file, a heartbeat URL,
// and `credctl status`.
package monitor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/prom"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/runs"
)

// Options are the flags of a command that tells how it ended.
type Options struct {
	metrics   string
	heartbeat string
}

// AddFlags adds them.
func (o *Options) AddFlags(f *pflag.FlagSet) {
	f.StringVar(&o.metrics, "metrics-file", "", "write Prometheus metrics to this `file`")
	f.StringVar(&o.heartbeat, "heartbeat", "", "request this `URL` after the run")
}

// Check refuses, before anything is done, what cannot work. What is the reason why
// the command is no run that could be told of; "" is that it is one.
func (o Options) Check(run *invocation.Invocation, what string) error {
	if what != "" && (o.metrics != "" || o.heartbeat != "") {
		return provider.Usage("--metrics-file and --heartbeat cannot be combined with %s", what)
	}
	if o.heartbeat != "" {
		if u, err := url.Parse(o.heartbeat); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			return provider.Hint(provider.Usage("the heartbeat URL is not valid"), "pass an address that begins with https://")
		}
		if servers, err := run.Config.Sandbox(); err != nil || len(servers) > 0 {
			return cmp.Or(err, provider.Usage("a run in the sandbox sends no heartbeat"))
		}
	}
	if o.metrics != "" {
		return prom.Check(o.metrics)
	}
	return nil
}

// Measures reports whether there is a metrics file.
func (o Options) Measures() bool { return o.metrics != "" }

// Tell tells how a run ended, with err. The labels tell it from other runs, and f has
// the metrics in addition to those of the run itself. What it returns is err, with what could
// not be written.
func (o Options) Tell(ctx context.Context, run *invocation.Invocation, f *prom.File, err error, labels ...string) error {
	if o.metrics != "" {
		err = untold(err, o.write(run, f, exit.After(ctx, err), labels), "make room for the file, or make it writable; the run itself is done")
	}
	if o.heartbeat != "" {
		if problem := o.beat(ctx, runs.Succeeded(exit.After(ctx, err))); problem != nil {
			run.Streams.Remark("credctl: note: %v", problem)
		}
	}
	return err
}

// untold returns how a run ended, with why that could not be told. A run that went
// through is partly done then.
func untold(err, problem error, hint string) error {
	if problem == nil {
		return err
	}
	if _, silent := errors.AsType[exit.Silent](err); err == nil || silent {
		return provider.Hint(provider.WithClass(provider.ErrPartial, problem), "%s", hint)
	}
	return errors.Join(err, problem)
}

func (o Options) write(run *invocation.Invocation, f *prom.File, status int, labels []string) error {
	f.SetRun(run.Version, time.Now(), runs.Succeeded(status), prom.Last(o.metrics, prom.LastSuccess, labels...), labels...)
	return f.Write(o.metrics)
}

// beatTimeout bounds the heartbeat: it must not keep a run from ending.
const beatTimeout = 10 * time.Second

// beat requests the heartbeat URL, or after a failure /fail below it, as
// healthchecks.io and services like it expect. The URL is in no error: whoever knows
// it can report in its name.
//
// https://healthchecks.io/docs/http_api/
func (o Options) beat(ctx context.Context, ok bool) error {
	u, err := url.Parse(o.heartbeat)
	if err != nil {
		return errors.New("the heartbeat URL is not valid")
	}
	if !ok {
		u.Path = strings.TrimSuffix(u.Path, "/") + "/fail"
		u.RawPath = ""
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), beatTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return errors.New("the heartbeat URL is not valid")
	}
	client := &http.Client{Transport: rest.NewTransport(), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if err == nil {
		err = resp.Body.Close()
		if resp.StatusCode/100 != 2 {
			err = fmt.Errorf("status %d", resp.StatusCode)
		}
	}
	if err != nil {
		return fmt.Errorf("could not send the heartbeat to %s: %w", u.Host, err)
	}
	return nil
}
