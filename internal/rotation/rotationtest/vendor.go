// Package rotationtest is a vendor, destinations and an engine in memory, for tests
// of rotations.
package rotationtest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// A Vendor is one in memory, with faults.
type Vendor struct {
	Now       func() time.Time
	All       []*Held // the newest first
	N         int
	Calls     []string                        // what changed something, and was sent
	Reads     map[string]int                  // by verb: what changes nothing, and was sent
	Faults    map[string][]Fault              // by verb, one for each call
	Wait      time.Duration                   // until a new secret works
	Drift     func(*provider.Credential)      // what the vendor does not carry over
	VerifyAs  func(provider.Credential) error // instead
	Unstamped bool                            // the use of credentials is not recorded
}

// A Held credential is one that the vendor has, or had.
type Held struct {
	provider.Credential

	Secret     string
	Before     string // a secret that was replaced in place
	Deleted    time.Time
	WorksFrom  time.Time
	Foreign    bool
	StillWorks bool // its secret keeps working when it was deleted
}

// A Fault is what happens to one call.
type Fault struct {
	Committed bool // it was carried out anyway
	Err       error
	Silent    bool // a success without a secret
	Nameless  bool // a success without an ID
	Keyless   bool // one without an access key ID
	Idle      bool // a success, though nothing was done
}

// What vendors answer.
var (
	ErrLost    = provider.WithClass(provider.ErrUnknown, errors.New("POST /keys: no answer: connection reset"))
	ErrDown    = provider.WithClass(provider.ErrUnavailable, errors.New("503 service unavailable"))
	ErrLimit   = provider.WithClass(provider.ErrConflict, errors.New("422 quota_exceeded"))
	ErrNoRight = provider.WithClass(provider.ErrDenied, errors.New("403 forbidden"))
)

func (v *Vendor) fault(verb string) Fault {
	q := v.Faults[verb]
	if len(q) == 0 {
		return Fault{}
	}
	v.Faults[verb] = q[1:]
	return q[0]
}

// Find returns the credential with this ID, unless it was deleted.
func (v *Vendor) Find(id string) *Held {
	for _, h := range v.All {
		if h.ID == id && h.Deleted.IsZero() {
			return h
		}
	}
	return nil
}

// Add makes a credential that is like another.
func (v *Vendor) Add(like provider.Credential) *Held {
	v.N++
	h := &Held{Credential: like, Secret: fmt.Sprintf("s3cret-%d$", v.N), WorksFrom: v.Now().Add(v.Wait)}
	h.ID, h.Key, h.Created, h.Provider, h.Kind = fmt.Sprintf("id-%d", v.N), fmt.Sprintf("AKIA%d", v.N), v.Now(), "acme", "key"
	v.All = append([]*Held{h}, v.All...)
	return h
}

func (h *Held) answer() provider.Credential {
	c := h.Credential
	c.Secret = provider.NewSecret(h.Secret)
	return c
}

// Base is a service that reads, deletes and verifies.
type Base struct{ *Vendor }

// List lists what was not deleted.
func (v Base) List(context.Context, provider.Input) iter.Seq2[provider.Credential, error] {
	return func(yield func(provider.Credential, error) bool) {
		v.Reads["list"]++
		v.use()
		if f := v.fault("list"); f.Err != nil {
			yield(provider.Credential{}, f.Err)
			return
		}
		for _, h := range v.All {
			if h.Deleted.IsZero() && !yield(h.Credential, nil) {
				return
			}
		}
	}
}

// ClockAhead is that the clocks agree.
func (v Base) ClockAhead() (time.Duration, bool) { return 0, true }

// use records that the last credential, with which all requests are signed, was used.
func (v *Vendor) use() {
	if !v.Unstamped && len(v.All) > 1 {
		v.All[len(v.All)-2].LastUsed = v.Now().Add(time.Millisecond) // requests take time
	}
}

// Get returns one of those.
func (v Base) Get(_ context.Context, id string) (provider.Credential, error) {
	v.Reads["get"]++
	if f := v.fault("get"); f.Err != nil {
		return provider.Credential{}, f.Err
	}
	if h := v.Find(id); h != nil {
		return h.Credential, nil
	}
	return provider.Credential{}, provider.WithClass(provider.ErrNotFound, errors.New("404 not found"))
}

// Delete deletes a credential.
func (v Base) Delete(_ context.Context, id string) error {
	v.Calls = append(v.Calls, "delete "+id)
	f := v.fault("delete")
	if f.Err != nil && !f.Committed || f.Idle {
		return f.Err
	}
	h := v.Find(id)
	if h == nil {
		return provider.WithClass(provider.ErrNotFound, errors.New("404 not found"))
	}
	h.Deleted = v.Now()
	return f.Err
}

// Verify tries a secret.
func (v Base) Verify(_ context.Context, c provider.Credential) error {
	if f := v.fault("verify"); f.Err != nil {
		return f.Err
	}
	if v.VerifyAs != nil {
		return v.VerifyAs(c)
	}
	return v.Works(c.Key, c.Secret.Reveal())
}

// Works is what the vendor says to a request that is signed so.
func (v *Vendor) Works(key, secret string) error {
	for _, h := range v.All {
		if h.Key == key && h.Secret == secret {
			switch {
			case !h.Deleted.IsZero() && !h.StillWorks:
				return provider.WithClass(provider.ErrDenied, errors.New("401 revoked"))
			case v.Now().Before(h.WorksFrom):
				return provider.WithClass(provider.ErrPending, errors.New("403 InvalidAccessKeyId"))
			}
			return nil
		}
	}
	return provider.WithClass(provider.ErrDenied, errors.New("403 SignatureDoesNotMatch"))
}
