// Package examples has command lines for Stratum.
package examples

import "github.com/credctl/credctl/internal/provider"

// All returns command lines that work in the sandbox.
func All() map[provider.Verb]string {
	return map[provider.Verb]string{
		provider.List: `# List the API keys that work
credctl stratum list --status active

# List the keys that were not used for 30 days
credctl stratum list --dormant --days 30`,
		provider.Get: `# Show a key by name
credctl stratum get --name ci-deploy

# Show all keys as JSON
credctl stratum list -o name | credctl stratum get - -o json`,
		provider.Create: `# Create a key, write its secret to a new file
credctl stratum create --name ci --secret-file ci.key

# Create a key with a rate limit, print it as JSON
credctl stratum create --name batch --rate-limit-max 100 \
  --rate-limit-window "1 minute" -o json`,
		provider.Delete: `# Show the request that would revoke a key
credctl stratum delete --name ci-deploy --dry-run

# Revoke a key without a question
credctl stratum delete 3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f504 --yes`,
		provider.Rotate: `# Rotate a key, deliver the new key to a file
credctl stratum rotate --name backup-job --to file:backup.key --yes

# Keep the old key for a day after delivery
credctl stratum rotate --name ci-deploy --overlap --grace 1d --to file:ci.key`,
	}
}

// Roles returns command lines that work in a sandbox with a role named readers.
func Roles() map[provider.Verb]string {
	return map[provider.Verb]string{
		provider.List: `# List the roles
credctl stratum role list

# List the names of the roles
credctl stratum role list --columns name`,
		provider.Get: `# Show a role by name
credctl stratum role get --name readers

# Show all roles as JSON
credctl stratum role list -o name | credctl stratum role get - -o json`,
		provider.Create: `# Create a role for keys that only read
credctl stratum role create auditors --scopes read

# Create a role unless there is one with that name
credctl stratum role create admins --scopes read,write,admin --if-not-exists`,
	}
}
