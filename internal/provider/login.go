package provider

import "context"

// Login is what a person who logs in to a vendor has to know, and the account that
// is asked for.
type Login struct {
	AskURL   bool   // the vendor has no public server: each user has a URL
	Account  string // the name of the setting that says which account is meant, such as org
	Required bool   // without an account, no credentials can be listed
	Where    string // where a token is created: a page of the vendor's console
	URL      string // of that page, or of what documents it
	Scopes   string // the least that a token must be allowed to do
	Try      string // a first command: "credctl katapult list"

	// Accounts lists the accounts that a token can access, over a connection whose
	// settings lack one. Nil: the vendor cannot list them.
	Accounts func(ctx context.Context, c Conn) ([]AccountChoice, error)
}

// An AccountChoice is one account that a token can access.
type AccountChoice struct {
	Value string // for the setting
	Name  string // for people
}
