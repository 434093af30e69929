// Package sandbox serves the APIs of Medianova, Katapult, Losant and Stratum,
// and an S3 endpoint that knows the keys of the first two, on loopback in this
// process. It is stateful, holds example data, answers with the vendors' own
// quirks, and produces on demand the failures that a rotation must survive.
package sandbox

import (
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/credctl/credctl/internal/sandbox/control"
)

// Sandbox is the four vendors, running. Its methods may be called from any goroutine.
type Sandbox struct {
	opts    Options
	now     func() time.Time
	started time.Time
	random  *source // IDs and secrets of what requests make
	trace   *source // request IDs
	ticks   atomic.Int64
	faults  faultSet
	journal transcript
	log     *slog.Logger

	medianova *medianova
	katapult  *katapult
	losant    *losant
	stratum   *stratum
	s3        *s3

	hosts   []*host
	servers []*http.Server
	stopped chan struct{} // closed when a process that knows the control asks for it
	stop    func()
}

// Start starts a sandbox, which listens when Start returns. The caller closes it.
func Start(opts Options) (*Sandbox, error) {
	s, err := build(opts)
	if err != nil {
		return nil, err
	}
	listeners, err := listen(opts.Addr, len(s.hosts))
	if err != nil {
		return nil, err
	}
	for i, h := range s.hosts {
		h.addr = listeners[i].Addr().String()
	}
	for i, h := range s.hosts {
		var handler http.Handler = h
		if i == 0 {
			handler = control.Handler(opts.Control, s.stop, h)
		}
		srv := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
		s.servers = append(s.servers, srv)
		go func() { _ = srv.Serve(listeners[i]) }() // its only error is that it was closed
	}
	return s, nil
}

// build creates the vendors and their example data.
func build(opts Options) (*Sandbox, error) {
	s := &Sandbox{opts: opts, now: opts.Now, log: opts.Log, random: secureSource(), trace: secureSource()}
	s.stopped = make(chan struct{})
	s.stop = sync.OnceFunc(func() { close(s.stopped) })
	if s.now == nil {
		s.now = time.Now
	}
	s.started = s.now()
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if opts.Deterministic {
		s.random, s.trace = seededSource("issued"), seededSource("trace")
	}
	s.journal.keep = opts.Transcript
	if s.journal.keep <= 0 {
		s.journal.keep = 10_000
	}
	for _, f := range opts.Faults {
		if err := s.AddFault(f); err != nil {
			return nil, err
		}
	}
	var err error
	if s.medianova, err = newMedianova(s); err != nil {
		return nil, err
	}
	s.katapult = newKatapult(s)
	if s.losant, err = newLosant(s); err != nil {
		return nil, err
	}
	s.stratum = newStratum(s)
	s.s3 = newS3(s)
	s.hosts = []*host{
		{sandbox: s, name: "medianova", vendor: s.medianova},
		{sandbox: s, name: "katapult", vendor: s.katapult},
		{sandbox: s, name: "losant", vendor: s.losant},
		{sandbox: s, name: "stratum", vendor: s.stratum},
		{sandbox: s, name: "s3", vendor: s.s3},
	}
	return s, nil
}

// Stopped returns a channel that is closed when another process stops the sandbox.
// The caller then closes it.
func (s *Sandbox) Stopped() <-chan struct{} { return s.stopped }

// Servers returns the address of each server as host:port.
func (s *Sandbox) Servers() (all []string) {
	for _, h := range s.hosts {
		all = append(all, h.addr)
	}
	return all
}

// Close closes all listeners and connections immediately.
func (s *Sandbox) Close() error {
	var errs []error
	for _, srv := range s.servers {
		errs = append(errs, srv.Close())
	}
	return errors.Join(errs...)
}

// URL returns the origin of a vendor's API, or of the S3 endpoint for the name s3,
// without a path. It is empty for an unknown name.
func (s *Sandbox) URL(vendor string) string {
	if h := s.host(vendor); h != nil {
		return "http://" + h.addr
	}
	return ""
}

