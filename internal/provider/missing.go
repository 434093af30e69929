package provider

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// EnvName returns credctl's own variable for a setting of a vendor.
func EnvName(vendor, setting string) string {
	return "CREDCTL_" + strings.ToUpper(vendor+"_"+setting)
}

// Noun returns what people call a parameter: organization for org.
func (i ParamInfo) Noun() string {
	return cmp.Or(i.Label, strings.ReplaceAll(i.Setting(), "_", " "))
}

// Variables returns the variables of the environment that give a vendor's setting.
func (i ParamInfo) Variables(vendor string) []string {
	return append([]string{EnvName(vendor, i.Setting())}, i.Env...)
}

// MissingSettings is the error of a run without settings of a vendor that it needs.
func MissingSettings(vendor string, missing ...ParamInfo) error {
	var nouns, flags, variables []string
	for _, i := range missing {
		nouns, flags = append(nouns, i.Noun()), append(flags, "--"+i.Name)
		variables = append(variables, strings.Join(i.Variables(vendor), " or "))
	}
	err := Usage("no %s %s is set", brand(vendor), strings.Join(nouns, " or "))
	if len(missing) > 1 {
		return Hint(err, "pass %s, or set %s", strings.Join(flags, " and "), strings.Join(variables, ", and "))
	}
	return Hint(err, "pass %s, or set %s, or run: credctl config set %s.%s VALUE", flags[0], variables[0], vendor, missing[0].Setting())
}

// NoToken is the error of a run without a token of a vendor. Because says why none
// was found, if there is more to say.
func NoToken(vendor string, token ParamInfo, because string) error {
	text := fmt.Sprintf("no %s token found", brand(vendor))
	if because != "" {
		text += " (" + because + ")"
	}
	variables := token.Variables(vendor)
	return Hint(WithClass(ErrDenied, errors.New(text)), "run: credctl auth login %s; or set %s, or pass --%s FILE", vendor, variables[min(1, len(variables)-1)], token.Name)
}

func brand(vendor string) string { return strings.ToUpper(vendor[:1]) + vendor[1:] }
