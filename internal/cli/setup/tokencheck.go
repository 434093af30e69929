package setup

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
	"github.com/credctl/credctl/internal/session"
	"github.com/credctl/credctl/internal/visible"
)

// A checkedToken is what one request told about a token.
type checkedToken struct {
	account string            // "org acme, region uk-lon-1"
	can     string            // what it can do
	ids     map[string]string // of the vendor's credentials that it is, where that is certain
	conn    session.Connection
	baseURL string
}

func (c checkedToken) String() string {
	said := []string{c.can}
	if c.account != "" {
		said = []string{c.account, c.can}
	}
	for _, id := range c.ids {
		said = append(said, "its ID is "+id)
	}
	return strings.Join(said, "; ")
}

// tryToken makes the cheapest requests that prove a token, each for the first
// credential of a kind's listing.
func tryToken(ctx context.Context, s *session.Session, account config.Account) (checkedToken, error) {
	conn, err := s.Connect(ctx, account)
	if err != nil {
		return checkedToken{}, err
	}
	checked := checkedToken{account: accountOf(account.Vendor, conn.Settings), baseURL: conn.BaseURL, conn: conn}
	var can []string
	listings, err := conn.Listings()
	for _, l := range listings {
		lists, err := tryList(ctx, l)
		if err != nil {
			return checked, err
		}
		can = append(can, lists)
	}
	checked.can = strings.Join(can, ", ")
	return checked, err
}

// accountOf names the account that settings lead to.
func accountOf(p provider.Provider, settings provider.Input) string {
	var said []string
	for _, param := range p.Settings {
		if i := param.Info(); i.From == provider.Plain && settings.Value(i.Name).IsSet() {
			said = append(said, visible.Text(i.Name+" "+settings.Value(i.Name).String()))
		}
	}
	return strings.Join(said, ", ")
}

// tryList says whether a token lists a kind.
func tryList(ctx context.Context, l session.Listing) (string, error) {
	for _, err := range l.List(ctx, provider.Input{}) {
		return "can list " + l.Kind.Title, err
	}
	return "can list " + l.Kind.Title + "; none found", nil
}

// badToken says what to do about a token that does not work: not to log in, which is
// what the user does.
func badToken(p provider.Provider, err error) error {
	if errors.Is(err, provider.ErrUsage) {
		return err
	}
	denied, hint := errors.Is(err, provider.ErrDenied), provider.HintOf(err)
	if answer, ok := errors.AsType[*provider.Error](err); denied && ok { // whatever the request, it is the token
		short := *answer
		short.Op = setting.Brand(p.Name)
		err = &short
	}
	err = fmt.Errorf("the token was not stored: %w", err)
	if hint != "" {
		err = provider.Hint(err, "%s", hint)
	}
	switch {
	case !denied && hint == "" && (errors.Is(err, provider.ErrUnavailable) || errors.Is(err, provider.ErrUnreachable)):
		return provider.Hint(err, "check the base URL and the network, then try again")
	case !denied, strings.Contains(hint, "create a "), strings.Contains(hint, "pass --"):
		return err
	case hint == "", strings.Contains(hint, "auth login"):
		return provider.Hint(err, "check that you copied the whole token, and that it has %s; get a token from %s", p.Login.Scopes, p.Login.Where)
	}
	return provider.AlsoHint(err, "get a token from %s", p.Login.Where)
}
