package sandbox

import (
	"log/slog"
	"time"
)

// The secrets that a fresh sandbox accepts. They open nothing else.
const (
	MedianovaToken     = "sandbox-medianova-bearer-4c1b7e0d"
	MedianovaAPIKey    = "sandbox-medianova-key-9d2f11"
	MedianovaAPISecret = "sandbox-medianova-secret-6a80c3e7"
	KatapultToken      = "sandbox-katapult-token-51f0b2aa" //nolint:gosec // G101: it is made up
	LosantToken        = "sandbox-losant-token-e7c93d04"   //nolint:gosec // G101: it is made up
	StratumOperatorKey = "sk_test_sandboxOperatorKey000000000000000000000000001"
	// StratumBearer is a JWT of the seeded tenant with the admin scope; it is never global.
	StratumBearer = "eyJhbGciOiJIUzI1NiJ9.eyJ0ZW5hbnRfaWQiOiJhY21lIiwic2NvcGVzIjpbImFkbWluIl19.c2FuZGJveC1zaWduYXR1cmU" //nolint:gosec // G101: it is made up
)

// Options say how a sandbox behaves. The zero value is a quiet sandbox on free
// ports that does what the vendors document.
type Options struct {
	// Addr is the loopback host:port of the first listener. Port 0, the default,
	// gives every listener a free port; a port N gives N to N+4 in the order
	// medianova, katapult, losant, stratum, s3.
	Addr string
	// Control is a path at which the first server tells that it runs, and can be
	// stopped; see package control. Empty: neither.
	Control string
	// Latency is added to every answer.
	Latency time.Duration
	// Faults are in force from the start; see AddFault.
	Faults []Fault
	// RateLimit is how many requests a second each vendor takes before it answers 429; 0 is no limit.
	RateLimit int
	// VendorLimits holds the rate limits that the vendors document, with their own
	// windows and answers: Katapult's and Stratum's.
	VendorLimits bool
	// Quota is how many live credentials each vendor allows; 0 is no limit.
	Quota int
	// Count is how many generated credentials each vendor holds besides the named examples.
	Count int
	// Deterministic makes IDs, secrets and reported times the same in every run,
	// for examples in documents. A key pair that Losant generates for Snowflake is the exception.
	Deterministic bool
	// Transcript is how many of the latest requests are kept at least; 0 means 10,000.
	Transcript int

	// ProvisionDelay is how old a Katapult key must be before it can have
	// credentials; 0 means 3 s, negative none.
	ProvisionDelay time.Duration
	// KatapultServerURL is the server_url of new keys, in place of the S3 endpoint.
	KatapultServerURL string
	// KatapultLargeSet makes Katapult's listing say large_set with null totals.
	KatapultLargeSet bool

	// ActivationDelay is how old S3 credentials must be before the endpoint knows them.
	ActivationDelay time.Duration
	// Flap is how often new S3 credentials are refused again after they first worked:
	// the answers alternate between 200 and 403 that many times.
	Flap int

	// MedianovaSecret lists, comma-separated, where the answer to a create holds the
	// secret or the access key, which by the documents it does not: "secret_key",
	// "data.secretKey", "data.credential.secret_key", "data[0].secret_key",
	// "data.keys.access_key"; "=VALUE" puts a mask there instead: "data.secret_key=hidden".
	MedianovaSecret string
	// MedianovaList is the envelope of listings: plain (the default), laravel, nested or paginate.
	MedianovaList string
	// MedianovaErrors is the form of validation errors: laravel (the default) or fastapi.
	MedianovaErrors string
	// MedianovaTokenUses is after how many requests a token from the login ends; 0 is never.
	MedianovaTokenUses int
	// SinglePrefix makes Medianova know only /api/v2: under /api/api/v2 the router says 404 in HTML.
	SinglePrefix bool
	// SingularCreate makes Medianova create at /credential, not at /credentials.
	SingularCreate bool

	// StratumCarryOver makes Stratum the newer key service: a rotation keeps scopes, role,
	// expiry and limits, and is refused for an expired key; the audit log has the changes
	// of keys; an unknown route is 404.
	StratumCarryOver bool
	// StratumStamps is when Stratum writes down that a key was used: at once (the
	// default), "late" (after the answer), "minute" (once a minute) or "never".
	StratumStamps string

	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Log, where it is set, gets a line for each request.
	Log *slog.Logger
}
