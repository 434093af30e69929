package config

import (
	"slices"

	"github.com/credctl/credctl/internal/provider"
)

// TokenParam returns the setting of p that can be a secret of this shape: both then
// have the same variable.
func TokenParam(p provider.Provider, shape provider.Shape) (provider.ParamInfo, bool) {
	for _, param := range p.Settings {
		if i := param.Info(); shape.IsSingle() && slices.Contains(i.Env, shape.Variable()) {
			return i, true
		}
	}
	return provider.ParamInfo{}, false
}

// TokenLike returns the token among the settings of p that can be a credential with a
// secret of this shape.
func TokenLike(p provider.Provider, shape provider.Shape, settings provider.Input) provider.Secret {
	i, ok := TokenParam(p, shape)
	if !ok {
		return provider.Secret{}
	}
	token, _ := provider.SecretOf(settings.Value(i.Name))
	return token
}
