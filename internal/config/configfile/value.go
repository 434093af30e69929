package configfile

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/credctl/credctl/internal/config/statesetting"
	"github.com/credctl/credctl/internal/journal/postgres/dsn"
	"github.com/credctl/credctl/internal/provider"
)

// CheckValue refuses a value that a setting cannot have, and every secret: other
// users can read the arguments of a command.
func (k Known) CheckValue(key Key, value string) error {
	switch {
	case k.Secret(key):
		return provider.Hint(provider.Usage("secrets cannot be passed as arguments, because other users can read them"),
			"to store a token, run: credctl auth login, or edit the configuration file")
	case value == "":
		return provider.Hint(provider.Usage("the value of %s is empty", key), "pass a value, or remove the key from the configuration file")
	case strings.ContainsFunc(value, unicode.IsControl):
		return provider.Usage("%s: the value contains a newline or another control character", key)
	case key[0] == stateKey && dsn.HasPassword(value):
		return provider.Hint(provider.Usage("passwords cannot be passed as arguments, because other users can read them"),
			"leave the password out of the URL, and put it into ~/.pgpass or PGPASSWORD")
	case len(key) == 1:
		return statesetting.CheckValue(key[0], value)
	}
	i := slices.IndexFunc(k.Vendors, func(p provider.Provider) bool { return p.Name == key[len(key)-2] })
	if i < 0 { // a destination checks its own settings
		return nil
	}
	if err := checkSetting(k.Vendors[i], key[len(key)-1], value); err != nil {
		return provider.WithClass(provider.ErrUsage, fmt.Errorf("%s: %w", key, err))
	}
	return nil
}

// checkSetting returns what keeps a setting of p from having a value.
func checkSetting(p provider.Provider, name, value string) error {
	if name == BaseURL {
		_, err := p.Base(value)
		return err
	}
	in := provider.NewInput(p.Settings...)
	for _, param := range p.Settings {
		if i := param.Info(); i.From == provider.Plain && i.Setting() == name {
			return in.Value(i.Name).Set(value)
		}
	}
	return nil
}
