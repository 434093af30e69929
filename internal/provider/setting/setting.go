// Package setting has the names of a vendor's settings, the errors of those that are
// missing, and the check of those that are UUIDs.
package setting

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// EnvName returns credctl's own variable for a setting of a vendor.
func EnvName(vendor, setting string) string {
	return strings.ToUpper("CREDCTL_" + vendor + "_" + setting)
}

// Variables returns the variables of the environment that give a vendor's setting.
func Variables(vendor string, i provider.ParamInfo) []string {
	return append([]string{EnvName(vendor, i.Setting())}, i.Env...)
}

// Brand returns the name of a vendor as people write it: Katapult for katapult.
func Brand(vendor string) string { return strings.ToUpper(vendor[:1]) + vendor[1:] }

// Noun returns what people call a setting: organization for org.
func Noun(i provider.ParamInfo) string {
	return cmp.Or(i.Label, strings.ReplaceAll(i.Setting(), "_", " "))
}

// Account names the account that settings select, such as "organization acme", or returns
// "" if no account is set. Value returns a setting by its name, or "".
func Account(value func(name string) string) string {
	for _, account := range []struct{ name, noun string }{{"org", "organization"}, {"application", "application"}, {"tenant", "tenant"}} {
		if v := value(account.name); v != "" {
			return account.noun + " " + v
		}
	}
	return ""
}

// Absent returns err, for one credential, in words that name it and the account, where it is
// the vendor's answer that the credential does not exist. Other errors stay as they are.
func Absent(err error, kind, id, account string) error {
	if _, answered := errors.AsType[*provider.Error](err); !answered || !errors.Is(err, provider.ErrAbsent) {
		return err
	}
	return provider.WithClass(err, errors.New(NoSuch(kind, id, account)))
}

// NoSuch says that the account has no credential with this ID.
func NoSuch(kind, id, account string) string {
	return fmt.Sprintf("no %s %s in %s", KindNoun(kind), id, account)
}

// Missing is the error of a run without settings of a vendor that it needs.
func Missing(vendor string, missing ...provider.ParamInfo) error {
	var nouns, flags, variables []string
	for _, i := range missing {
		nouns, flags = append(nouns, Noun(i)), append(flags, "--"+i.Name)
		variables = append(variables, strings.Join(Variables(vendor, i), " or "))
	}
	err := provider.Usage("no %s %s is set", Brand(vendor), strings.Join(nouns, " or "))
	if len(missing) > 1 {
		return provider.Hint(err, "pass %s, or set %s", strings.Join(flags, " and "), strings.Join(variables, ", and "))
	}
	return provider.Hint(err, "pass %s, or set %s, or run: credctl config set %s.%s VALUE", flags[0], variables[0], vendor, missing[0].Setting())
}

// NoToken is the error of a run without a token of a vendor, in a profile if that is not
// "". Because says why none was found, if there is more to say.
func NoToken(vendor, profile string, token provider.ParamInfo, because string) error {
	text := fmt.Sprintf("no %s token found", Brand(vendor))
	if because != "" {
		text += " (" + because + ")"
	}
	login, all := "credctl auth login "+vendor, Variables(vendor, token)
	if profile != "" {
		login += " --profile " + profile
	}
	return provider.Hint(provider.WithClass(provider.ErrDenied, errors.New(text)),
		"run: %s; or set %s, or pass --%s FILE", login, all[min(1, len(all)-1)], token.Name)
}

// CheckUUID returns the check of an ID of what is named, which must be a UUID. More
// is added to what it says otherwise.
func CheckUUID(of, more string) func(string) error {
	return func(id string) error {
		if !provider.IsUUID(id) {
			return provider.Usage("%q is not a valid %s ID: it must be a UUID%s", id, of, more)
		}
		return nil
	}
}

// CheckRegion refuses what is not the name of a region. The region of a new key is
// written to files, and not every reader of those takes every character.
func CheckRegion(region string) error {
	if strings.Trim(region, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
		return provider.Usage("%q is not the name of a region (letters, digits and -_.)", region)
	}
	return nil
}

// Path returns how a kind of a vendor is named on the command line: the first by the vendor.
func Path(p provider.Provider, k provider.Kind) string {
	if k.Name == p.Kinds[0].Name {
		return p.Name
	}
	return p.Name + " " + k.Name
}

// KindNoun returns what people call one credential of a kind: access key for access-key.
func KindNoun(kind string) string {
	words := strings.Split(kind, "-")
	for i, w := range words {
		if w == "api" {
			words[i] = "API"
		}
	}
	return strings.Join(words, " ")
}
