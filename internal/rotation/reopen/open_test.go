package reopen

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// A place takes secrets, and returns none.
type place struct{ full error }

func (place) String() string                                      { return "place" }
func (place) Spec() string                                        { return "place" }
func (p place) Check(context.Context) error                       { return p.full }
func (place) Write(context.Context, provider.Credential) error    { return nil }
func (place) Proof() deliver.Proof                                { return deliver.ByStamp }
func (place) ReadBack(context.Context, provider.Credential) error { return deliver.ErrNoReadBack }
func (place) Current(context.Context) (string, provider.Secret, error) {
	return "", provider.Secret{}, deliver.ErrNoReadBack
}

// opened is the run of an operation, whose vendor is counted when it is opened.
func opened(op *oplog.OpState, opens *int) *run.Run {
	return &run.Run{Op: op, Env: run.Env{
		Report:      func(run.Notice) {},
		Destination: func(string, oplog.Subject, bool) (deliver.Destination, error) { return place{errors.New("full")}, nil },
		Open: func(context.Context, oplog.Subject, provider.Secret) (provider.Service, provider.Input, error) {
			*opens++
			return "as it began", provider.Input{}, nil
		},
	}}
}

// Whoever waives the verification in a later run keeps the old credential for a day, where
// nothing else proves that the new credential is in use, unless something else was asked for.
func TestAVerificationThatIsGivenUpKeepsTheOldCredential(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*oplog.OpState, *Asked)
		want   time.Duration
	}{
		"not verified":             {func(*oplog.OpState, *Asked) {}, UnprovedGrace},
		"verified before":          {func(s *oplog.OpState, _ *Asked) { s.Verified = true }, 0},
		"in place":                 {func(s *oplog.OpState, _ *Asked) { s.Strategy = oplog.Rotate }, 0},
		"another time is given":    {func(_ *oplog.OpState, q *Asked) { q.Grace = time.Hour }, time.Hour},
		"at once, as it is asked":  {func(_ *oplog.OpState, q *Asked) { q.NoGrace = true }, 0},
		"it was so from the begin": {func(s *oplog.OpState, _ *Asked) { s.Options.Verify = "none" }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := &oplog.OpState{ID: "op", Strategy: oplog.Replace, Options: oplog.Options{To: []string{"place"}}}
			q := Asked{Options: oplog.Options{Verify: "none"}, Service: "as it is now"}
			c.change(s, &q)
			got, err := open(t.Context(), opened(s, new(int)), q)
			require.NoError(t, err)
			assert.Equal(t, c.want, got.Options.Grace)
		})
	}
}

// A request that is looked for keeps the parameters that it was sent with; the vendor is
// opened as it was then where the later run means another account, or opened none.
func TestTheVendorIsOpenedAsItWas(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*oplog.OpState, *Asked)
		opens  int
		then   bool // the service is that with which the operation began
	}{
		"the same":                         {func(*oplog.OpState, *Asked) {}, 0, false},
		"none is open":                     {func(_ *oplog.OpState, q *Asked) { q.Service = nil }, 1, true},
		"by the ID of its new credential":  {func(_ *oplog.OpState, q *Asked) { q.ID = "new" }, 1, true},
		"in another account":               {func(_ *oplog.OpState, q *Asked) { q.Settings = map[string]string{"org": "b"} }, 1, true},
		"with other parameters":            {func(_ *oplog.OpState, q *Asked) { q.Params = map[string]string{"role": "b"} }, 1, false},
		"and it was issued with the first": {func(s *oplog.OpState, q *Asked) { q.Params, s.Issued = map[string]string{"role": "b"}, true }, 0, false},
		"and in place there are none":      {func(s *oplog.OpState, q *Asked) { q.Params, s.Strategy = map[string]string{"role": "b"}, oplog.Rotate }, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			subject := oplog.Subject{Provider: "acme", Kind: "key", ID: "old", Bound: true, Settings: map[string]string{"org": "a"}, Params: map[string]string{"role": "a"}}
			s, q := &oplog.OpState{ID: "op", Strategy: oplog.Replace, Subject: subject}, Asked{Subject: subject, Service: "as it is now"}
			c.change(s, &q)
			opens := 0
			r := opened(s, &opens)
			_, err := open(t.Context(), r, q)
			require.NoError(t, err)
			assert.Equal(t, c.opens, opens)
			assert.Equal(t, map[bool]provider.Service{true: "as it began", false: "as it is now"}[c.then], r.Service)
		})
	}
}

// What was issued is delivered to what can be written: destinations keep back only what was
// not issued yet.
func TestDestinationsAreCheckedBeforeTheRequest(t *testing.T) {
	for name, c := range map[string]func(*oplog.OpState, *Asked){
		"to abort":  func(_ *oplog.OpState, q *Asked) { q.Abort = true },
		"issued":    func(s *oplog.OpState, _ *Asked) { s.Issued = true },
		"aborting":  func(s *oplog.OpState, _ *Asked) { s.Aborting = "why" },
		"created":   func(s *oplog.OpState, _ *Asked) { s.Strategy = oplog.Create },
		"delivered": func(s *oplog.OpState, _ *Asked) { s.Strategy = oplog.Deliver },
	} {
		t.Run(name, func(t *testing.T) {
			s, q := &oplog.OpState{ID: "op", Strategy: oplog.Replace, Options: oplog.Options{To: []string{"place"}}}, Asked{}
			c(s, &q)
			assert.NoError(t, checkPlaces(t.Context(), opened(s, new(int)), q))
		})
	}
}
