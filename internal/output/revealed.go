package output

import "github.com/credctl/credctl/internal/provider"

// A Revealed secret is one that the JSON of a result shows.
type Revealed struct{ provider.Secret }

// MarshalText returns the secret itself.
func (r Revealed) MarshalText() ([]byte, error) { return []byte(r.Reveal()), nil }