func (s *Sandbox) host(vendor string) *host {
	i := slices.IndexFunc(s.hosts, func(h *host) bool { return h.name == vendor })
	if i < 0 {
		return nil
	}
	return s.hosts[i]
}

// Env returns the environment with which credctl uses this sandbox, as sorted
// KEY=VALUE.
func (s *Sandbox) Env() []string {
	env := []string{
		"CREDCTL_MEDIANOVA_BASE_URL=" + s.URL("medianova"),
		"CREDCTL_MEDIANOVA_ORG=" + medianovaOrg,
		"CREDCTL_MEDIANOVA_S3_ENDPOINT=" + s.URL("s3"),
		"MEDIANOVA_ORG=" + medianovaOrg,
		"MEDIANOVA_S3_ENDPOINT=" + s.URL("s3"),
		"MEDIANOVA_TOKEN=" + MedianovaToken,
		"CREDCTL_KATAPULT_BASE_URL=" + s.URL("katapult"),
		"CREDCTL_KATAPULT_ORG=" + katapultSubDomain,
		"CREDCTL_KATAPULT_REGION=" + katapultRegion,
		"KATAPULT_API_TOKEN=" + KatapultToken,
		"KATAPULT_ORGANIZATION=" + katapultSubDomain,
		"CREDCTL_LOSANT_APPLICATION=" + losantApplication,
		"CREDCTL_LOSANT_BASE_URL=" + s.URL("losant"),
		"LOSANT_API_TOKEN=" + LosantToken,
		"LOSANT_API_URL=" + s.URL("losant"),
		"LOSANT_APPLICATION_ID=" + losantApplication,
		"CREDCTL_STRATUM_BASE_URL=" + s.URL("stratum"),
		"CREDCTL_STRATUM_TENANT=" + stratumTenant,
		"STRATUM_API_KEY=" + StratumOperatorKey,
		"STRATUM_BASE_URL=" + s.URL("stratum"),
		"STRATUM_TENANT_ID=" + stratumTenant,
	}
	slices.Sort(env)
	return env
}

// Variables returns the names of the variables that [Sandbox.Env] sets.
func Variables() (names []string) {
	for _, kv := range (&Sandbox{}).Env() {
		name, _, _ := strings.Cut(kv, "=")
		names = append(names, name)
	}
	return names
}

// AddFault puts a fault in force, behind those already there: the first that matches a request strikes.
func (s *Sandbox) AddFault(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	s.faults.add(f)
	return nil
}

// ClearFaults ends every fault.
func (s *Sandbox) ClearFaults() { s.faults.clear() }

// Requests is the transcript of a vendor, or of all with "", oldest first.
// A request that is still being answered has status 0.
func (s *Sandbox) Requests(vendor string) []Request { return s.journal.list(vendor) }

// Credentials is every credential that a vendor holds or ever held, oldest first.
func (s *Sandbox) Credentials(vendor string) []Credential {
	if h := s.host(vendor); h != nil {
		return h.vendor.credentials()
	}
	return nil
}

// Authenticates says whether a live credential has this secret: an S3 access key
// ID with its secret key, or a Stratum key with the other argument empty. What the
// S3 endpoint has not yet learned counts as live.
func (s *Sandbox) Authenticates(key, secret string) bool {
	if pair, ok := s.s3.find(key); ok {
		return secret != "" && pair.secret == secret
	}
	return s.stratum.accepts(key+secret) && (key == "" || secret == "")
}

// stamp is the time that a vendor reports for something that happens now.
func (s *Sandbox) stamp() time.Time {
	if s.opts.Deterministic {
		return time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(s.ticks.Add(1)) * time.Second)
	}
	return s.now().UTC()
}

// used is the time that a vendor reports for a use that happens now. In a
// deterministic sandbox it is as far from the others as the uses are.
func (s *Sandbox) used() time.Time {
	if s.opts.Deterministic {
		return time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC).Add(s.now().Sub(s.started))
	}
	return s.now().UTC()
}
