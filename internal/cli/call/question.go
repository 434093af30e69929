package call

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/credctl/credctl/internal/provider/setting"
	"github.com/credctl/credctl/internal/quote"
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

// NoneFound says on a terminal that a list is empty, of which account, and by which flags.
func NoneFound(c *Call) {
	var by []string
	for _, p := range c.Kind.Params[c.Verb] {
		if v := c.In.Value(p.Info().Name); v != nil && v.IsSet() {
			by = append(by, "--"+p.Info().Name+" "+quote.Word(v.String()))
		}
	}
	text := fmt.Sprintf("No %ss found in %s", noun(c.Kind), where(c))
	if by != nil {
		text += " with " + strings.Join(by, " ")
	}
	c.Run.OnTerminal("%s", visible.Text(text))
}
