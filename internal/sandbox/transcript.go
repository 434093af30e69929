package sandbox

import (
	"slices"
	"sync"
	"time"
)

// Request is one line of the transcript.
type Request struct {
	Time      time.Time
	Vendor    string
	Verb      string // what it was recognised as: list, get, create, rotate, ...; "other" when as nothing
	Method    string
	Path      string
	Query     string
	Body      string // its first 64 KiB
	ID        string // the credential that it names or makes
	By        string // Stratum and S3: the key that signed it
	Status    int    // what was answered; 0 when nothing was
	Committed bool   // the vendor's state was changed, whatever was answered
	Fault     string // the fault that struck
}

// Credential is a vendor's own view of what it issued, secrets and all.
type Credential struct {
	Vendor    string
	ID        string
	Name      string
	AccessKey string         // S3 kinds: the current pair's ID; Losant aws: accessKeyId
	Secret    string         // the current secret; Losant: its main one
	Config    map[string]any // Losant: the whole config, write-only fields too
	Scopes    []string       // what it may do, in the vendor's words
	Grants    []string       // buckets, as read:NAME and write:NAME
	Subfolder string         // Medianova
	Tenant    string         // Stratum
	RateLimit string         // Stratum: "500 per 1 minute"
	Expires   time.Time      // Stratum
	Live      bool           // it would authenticate: not deleted, revoked, expired, disabled or still without a secret
	Seeded    bool           // example data, not made by a request
	Created   time.Time
}

const transcriptBody = 64 << 10

// transcript keeps the latest requests.
type transcript struct {
	keep    int
	mu      sync.Mutex
	entries []*Request
}

func (t *transcript) begin(r Request) *Request {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.entries) >= 2*t.keep { // halved now and then, so that a long run costs no copying
		t.entries = slices.Clone(t.entries[t.keep:])
	}
	t.entries = append(t.entries, &r)
	return &r
}

func (t *transcript) update(r *Request, change func(*Request)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(r)
}

func (t *transcript) list(vendor string) []Request {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []Request
	for _, r := range t.entries {
		if vendor == "" || r.Vendor == vendor {
			out = append(out, *r)
		}
	}
	return out
}
