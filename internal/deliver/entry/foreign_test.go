package entry

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
)

// What a destination holds is sent to the vendor as the old secret only if it can be one.
func TestASecretOfAnotherServiceIsNotTheOldOne(t *testing.T) {
	const printed = "issued by credctl"
	for text, want := range map[string]string{
		"sk_live_abc": "sk_live_abc", printed: printed, "ghp_16C7e42F292c6912E7710c838347Ae178B4a": "", "old": "", "sk_live_abc\nsk_live_def": "", "": "",
	} {
		m := &memory{values: Values{"X": provider.NewSecret(text)}}
		o := deliver.Options{
			Shape: provider.SingleSecret("X").Starting("sk_"), Schemes: []deliver.Scheme{scheme(m, true)},
			Issued: func(s provider.Secret) (bool, error) { return s.Equal(provider.NewSecret(printed)), nil },
		}
		d, err := deliver.Parse("mem:x", o)
		require.NoError(t, err)
		_, secret, err := d.Current(t.Context())
		require.NoError(t, err)
		assert.Equal(t, want, secret.Reveal(), text)
	}
}
