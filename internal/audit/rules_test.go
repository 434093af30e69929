package audit

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/audit/ledger"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

var now = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// ago is a time so many days before now; a negative number is after it.
func ago(days int) time.Time { return now.AddDate(0, 0, -days) }

// facts are those of a credential that nothing else is known of.
func facts() Facts {
	nothing, _ := ledger.Read(journal.Index{})
	return Facts{
		Now: now, Journal: nothing,
		Judged:    func(string) bool { return true },
		FirstSeen: func(journal.Ref) time.Time { return time.Time{} },
		Updated:   func(journal.Ref) time.Time { return time.Time{} },
		Drifted:   func(journal.Ref) []string { return nil },
		TellsUse:  func(string, string) bool { return false },
		Kinds:     func(string) []string { return []string{"key"} },
		Leaked:    func(*provider.Credential) string { return "" },
		Command: func(r journal.Ref, v provider.Verb) string {
			return "credctl " + r.Provider + " " + string(v) + " " + r.ID
		},
	}
}

// a record says everything that the details of a vendor may say.
type record struct {
	broad, readable          string
	certificate, expiry, use bool
}

func (r *record) TooBroad() string       { return r.broad }
func (r *record) ReadableSecret() string { return r.readable }
func (r *record) Certificate() bool      { return r.certificate }
func (r *record) CanExpire() bool        { return r.expiry }
func (r *record) RecordsUse() bool       { return r.use }

func credential(change func(c *provider.Credential)) *provider.Credential {
	c := &provider.Credential{Provider: "acme", Kind: "key", ID: "k1", Name: "web", Status: "active", Created: ago(10)}
	change(c)
	return c
}

// found returns the rules that find something, with their severities and messages.
func found(findings []Finding) map[string]string {
	all := map[string]string{}
	for _, f := range findings {
		all[f.Rule.ID] = f.Severity.String() + ": " + f.Message
	}
	return all
}

