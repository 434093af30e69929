// Package sandbox serves the APIs of Medianova, Katapult, Losant and Stratum,
// and an S3 endpoint that knows the keys of the first two, on loopback in this
// process. It is stateful, holds example data, answers with the vendors' own
// quirks, and produces on demand the failures that a rotation must survive.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
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
}

// Start makes a sandbox that already listens when it returns. The caller closes it.
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
		srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
		s.servers = append(s.servers, srv)
		go func() { _ = srv.Serve(listeners[i]) }() // it ends with Close, and has nothing else to say
	}
	return s, nil
}

// build makes the vendors and their example data.
func build(opts Options) (*Sandbox, error) {
	s := &Sandbox{opts: opts, now: opts.Now, log: opts.Log, random: secureSource(), trace: secureSource()}
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

// listen opens n loopback listeners, or none.
func listen(addr string, n int) ([]net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	name, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("sandbox: address %q: %w", addr, err)
	}
	if ip := net.ParseIP(name); name != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("sandbox: %q is not a loopback address: the sandbox has no real locks", addr)
	}
	port, err := strconv.Atoi(portText)
	if err != nil || port < 0 || port > 65535-n+1 {
		return nil, fmt.Errorf("sandbox: port %q: want 0 to %d", portText, 65535-n+1)
	}
	var listeners []net.Listener
	for i := range n {
		p := 0
		if port != 0 {
			p = port + i
		}
		var lc net.ListenConfig
		l, err := lc.Listen(context.Background(), "tcp", net.JoinHostPort(name, strconv.Itoa(p)))
		if err != nil {
			for _, open := range listeners {
				_ = open.Close()
			}
			return nil, fmt.Errorf("sandbox: %w", err)
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}

// Close ends every listener and connection at once.
func (s *Sandbox) Close() error {
	var errs []error
	for _, srv := range s.servers {
		errs = append(errs, srv.Close())
	}
	return errors.Join(errs...)
}

// URL is the origin of a vendor's API, or of the S3 endpoint under the name s3,
// without a path. It is empty for a name that the sandbox does not know.
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

// Env is the environment, sorted KEY=VALUE, with which credctl works on this sandbox.
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
