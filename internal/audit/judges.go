package audit

import (
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
)

// A Verdict is what a rule finds.
type Verdict struct {
	Message string
	Since   time.Time     // when it became so; zero: unknown
	Score   float64       // in place of that of the rule; zero: that of the rule
	Fix     provider.Verb // what repairs it; "": nothing that credctl can do
}

// days writes how many whole days d has.
func days(d time.Duration) string {
	if n := int(d / duration.Day); n != 1 {
		return fmt.Sprintf("%d days", n)
	}
	return "1 day"
}

func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// tooOld judges what is not about to be deleted: the old credential of a rotation is
// judged by its deletion.
func tooOld(s *Subject) *Verdict {
	age, known := s.age()
	limit := s.maxAge()
	if !s.Active || !known || s.InGrace || age <= limit {
		return nil
	}
	v := &Verdict{Message: fmt.Sprintf("%s old (limit: %s)", days(age), days(limit)), Since: s.Since.Add(limit), Fix: provider.Rotate}
	if s.Basis == FromSeen {
		v.Message = "at least " + v.Message
	}
	if age >= 2*limit {
		v.Score = 9.1
	}
	return v
}

func expiredPresent(s *Subject) *Verdict {
	expired := s.Expired || !s.Expires.IsZero() && !s.Expires.After(s.now())
	if !expired || s.Revoked {
		return nil
	}
	v := &Verdict{Message: "expired", Since: s.Expires, Fix: provider.Delete}
	if !s.Expires.IsZero() {
		v.Message = "expired on " + date(s.Expires)
	}
	return v
}

func expiresSoon(s *Subject) *Verdict {
	left := s.Expires.Sub(s.now())
	planned := !s.Due.IsZero() && s.Due.Before(s.Expires) || s.InGrace && s.Retires.Before(s.Expires)
	if !s.Active || s.Expires.IsZero() || left >= expiresIn || planned || reports(s.Details, Certificate.Certificate) {
		return nil
	}
	v := &Verdict{Message: fmt.Sprintf("expires on %s, in %s", date(s.Expires), days(left)), Since: s.Expires.Add(-expiresIn), Fix: provider.Rotate}
	if left < expiresNow {
		v.Score = 7.0
	}
	return v
}

func neverExpires(s *Subject) *Verdict {
	if !s.Active || !s.Expires.IsZero() || !reports(s.Details, Expiring.CanExpire) {
		return nil
	}
	return &Verdict{Message: "has no expiry", Since: s.Created, Fix: provider.Rotate}
}

// unused judges only what has existed for the whole period.
func unused(s *Subject) *Verdict {
	age, known := s.age()
	idle := s.now().Sub(s.LastUsed)
	if !s.Active || s.LastUsed.IsZero() || idle <= maxUnused || known && age <= maxUnused {
		return nil
	}
	return &Verdict{Message: fmt.Sprintf("last used %s ago, on %s", days(idle), date(s.LastUsed)), Since: s.LastUsed.Add(maxUnused), Fix: provider.Delete}
}

func neverUsed(s *Subject) *Verdict {
	age, known := s.age()
	if !s.Active || !s.LastUsed.IsZero() || s.Use != UseByVendor || !known || age <= maxUnused {
		return nil
	}
	return &Verdict{Message: "never used in " + days(age), Since: s.Since.Add(maxUnused), Fix: provider.Delete}
}

func unknownAge(s *Subject) *Verdict {
	if age, known := s.age(); !s.Active || s.Basis == FromCreated || known && age > s.maxAge() {
		return nil
	}
	v := &Verdict{Message: "age unknown: credctl had not seen it before"}
	if s.Basis == FromSeen {
		v.Message = "age unknown (first seen on " + date(s.Since) + ")"
	}
	return v
}

func tooBroad(s *Subject) *Verdict {
	what := says(s.Details, Broad.TooBroad)
	if !s.Active || what == "" {
		return nil
	}
	return &Verdict{Message: what, Since: s.Created}
}

func inlineSecret(s *Subject) *Verdict {
	what := says(s.Details, Readable.ReadableSecret)
	if !s.Live() || what == "" {
		return nil
	}
	return &Verdict{Message: what + " is shown to everybody who can list the credential", Since: s.Created, Fix: provider.Rotate}
}

func certFailing(s *Subject) *Verdict {
	left := s.Expires.Sub(s.now())
	switch {
	case s.Status == "issue_failed":
		return &Verdict{Message: "the certificate could not be issued"}
	case s.Active && reports(s.Details, Certificate.Certificate) && !s.Expires.IsZero() && left < certificate:
		return &Verdict{Message: fmt.Sprintf("the certificate expires on %s, in %s", date(s.Expires), days(left)), Since: s.Expires.Add(-certificate)}
	}
	return nil
}

// duplicateName finds the second credential of a name, and all that follow.
func duplicateName(s *Subject) *Verdict {
	if !s.Active || s.Name == "" || s.auditor.firstOfName(s) {
		return nil
	}
	return &Verdict{Message: "another " + setting.KindNoun(s.Kind) + " has the same name"}
}

func leaked(s *Subject) *Verdict {
	where := s.auditor.facts.Leaked(s.Credential)
	if !s.Live() || where == "" {
		return nil
	}
	return &Verdict{Message: "found by the leak scanner in " + where, Fix: provider.Rotate}
}
