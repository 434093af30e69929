package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/katapult"
	"github.com/credctl/credctl/internal/medianova"
	"github.com/credctl/credctl/internal/provider"
)

// The commands in a hint are for the account of the command that failed.
func TestSameAccount(t *testing.T) {
	vendors := config.Vendors(func() []provider.Provider { return []provider.Provider{medianova.Provider(), katapult.Provider()} })
	for _, x := range []struct{ line, hint, want string }{
		{"katapult list", "run: credctl auth login katapult", "run: credctl auth login katapult"},
		{"katapult list --profile work", "run: credctl auth login katapult; or set X", "run: credctl auth login katapult --profile work; or set X"},
		{"katapult list --profile work", "pass --org, or run: credctl config set katapult.org VALUE", "pass --org, or run: credctl config set --profile work katapult.org VALUE"},
		{"katapult list --profile work", "run: credctl profile create work", "run: credctl profile create work"},
		{"list --profile work", "run: credctl auth login katapult", "run: credctl auth login katapult --profile work"},
		{"list --profile work --profile other", "run: credctl auth login katapult", "run: credctl auth login katapult"},
		{"katapult list --config a.yaml", "check the API key or JWT that credctl authenticates with: it is unknown", "check the API key or JWT that credctl authenticates with: it is unknown"},
		{"katapult list --config a.yaml", "compare the file with a backup; credctl continues the trail", "compare the file with a backup; credctl continues the trail"},
		{"list --config a.yaml", "to try credctl without an account, run: credctl sandbox -- credctl list", "to try credctl without an account, run: credctl sandbox -- credctl list"},
		{"katapult list --org acme", "leave out --to, because credctl katapult list creates no secret", "leave out --to, because credctl katapult list creates no secret"},
		{"katapult list --config a.yaml", "run: credctl rotation resume 2026", "run: credctl rotation resume --config a.yaml 2026"},
		{"katapult list --config a.yaml", "run: credctl sandbox -- true", "run: credctl sandbox -- true"},
		{"katapult get x --org acme", "to see the IDs, run: credctl katapult list; or pass X", "to see the IDs, run: credctl katapult list --org acme; or pass X"},
		{"katapult get x --org acme", "run: credctl medianova list", "run: credctl medianova list"},
		{"katapult rotate x --org 'a b'", "to do it: credctl katapult rotate y; then `credctl katapult get z`", "to do it: credctl katapult rotate --org 'a b' y; then `credctl katapult get --org 'a b' z`"},
		{"katapult list --base-url https://a.example", "pass X, or: credctl auth login katapult --base-url https://b.example", "pass X, or: credctl auth login katapult --base-url https://b.example"},
		{"katapult list --token-file -", "run: credctl katapult get x", "run: credctl katapult get x"},
		{"katapult list --org acme", "to see the flags, run: credctl katapult list --help", "to see the flags, run: credctl katapult list --help"},
	} {
		args := strings.Fields(strings.ReplaceAll(x.line, "'a b'", "a_b"))
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "a_b", "a b")
		}
		run := New(vendors, func() []deliver.Scheme { return nil }, nil, &bytes.Buffer{}, &bytes.Buffer{}, &bytes.Buffer{})
		cmd, flags, err := Root(run, args).Find(args)
		assert.NoError(t, err)
		assert.NoError(t, cmd.ParseFlags(flags))
		assert.Equal(t, x.want, sameAccount(run, cmd, x.hint), x.line)
	}
}
