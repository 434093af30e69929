package sandbox

import (
	"fmt"
	"time"
)

const (
	stratumTenant  = "7b1e0c52-4d0a-4f6e-9a55-0c1d2e3f4a01" // Acme Corp
	stratumStaging = "7b1e0c52-4d0a-4f6e-9a55-0c1d2e3f4a02" // below Acme Corp
	stratumGlobex  = "7b1e0c52-4d0a-4f6e-9a55-0c1d2e3f4a03"
)

var stratumFounded = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

func newStratum(s *Sandbox) *stratum {
	v := &stratum{s: s, byID: map[string]*stratumKey{}, bySecret: map[string]*stratumKey{}, addresses: map[string]*window{}}
	v.tenants = []stratumTenantRow{
		{stratumTenant, "", "Acme Corp", "acme", "acme"},
		{stratumStaging, stratumTenant, "Acme Staging", "acme_staging", "acme.acme_staging"},
		{stratumGlobex, "", "Globex", "globex", "globex"},
	}
	at := func(month time.Month, day int) *time.Time {
		t := time.Date(2026, month, day, 8, 30, 0, 0, time.UTC)
		return &t
	}
	seeds := seededSource("stratum")
	for i := range s.opts.Count {
		name := fmt.Sprintf("seed-%06d", i+1)
		v.insert(&stratumKey{
			id: fmt.Sprintf("00000000-0000-4000-8000-%012x", i+1), tenant: stratumTenant, name: &name, scopes: []string{"read", "write"},
			secret: "sk_test_" + seeds.text(43, base64url), created: stratumFounded.Add(time.Duration(i) * time.Millisecond), seeded: true,
		})
	}
	named := func(id, tenant, name, secret string, scopes []string, created, lastUsed, revoked, expires *time.Time) {
		v.insert(&stratumKey{id: id, tenant: tenant, name: &name, secret: secret, scopes: scopes, created: *created, lastUsed: lastUsed, revoked: revoked, expires: expires, seeded: true})
	}
	secret := func() string { return "sk_test_" + seeds.text(43, base64url) }
	rw := []string{"read", "write"}
	named("3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f500", "", "Operator", StratumOperatorKey, []string{"admin"}, at(1, 5), at(9, 1), nil, nil)
	named("3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f501", stratumTenant, "ci-deploy", secret(), rw, at(2, 10), at(8, 30), nil, nil)
	named("3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f502", stratumTenant, "old-ci", secret(), rw, at(2, 14), at(3, 2), at(3, 3), nil)
	named("3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f503", stratumTenant, "contractor", secret(), rw, at(3, 20), at(5, 29), nil, at(6, 1))
	named("3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f504", stratumTenant, "backup-job", secret(), rw, at(4, 25), nil, nil, nil)
	return v
}
