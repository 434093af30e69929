package help

const concepts = `credctl manages the credentials that vendors issue: it lists, creates, updates,
rotates and deletes them with the same commands at every vendor.

Credential: an access key, API key or token. It has an ID, usually a name, and a
secret. Most vendors return the secret once, when they issue it.

Vendor: a service with an API for credentials, such as Katapult; "provider" in results
and policies. credctl authenticates there with a token of its own, see "credctl auth
login".

Profile: a named set of settings and tokens, such as one for each account.

Rotation: the replacement of a credential without downtime. credctl creates a
replacement, verifies that it works, delivers its secret to every destination, and
deletes the old credential after the grace period. It records each step in a
journal, so that an interrupted rotation can be resumed or aborted.

Grace period: how long the old credential is kept after delivery.

Destination: where a new secret is delivered, such as a file, a GitHub Actions
secret or a Kubernetes Secret. See "credctl katapult rotate --help" for all of them.

Policy: a file that says which credentials to rotate and when. See "credctl help
policy".`

const precedence = `A setting comes from the first of these that has it: the flag, the variable
CREDCTL_VENDOR_SETTING, the vendor's own variable, the profile, the configuration
file. A token can also come from the system keyring, see "credctl auth login".`

const results = `Results are printed to standard output, everything else to standard error. With -o json
errors are JSON too, one object on standard error. Dates in JSON are RFC 3339.
--columns selects the columns of a table, --jq filters JSON.`

const secrets = `A new secret is printed once, where the vendor returns it: below the table on a
terminal, in json, jsonl and yaml, and in the formats for a new secret. With
--secret-file or --to it is delivered there, and printed only with --show-secret.`

const policy = `"credctl rotate -f FILE" rotates the credentials that are due under a policy. Run it
from cron as often as you like: it continues rotations that were interrupted,
deletes old credentials after their grace period, and skips credentials that are
not due.`

// PolicyExample is a policy, for the help of the commands that take one.
const PolicyExample = `    rotations:
      # keep the name: it identifies the
      # entry in results and the journal
      - name: web-assets
        provider: katapult
        # or select: {name: "ci-*"}
        id: objkey_EKEAMCHzkhba9uak
        # in y, w, d or h; includes the
        # grace period
        max_age: 30d
        # how long both credentials work
        grace: 24h
        to:
          - aws:web@/etc/web/credentials
        hook: [systemctl, reload, web]`

const policyRuns = `Check a policy with "credctl rotate -f FILE --check". Show what a run would do with
--dry-run.`
