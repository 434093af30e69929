package losant

import (
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/conformance"
	"github.com/credctl/credctl/internal/losant/service"
)

// TestConformance holds the table of types against the schemas of Losant.
func TestConformance(t *testing.T) {
	published := conformance.OpenPublished(t, vendor)
	post, patch, shown := published.Schema("schemas/credentialPost.json"), published.Schema("schemas/credentialPatch.json"), published.Schema("schemas/credential.json")
	assert.Equal(t, texts(post.Properties["type"].Enum), service.Names())
	for _, s := range service.All() {
		t.Run(s.Name, func(t *testing.T) {
			conforms(t, s, post.Properties[s.Config()], shown.Properties[s.Config()])
			assert.ElementsMatch(t, service.Sorted(post.Properties[s.Config()].Properties), service.Sorted(patch.Properties[s.Config()].Properties))
		})
	}
}

func conforms(t *testing.T, s service.Type, post, shown *jsonschema.Schema) {
	t.Helper()
	assert.ElementsMatch(t, service.Sorted(post.Properties), s.Writable())
	for _, f := range s.Fields {
		_, readable := shown.Properties[f.Name]
		assert.Equal(t, readable, !f.Secret && !f.WriteOnly, "%s can be read", f.Name)
		if f.ReadOnly {
			continue
		}
		p := post.Properties[f.Name]
		if len(p.OneOf) > 0 {
			assert.True(t, f.Nullable, f.Name)
			p = p.OneOf[0]
		}
		want := service.Field{
			Name: f.Name, Min: bound(p.MinLength, p.Minimum), Max: bound(p.MaxLength, p.Maximum), Values: texts(p.Enum),
			Kind: map[string]service.Kind{"[string]": service.Text, "[integer]": service.Number, "[boolean]": service.Truth}[p.Types.String()],
		}
		assert.Equal(t, want, service.Field{Name: f.Name, Min: f.Min, Max: f.Max, Values: f.Values, Kind: f.Kind})
		if !slices.Contains([]string{"snowflake", "git"}, s.Name) { // they have an anyOf
			assert.Equal(t, slices.Contains(post.Required, f.Name), f.Required, f.Name)
		}
	}
}

// bound is that of a length or of a number; 0 is none.
func bound(length *int, number *big.Rat) int {
	switch {
	case length != nil:
		return *length
	case number != nil:
		return int(number.Num().Int64())
	}
	return 0
}

func texts(enum *jsonschema.Enum) (all []string) {
	if enum == nil {
		return nil
	}
	for _, v := range enum.Values {
		all = append(all, fmt.Sprint(v))
	}
	return all
}
