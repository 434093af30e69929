package wire

import (
	"context"

	"github.com/credctl/credctl/internal/provider"
)

// Login describes how a person logs in, with the setting of the organization.
func Login(organization provider.ParamInfo, accounts func(context.Context, provider.Conn) ([]provider.AccountChoice, error)) provider.Login {
	return provider.Login{
		Account: organization.Name, Required: true, Accounts: accounts,
		Where:  "the Medianova panel, My Account, API Tokens",
		URL:    "https://cloud.medianova.com",
		Scopes: "a role that manages Stook credentials",
		Try:    "credctl medianova list",
	}
}