func TestRulesOfACredential(t *testing.T) {
	managed := func(f *Facts) {
		f.Policy = Policy{{Ref: journal.Ref{Provider: "acme", Kind: "key", ID: "k1"}, Name: "web", MaxAge: ago(0).Sub(ago(200)), Grace: 24 * time.Hour}}
	}
	for name, x := range map[string]struct {
		c     func(c *provider.Credential)
		facts func(f *Facts)
		want  map[string]string
	}{
		"a new one":               {c: func(*provider.Credential) {}},
		"at the limit":            {c: func(c *provider.Credential) { c.Created = ago(90) }},
		"past the limit":          {c: func(c *provider.Credential) { c.Created = ago(91) }, want: map[string]string{"CRD001": "high: 91 days old (limit: 90 days)"}},
		"at twice the limit":      {c: func(c *provider.Credential) { c.Created = ago(180) }, want: map[string]string{"CRD001": "critical: 180 days old (limit: 90 days)"}},
		"revoked ones do not age": {c: func(c *provider.Credential) { c.Created, c.Status, c.Revoked = ago(400), "revoked", true }},
		"expired ones do not age": {
			c: func(c *provider.Credential) {
				c.Created, c.Expires, c.Status, c.Expired = ago(400), ago(3), "expired", true
			},
			want: map[string]string{"CRD002": "low: expired on 2026-11-27"},
		},
		"expired, and not yet said so": {c: func(c *provider.Credential) { c.Expires = ago(1) }, want: map[string]string{"CRD002": "low: expired on 2026-11-29"}},
		"revoked before it expired":    {c: func(c *provider.Credential) { c.Expires, c.Revoked, c.Status = ago(1), true, "revoked" }},
		"disabled ones do not age":     {c: func(c *provider.Credential) { c.Created, c.Status = ago(400), "disabled" }},
		"pending ones do not age":      {c: func(c *provider.Credential) { c.Created, c.Status = ago(400), "pending" }},
		"the policy's limit":           {c: func(c *provider.Credential) { c.Created = ago(150) }, facts: managed},
		"past the policy's limit":      {c: func(c *provider.Credential) { c.Created = ago(201) }, facts: managed, want: map[string]string{"CRD001": "high: 201 days old (limit: 200 days)"}},
		"an expiry far away is no age": {c: func(c *provider.Credential) { c.Created, c.Expires = ago(2000), ago(-20000) }, want: map[string]string{"CRD001": "critical: 2000 days old (limit: 90 days)"}},
		"seen 10 days ago": {
			c: func(c *provider.Credential) { c.Created = time.Time{} }, facts: func(f *Facts) { f.FirstSeen = func(journal.Ref) time.Time { return ago(10) } },
			want: map[string]string{"CRD012": "note: age unknown (first seen on 2026-11-20)"},
		},
		"seen 100 days ago": {
			c: func(c *provider.Credential) { c.Created = time.Time{} }, facts: func(f *Facts) { f.FirstSeen = func(journal.Ref) time.Time { return ago(100) } },
			want: map[string]string{"CRD001": "high: at least 100 days old (limit: 90 days)"},
		},
		"expires in 15 days":         {c: func(c *provider.Credential) { c.Expires = ago(-15) }},
		"expires in 13 days":         {c: func(c *provider.Credential) { c.Expires = ago(-13) }, want: map[string]string{"CRD003": "medium: expires on 2026-12-13, in 13 days"}},
		"expires in 2 days":          {c: func(c *provider.Credential) { c.Expires = ago(-2) }, want: map[string]string{"CRD003": "high: expires on 2026-12-02, in 2 days"}},
		"expires after its rotation": {c: func(c *provider.Credential) { c.Created, c.Expires = ago(195), ago(-13) }, facts: managed},
		"expires before its rotation": {
			c: func(c *provider.Credential) { c.Expires = ago(-13) }, facts: managed, want: map[string]string{"CRD003": "medium: expires on 2026-12-13, in 13 days"},
		},
		"a certificate is judged by one rule": {
			c:    func(c *provider.Credential) { c.Expires, c.Details = ago(-13), &record{certificate: true} },
			want: map[string]string{"CRD017": "medium: the certificate expires on 2026-12-13, in 13 days"},
		},
		"a certificate of 31 days": {c: func(c *provider.Credential) { c.Expires, c.Details = ago(-31), &record{certificate: true} }},
		"a certificate not issued": {c: func(c *provider.Credential) { c.Status = "issue_failed" }, want: map[string]string{"CRD017": "medium: the certificate could not be issued"}},
		"could expire":             {c: func(c *provider.Credential) { c.Details = &record{expiry: true} }, want: map[string]string{"CRD004": "low: has no expiry"}},
		"could and does expire":    {c: func(c *provider.Credential) { c.Details, c.Expires = &record{expiry: true}, ago(-40) }},
		"used 45 days ago":         {c: func(c *provider.Credential) { c.Created, c.LastUsed = ago(80), ago(45) }},
		"used 46 days ago": {
			c:    func(c *provider.Credential) { c.Created, c.LastUsed = ago(80), ago(46) },
			want: map[string]string{"CRD005": "medium: last used 46 days ago, on 2026-10-15"},
		},
		"used before it was made, and new": {c: func(c *provider.Credential) { c.Created, c.LastUsed = ago(3), ago(60) }},
		"never used":                       {c: func(c *provider.Credential) { c.Created, c.Details = ago(46), &record{use: true} }, want: map[string]string{"CRD006": "low: never used in 46 days"}},
		"never used, and new":              {c: func(c *provider.Credential) { c.Created, c.Details = ago(44), &record{use: true} }},
		"no use is reported":               {c: func(c *provider.Credential) { c.Created = ago(80) }},
		"the last use is unreliable":       {c: func(c *provider.Credential) { c.Created = ago(80) }, facts: func(f *Facts) { f.TellsUse = func(string, string) bool { return true } }},
		"broad":                            {c: func(c *provider.Credential) { c.Details = &record{broad: "may do everything"} }, want: map[string]string{"CRD008": "medium: may do everything"}},
		"readable":                         {c: func(c *provider.Credential) { c.Details = &record{readable: "url"} }, want: map[string]string{"CRD016": "medium: url is shown to everybody who can list the credential"}},
		"not in the inventory": {
			c: func(*provider.Credential) {}, facts: func(f *Facts) { f.Inventory = &Inventory{} }, want: map[string]string{"CRD009": "low: not in the inventory"},
		},
		"the inventory lacks values": {
			c: func(*provider.Credential) {},
			facts: func(f *Facts) {
				f.Inventory = &Inventory{Credentials: []Entry{{Ref: journal.Ref{Provider: "acme", ID: "k1"}, Owner: "me"}}}
			},
			want: map[string]string{"CRD009": "low: the inventory lacks purpose, review date"},
		},
		"the review is today": {
			c: func(*provider.Credential) {},
			facts: func(f *Facts) {
				f.Inventory = &Inventory{Credentials: []Entry{{Ref: journal.Ref{Provider: "acme", ID: "k1"}, Owner: "me", Purpose: "x", Review: now.Truncate(24 * time.Hour)}}}
			},
		},
		"the review was yesterday": {
			c: func(*provider.Credential) {},
			facts: func(f *Facts) {
				f.Inventory = &Inventory{Credentials: []Entry{{Ref: journal.Ref{Provider: "acme", ID: "k1"}, Owner: "me", Purpose: "x", Review: ago(1).Truncate(24 * time.Hour)}}}
			},
			want: map[string]string{"CRD009": "low: the review was due on 2026-11-29, by me"},
		},
		"in no policy": {c: func(c *provider.Credential) { c.ID = "k2" }, facts: managed, want: map[string]string{"CRD010": "note: in no policy and not in the inventory"}},
		"leaked": {
			c: func(*provider.Credential) {}, facts: func(f *Facts) { f.Leaked = func(*provider.Credential) string { return "git.json" } },
			want: map[string]string{"CRD019": "critical: found by the leak scanner in git.json"},
		},
		"leaked and revoked": {
			c: func(c *provider.Credential) { c.Revoked = true }, facts: func(f *Facts) { f.Leaked = func(*provider.Credential) string { return "git.json" } },
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := facts()
			if x.facts != nil {
				x.facts(&f)
			}
			_, got := New(f).Judge(credential(x.c))
			if x.want == nil {
				x.want = map[string]string{}
			}
			assert.Equal(t, x.want, found(got))
		})
	}
}

