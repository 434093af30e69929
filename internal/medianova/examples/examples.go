// Package examples has command lines for Medianova.
package examples

import "github.com/credctl/credctl/internal/provider"

// All returns command lines that work in the sandbox.
func All() map[provider.Verb]string {
	return map[provider.Verb]string{
		provider.List: `# List all credentials
credctl medianova list

# Print IDs and names as CSV
credctl medianova list -o csv --columns id,name`,
		provider.Get: `# Show a credential by name
credctl medianova get --name web-assets

# Show all credentials as JSON
credctl medianova list -o name | credctl medianova get - -o json`,
		provider.Create: `# Create a credential for a bucket
credctl medianova create --name ci --bucket assets -o json

# Create a credential that can only read
credctl medianova create --name ci --bucket assets,logs --read-only -o json`,
		provider.Update: `# Rename a credential
credctl medianova update --name web-assets --new-name web

# Let a credential use another bucket, too
credctl medianova update --name log-reader --bucket assets,logs`,
		provider.Delete: `# Show the request that would delete a credential
credctl medianova delete --name web-assets --dry-run

# Delete a credential without a question
credctl medianova delete 5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5c2 --yes`,
		provider.Rotate: `# Show the steps of a rotation
credctl medianova rotate --name web-assets --to dotenv:web.env --dry-run

# Show the steps of a rotation that keeps the old credential for a week
credctl medianova rotate --name log-reader --to file:logs.key \
  --grace 7d --dry-run`,
	}
}
