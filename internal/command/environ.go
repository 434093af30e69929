package command

import (
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// Environ returns the environment of a command that is about c: that of the user,
// and what identifies c as CREDCTL_PROVIDER, CREDCTL_KIND, CREDCTL_ID, CREDCTL_NAME,
// CREDCTL_KEY, CREDCTL_ENDPOINT and CREDCTL_REGION. The variables that hide names are
// left out, such as those of the vendors' tokens; so is a variable of credctl's own,
// or of c's vendor, whose name ends like a secret's.
func Environ(user, hide []string, c provider.Credential) []string {
	var env []string
	for _, kv := range user {
		name, _, _ := strings.Cut(kv, "=")
		if !slices.Contains(hide, name) && !secretName(name, "CREDCTL_") && !secretName(name, strings.ToUpper(c.Provider)+"_") {
			env = append(env, kv)
		}
	}
	values := []string{c.Provider, c.Kind, c.ID, c.Name, c.Key, c.Endpoint, c.Region}
	for i, name := range about() {
		if strings.Contains(values[i], "\x00") { // no variable can hold it
			values[i] = ""
		}
		env = append(env, name+"="+values[i]) // empty too, so that none is left from before
	}
	return env
}

// about are the variables that identify a credential.
func about() []string {
	return []string{"CREDCTL_PROVIDER", "CREDCTL_KIND", "CREDCTL_ID", "CREDCTL_NAME", "CREDCTL_KEY", "CREDCTL_ENDPOINT", "CREDCTL_REGION"}
}

// The variables that a hook gets besides.
const (
	OldID        = "CREDCTL_OLD_ID"
	NewID        = "CREDCTL_NEW_ID"
	Operation    = "CREDCTL_OPERATION"
	Destinations = "CREDCTL_DESTINATIONS"
)

// Variables returns the names of all variables that commands get.
func Variables() []string { return append(about(), OldID, NewID, Operation, Destinations) }

// secretName reports whether a variable with this prefix is a secret, by its name.
func secretName(name, prefix string) bool {
	name = strings.ToUpper(name)
	return strings.HasPrefix(name, prefix) && prefix != "_" && slices.ContainsFunc(
		[]string{"TOKEN", "KEY", "SECRET", "PASSWORD", "PASSPHRASE"}, func(s string) bool { return strings.HasSuffix(name, s) })
}
