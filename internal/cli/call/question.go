package call

import "github.com/credctl/credctl/internal/term"

// Question asks a person whether to do something that cannot be undone, and names the
// account and the profile in which it is done.
func (c *Call) Question(do, effect string) string {
	q := term.Question{Do: do, Account: c.Provider.Title, Profile: c.Run.Config.Flags.Profile, Effect: effect}
	for _, account := range []struct{ setting, noun string }{{"org", "organization"}, {"application", "application"}, {"tenant", "tenant"}} {
		if v := c.Settings.Value(account.setting); v != nil && v.IsSet() {
			q.Account = account.noun + " " + v.String()
			break
		}
	}
	return q.String()
}
