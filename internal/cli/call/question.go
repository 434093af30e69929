package call

import (
	"github.com/credctl/credctl/internal/term"
	"github.com/credctl/credctl/internal/visible"
)

// Question asks a person whether to do something that cannot be undone, and names the
// account and the profile in which it is done.
func (c *Call) Question(do, effect string) string {
	return term.Question{Do: do, Account: where(c), Profile: c.Run.Config.Flags.Profile, Effect: effect}.String()
}

// where names the account, once the kind is open.
func where(c *Call) string {
	for _, account := range []struct{ setting, noun string }{{"org", "organization"}, {"application", "application"}, {"tenant", "tenant"}} {
		if v := c.Settings.Value(account.setting); v != nil && v.IsSet() {
			return account.noun + " " + v.String()
		}
	}
	return c.Provider.Title
}

// NoneFound says on a terminal that a list is empty, and of which account.
func NoneFound(c *Call) {
	c.Run.NoneFound("No %ss found in %s", noun(c.Kind), visible.Text(where(c)))
}
