// Package policy rotates the credentials that a file names when they are due.
package policy

import (
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/policy/policyfile"
)

type (
	// Policy is the file of a policy.
	Policy = policyfile.Policy
	// Entry is one rotation of it.
	Entry = policyfile.Entry
	// Selection chooses credentials.
	Selection = policyfile.Selection
)

// Parse is [policyfile.Parse].
func Parse(e *rotation.Engine, file string, data []byte) (Policy, error) {
	return policyfile.Parse(e, file, data)
}
