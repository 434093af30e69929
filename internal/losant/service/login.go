package service

import "github.com/credctl/credctl/internal/provider"

// Login describes how a person logs in, with the setting of the application. A token of an application cannot list
// applications.
func Login(application provider.ParamInfo) provider.Login {
	return provider.Login{
		Account: application.Name, Required: true,
		Where:  "your Losant application, Security, API Tokens",
		URL:    "https://docs.losant.com/applications/application-tokens/",
		Scopes: "the permissions credentials.* and credential.*",
		Try:    "credctl losant list",
	}
}
