// Package examples has command lines for Katapult.
package examples

import "github.com/credctl/credctl/internal/provider"

// All returns command lines that work in the sandbox.
func All() map[provider.Verb]string {
	return map[provider.Verb]string{
		provider.List: `# List all access keys
credctl katapult list

# Print the IDs of the keys in a region
credctl katapult list --region uk-lon-1 -o name`,
		provider.Get: `# Show a key by name
credctl katapult get --name backup

# Show all keys as JSON
credctl katapult list -o name | credctl katapult get - -o json`,
		provider.Create: `# Create a key, write its secret to a new file
credctl katapult create --name ci --region uk-lon-1 --secret-file ci.key

# Create a key that can read all objects, for a dotenv file
credctl katapult create --name reader --region uk-lon-1 --all-objects-read \
  -o dotenv > .env`,
		provider.Update: `# Rename a key
credctl katapult update --name backup --new-name nightly-backup

# Let a key read the objects of all buckets
credctl katapult update objkey_sbxWebAssets0002 --all-objects-read`,
		provider.Delete: `# Show the request that would delete a key
credctl katapult delete objkey_sbxBackup0000001 --dry-run

# Delete a key by name, without a question
credctl katapult delete --name staging --yes`,
		provider.Rotate: `# Rotate a key, deliver the new key to an AWS credentials file
credctl katapult rotate --name web-assets --to aws:web@credentials

# Keep the old key for a day after delivery
credctl katapult rotate --name backup --to dotenv:backup.env --grace 24h`,
		provider.Generate: `# Generate the first secret of a key
credctl katapult generate --name staging -o json

# Replace the secret of a key; the old secret stops working
credctl katapult generate --name backup --secret-file backup.key --yes`,
	}
}
