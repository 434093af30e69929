// Package examples has command lines for Losant.
package examples

import "github.com/credctl/credctl/internal/provider"

// All returns command lines that work in the sandbox.
func All() map[provider.Verb]string {
	return map[provider.Verb]string{
		provider.List: `# List all credentials of the application
credctl losant list

# List the ones for AWS, as JSON
credctl losant list --type aws -o json`,
		provider.Get: `# Show a credential by name
credctl losant get --name warehouse

# Show the configuration of a credential
credctl losant get 66a0c0de5eed0000000000c1 -o json --jq .details.awsConfig`,
		provider.Create: `# Create a credential, read its secret from standard input
echo sk-example | credctl losant create --name mailer --type sendgrid \
  --set-file apiKey=-

# Create a credential for an HTTP API
echo example-password > password
credctl losant create --name erp --type http \
  --set uriMatch=https://erp.example.com/ --set authMethod=basicAuth \
  --set publicValue=plant --set-file secretValue=password`,
		provider.Update: `# Rename a credential
credctl losant update --name warehouse --new-name depot

# Disable a credential, enable it again
credctl losant update 66a0c0de5eed0000000000c2 --disabled
credctl losant update 66a0c0de5eed0000000000c2 --disabled=false`,
		provider.Delete: `# Show the request that would delete a credential
credctl losant delete --name mqtt-client --dry-run

# Delete a credential without a question
credctl losant delete 66a0c0de5eed0000000000c5 --yes`,
		provider.Rotate: `# Replace the secret of a credential with one from standard input
echo example-password | credctl losant rotate --name warehouse --yes \
  --set-file password=-

# Generate a new key pair, where the type has one
credctl losant rotate --name reporting --yes`,
		provider.Generate: `# Generate a new key pair
credctl losant generate --name reporting --yes

# Show the request that would generate a new key pair
credctl losant generate 66a0c0de5eed0000000000c4 --dry-run`,
	}
}
