package call

import (
	"cmp"

	"github.com/credctl/credctl/internal/provider/setting"
	"github.com/credctl/credctl/internal/term"
	"github.com/credctl/credctl/internal/visible"
)

// Question asks a person whether to do something that cannot be undone, and names the
// account and the profile in which it is done.
func (c *Call) Question(do, effect string) string {
	profile, _ := c.Run.Config.Profile(c.Account().Profile) // without an error, as the kind is open
	return term.Question{Do: do, Account: where(c), Profile: profile.Name, Effect: effect}.String()
}

// Described names a credential: by its name too, which tells a person more than its ID.
func Described(c *Call, id, name string) string {
	described := noun(c.Kind) + " " + id
	if name != "" {
		described += " (" + visible.Text(name) + ")"
	}
	return described
}

// where names the account, once the kind is open.
func where(c *Call) string {
	account := setting.Account(func(name string) string {
		if v := c.Settings.Value(name); v != nil && v.IsSet() {
			return v.String()
		}
		return ""
	})
	return cmp.Or(account, c.Provider.Title)
}

// NoneFound says on a terminal that a list is empty, and of which account.
func NoneFound(c *Call) {
	c.Run.OnTerminal("No %ss found in %s", noun(c.Kind), visible.Text(where(c)))
}
