package setup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
	"github.com/credctl/credctl/internal/term"
	"github.com/credctl/credctl/internal/visible"
)

// chooseVendor asks a person for a vendor.
func chooseVendor(ctx context.Context, run *invocation.Invocation) (p provider.Provider, err error) {
	vendors := run.Config.Vendors()
	if !run.Streams.Interactive() {
		err = provider.Usage("missing argument: VENDOR (one of %s)", strings.Join(run.Config.Vendors.Names(), ", "))
		return p, provider.Hint(err, "run: credctl auth login %s", vendors[0].Name)
	}
	if _, err = run.Config.Profile(nil); err != nil {
		return p, err
	}
	options := make([]provider.AccountChoice, len(vendors))
	for i, one := range vendors {
		options[i] = provider.AccountChoice{Value: one.Name, Name: one.Title}
	}
	name, err := choose(ctx, run, "vendor", options, false)
	if err == nil {
		p, err = run.Config.Vendors.Find(name)
	}
	return p, err
}

// askAccount asks for what a vendor needs before a token: its URL and the account.
// Without a person, a missing account is an error. A person may leave the account
// empty where it can be chosen from a list.
func askAccount(ctx context.Context, run *invocation.Invocation, account config.Account) (config.Account, error) {
	p := account.Vendor
	askURL, err := run.Config.MissingURL(account)
	if err != nil {
		return account, err
	}
	info, missing, err := run.Config.MissingAccount(account)
	if err != nil {
		return account, err
	}
	if !run.Streams.Interactive() {
		if missing && p.Login.Required {
			return account, setting.Missing(p.Name, info)
		}
		return account, nil
	}
	if askURL {
		err := askUntil(ctx, run.Streams, fmt.Sprintf("URL of your %s server [%s]:", setting.Brand(p.Name), p.BaseURL), func(answer string) error {
			account.BaseURL = answer
			_, err := p.Base(answer)
			return err
		})
		if err != nil {
			return account, err
		}
	}
	if !missing {
		return account, nil
	}
	empty := ""
	switch {
	case p.Login.Accounts != nil:
		empty = "; leave empty to choose from a list"
	case !p.Login.Required:
		empty = "; may be empty"
	}
	question := fmt.Sprintf("%s %s (%s%s):", setting.Brand(p.Name), setting.Noun(info), strings.ReplaceAll(info.Usage, "`", ""), empty)
	return account, askUntil(ctx, run.Streams, question, func(answer string) error {
		switch {
		case answer != "":
			return set(account, info, answer)
		case empty == "":
			return fmt.Errorf("the %s is required", setting.Noun(info))
		}
		return nil
	})
}

// askUntil asks a person the same question until take accepts the answer.
func askUntil(ctx context.Context, streams *term.Streams, question string, take func(answer string) error) error {
	for {
		answer, err := streams.Ask(ctx, question)
		if err != nil {
			return err
		}
		if err = take(answer); err == nil {
			return nil
		}
		streams.Line("%s", visible.OneLine(provider.Text(err)))
	}
}

// set sets a setting of an account.
func set(account config.Account, i provider.ParamInfo, value string) error {
	if err := account.Given.Value(i.Name).Set(value); err != nil {
		return provider.WithClass(provider.ErrUsage, err)
	}
	return nil
}

// chooseAccount lets a person choose the account from those that the token can
// access, where none is set.
func chooseAccount(ctx context.Context, run *invocation.Invocation, account config.Account) error {
	info, missing, err := run.Config.MissingAccount(account)
	p := account.Vendor
	if err != nil || !missing || p.Login.Accounts == nil || !run.Streams.Interactive() {
		return err
	}
	options, err := run.Session.Accounts(ctx, account)
	what := setting.Noun(info)
	if err != nil {
		err = fmt.Errorf("could not list the %ss of this token: %w", what, err)
		e, answered := errors.AsType[*provider.Error](err)
		switch {
		case answered && (e.Status == http.StatusUnauthorized || strings.Contains(provider.HintOf(err), "auth login")), errors.Is(err, provider.ErrUnavailable), errors.Is(err, provider.ErrUnreachable): // with an account it fails too
			return err
		case p.Login.Required:
			return provider.Hint(err, "pass --%s; or allow the token to list %ss", info.Name, what)
		}
		run.Streams.Remark("credctl: warning: %s", visible.OneLine(provider.Text(err)))
		return nil
	}
	switch {
	case len(options) == 0 && p.Login.Required:
		return provider.Hint(provider.Usage("the token can access no %s", what), "pass --%s", info.Name)
	case len(options) == 0:
		return nil
	case len(options) == 1 && p.Login.Required:
		return set(account, info, options[0].Value)
	}
	value, err := choose(ctx, run, what, options, !p.Login.Required)
	if err != nil || value == "" {
		return err
	}
	return set(account, info, value)
}

// choose asks for one of several options by number or value; "" if none is chosen
// and that is allowed.
func choose(ctx context.Context, run *invocation.Invocation, what string, options []provider.AccountChoice, optional bool) (string, error) {
	width := 0
	for _, o := range options {
		width = max(width, len(o.Value))
	}
	for i, o := range options {
		run.Streams.Line("%3d  %-*s  %s", i+1, width, visible.Text(o.Value), visible.Text(o.Name))
	}
	empty := map[bool]string{true: ", or leave empty for none"}[optional]
	chosen := ""
	err := askUntil(ctx, run.Streams, fmt.Sprintf("Which %s? [1-%d%s]", what, len(options), empty), func(answer string) error {
		if n, err := strconv.Atoi(answer); err == nil && n >= 1 && n <= len(options) {
			chosen = options[n-1].Value
			return nil
		}
		for _, o := range options {
			if answer != "" && strings.EqualFold(answer, o.Value) {
				chosen = o.Value
				return nil
			}
		}
		if answer == "" && optional {
			return nil
		}
		return provider.Usage("invalid choice %q (valid: a name from the list, or a number from 1 to %d)", answer, len(options))
	})
	return chosen, err
}
