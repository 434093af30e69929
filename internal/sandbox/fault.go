package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// The kinds of a fault that is not a mere status.
const (
	CutBefore = "cut-before" // the connection ends before anything is changed
	CutAfter  = "cut-after"  // the change is made, and the connection ends without an answer
	CutBody   = "cut-body"   // the change is made, and the connection ends in mid-body
	HTML      = "html"       // nothing is changed; a login page with status 200
	Redirect  = "redirect"   // nothing is changed; 302 to another host
	Truncate  = "truncate"   // the change is made; half of the body, as if it were the whole
	Garbage   = "garbage"    // the change is made; a 2xx that is not JSON
	NoSecret  = "no-secret"  // the change is made; the 2xx lacks the secret
	Endless   = "endless"    // the change is made; the answer never ends
	Slow      = "slow"       // the change is made; the answer comes after 60 s
)

var faultKinds = []string{CutBefore, CutAfter, CutBody, HTML, Redirect, Truncate, Garbage, NoSecret, Endless, Slow}

// faultVerbs are what each vendor's requests are recognised as.
var faultVerbs = map[string][]string{
	"medianova": {"login", "list", "get", "create", "update", "delete", "buckets", "bucket", "organizations"},
	"katapult":  {"list", "get", "create", "update", "delete", "generate", "organizations", "account", "bucket", "grant"},
	"losant":    {"list", "get", "create", "update", "delete", "generate", "linked", "application"},
	"stratum":   {"list", "dormant", "create", "delete", "rotate", "tenants", "tenant", "role", "roles", "assign", "audit", "health"},
	"s3":        {"buckets", "objects"},
}

// Fault is a failure on demand.
type Fault struct {
	Vendor string // medianova, katapult, losant, stratum, s3, or "*"
	Verb   string // as in Request.Verb, or "*"
	// Status is answered in the vendor's own envelope, and nothing is changed. A 2xx
	// gets the error envelope anyway: Medianova's 200 with status false.
	Status int
	// After makes the change before the status is answered.
	After bool
	// Kind is one of the constants above, in place of a status.
	Kind string
	// Skip is how many requests pass before the fault begins, Times how many it strikes; 0 is every one.
	Skip, Times int
	// RetryAfter is the header of that name; without it an answer has what its vendor documents.
	RetryAfter string
}

// ParseFault reads VENDOR:VERB:KIND[:[SKIP+]TIMES[:WAIT]]. KIND is a
// status, a status with -after when the change is to be made anyway, or a
// kind. Without TIMES the fault strikes every time: "katapult:create:503:2",
// "losant:list:500:1+1" (the second page alone), "stratum:create:502-after", "*:list:429::30".
func ParseFault(text string) (Fault, error) {
	parts := strings.SplitN(text, ":", 5)
	if len(parts) < 3 {
		return Fault{}, fmt.Errorf("fault %q: want VENDOR:VERB:KIND[:[SKIP+]TIMES[:WAIT]]", text)
	}
	f := Fault{Vendor: parts[0], Verb: parts[1]}
	what, after := strings.CutSuffix(parts[2], "-after")
	if n, err := strconv.Atoi(what); err == nil {
		f.Status, f.After = n, after
	} else {
		f.Kind = parts[2]
	}
	if len(parts) > 3 && parts[3] != "" {
		skip, times, found := strings.Cut(parts[3], "+")
		if !found {
			skip, times = "0", skip
		} else if times == "" {
			times = "0"
		}
		var err1, err2 error
		f.Skip, err1 = strconv.Atoi(skip)
		f.Times, err2 = strconv.Atoi(times)
		if err1 != nil || err2 != nil || f.Skip < 0 || f.Times < 0 || !found && f.Times == 0 {
			return Fault{}, fmt.Errorf("fault %q: times %q (valid: N, SKIP+N, SKIP+)", text, parts[3])
		}
	}
	if len(parts) > 4 {
		f.RetryAfter = parts[4]
	}
	if err := f.check(); err != nil {
		return Fault{}, err
	}
	return f, nil
}

// check refuses a fault that could never strike.
func (f Fault) check() error {
	verbs, known := faultVerbs[f.Vendor]
	if f.Vendor == "*" {
		known = true
		for _, of := range faultVerbs {
			verbs = append(verbs, of...)
		}
	}
	switch {
	case !known:
		return fmt.Errorf("fault %s: unknown vendor %q (valid: medianova, katapult, losant, stratum, s3, *)", f, f.Vendor)
	case f.Verb != "*" && !slices.Contains(verbs, f.Verb):
		slices.Sort(verbs)
		return fmt.Errorf("fault %s: unknown verb %q (valid: %s, *)", f, f.Verb, strings.Join(slices.Compact(verbs), ", "))
	case slices.Contains(s3Kinds, f.Kind) && f.Vendor != "s3":
		return fmt.Errorf("fault %s: %s is for s3 only", f, f.Kind)
	case f.Kind != "" && !slices.Contains(faultKinds, f.Kind) && !slices.Contains(s3Kinds, f.Kind):
		return fmt.Errorf("fault %s: unknown kind %q (valid: a status, %s)", f, f.Kind, strings.Join(slices.Concat(faultKinds, s3Kinds), ", "))
	case f.Kind == "" && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("fault %s: invalid status %d (valid: 200 to 599)", f, f.Status)
	}
	return nil
}

// String is the text that ParseFault reads.
func (f Fault) String() string {
	text := f.Vendor + ":" + f.Verb + ":" + f.what()
	switch {
	case f.Skip > 0 && f.Times > 0:
		text += fmt.Sprintf(":%d+%d", f.Skip, f.Times)
	case f.Skip > 0:
		text += fmt.Sprintf(":%d+", f.Skip)
	case f.Times > 0:
		text += fmt.Sprintf(":%d", f.Times)
	case f.RetryAfter != "":
		text += ":"
	}
	if f.RetryAfter != "" {
		text += ":" + f.RetryAfter
	}
	return text
}

func (f Fault) what() string {
	switch {
	case f.Kind != "":
		return f.Kind
	case f.After:
		return strconv.Itoa(f.Status) + "-after"
	}
	return strconv.Itoa(f.Status)
}

// before says that the fault replaces the change.
func (f Fault) before() bool {
	switch f.Kind {
	case CutBefore, HTML, Redirect:
		return true
	case "":
		return !f.After
	}
	return slices.Contains(s3Kinds, f.Kind)
}

// faultSet is the faults in force, and how often each has matched.
type faultSet struct {
	mu    sync.Mutex
	rules []faultRule
}

type faultRule struct {
	Fault
	seen int
}

func (s *faultSet) add(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = append(s.rules, faultRule{Fault: f})
}

func (s *faultSet) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// strike finds the fault for a request, and counts it.
func (s *faultSet) strike(vendor, verb string) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.rules {
		r := &s.rules[i]
		if r.Vendor != "*" && r.Vendor != vendor || r.Verb != "*" && r.Verb != verb {
			continue
		}
		if r.Times > 0 && r.seen >= r.Skip+r.Times {
			continue
		}
		r.seen++
		if r.seen > r.Skip {
			return r.Fault, true
		}
	}
	return Fault{}, false
}