func TestTheSecondOfANameIsFound(t *testing.T) {
	a := New(facts())
	for i, want := range []map[string]string{{}, {"CRD015": "note: another key has the same name"}} {
		_, got := a.Judge(credential(func(c *provider.Credential) { c.ID = string(rune('a' + i)) }))
		assert.Equal(t, want, found(got))
	}
	_, got := a.Judge(credential(func(c *provider.Credential) { c.Kind = "token" }))
	assert.Empty(t, got, "of another kind")
	_, got = a.Judge(credential(func(c *provider.Credential) { c.Name = "" }))
	assert.Empty(t, got)
}

// TestTheTableOfRulesIsWhole: help, documentation and reports are made from it.
func TestTheTableOfRulesIsWhole(t *testing.T) {
	names := map[string]bool{}
	for i, r := range Rules() {
		assert.Equal(t, "CRD"+string([]byte{'0', byte('0' + (i+1)/10), byte('0' + (i+1)%10)}), r.ID)
		assert.Regexp(t, `^[a-z]+(-[a-z]+)*$`, r.Name)
		assert.False(t, names[r.Name], r.Name)
		names[r.Name] = true
		assert.NotEmpty(t, r.Title, r.ID)
		assert.NotRegexp(t, `\.$`, r.Title, r.ID)
		assert.NotEmpty(t, r.Help, r.ID)
		assert.LessOrEqual(t, len(r.Title)+len(r.Help), 1000, r.ID)
		assert.Greater(t, r.Score, 0.0, r.ID)
		assert.LessOrEqual(t, r.Score, 10.0, r.ID)
		assert.NotEqual(t, 9.0, r.Score, "GitHub leaves open what it is")
		assert.NotEqual(t, r.judge == nil, r.inspect == nil, r.ID)
		for _, anchor := range r.Anchors {
			assert.Regexp(t, `v\d|r5|4\.0\.1`, anchor, "a control has a version")
		}
	}
	_, ok := Find("CRD000")
	assert.False(t, ok)
	for i, name := range Severities() {
		s, err := ParseSeverity(name)
		require.NoError(t, err)
		assert.Equal(t, Severity(i), s)
	}
	_, err := ParseSeverity("urgent")
	require.ErrorIs(t, err, provider.ErrUsage)
}
