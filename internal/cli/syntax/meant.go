package syntax

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
)

// VendorGroup is the group of the commands of vendors.
const VendorGroup = "vendors"

// Aliases returns the names that people try for a command with this name.
func Aliases(name string) []string {
	switch name {
	case "list":
		return []string{"ls"}
	case "get":
		return []string{"show", "describe"}
	case "show":
		return []string{"get", "describe"}
	case "create":
		return []string{"new", "add"}
	case "update":
		return []string{"edit"}
	case "delete":
		return []string{"rm", "remove", "revoke"}
	}
	return nil
}

// meanings are commands by other words for them, for what no spelling leads to.
func meanings() map[string]string {
	return map[string]string{ //nolint:gosec // G101: none of it is a credential
		"login": "auth login", "logout": "auth logout", "status": "auth status", "whoami": "auth status", "token": "auth login", "signin": "auth login",
		"init": "config init", "configure": "config init", "setup": "config init", "settings": "config view", "env": "help environment",
		"config get": "config view", "config show": "config view", "config list": "config view", "config edit": "config path",
		"auth token": "auth status", "auth list": "auth status", "auth ls": "auth status", "auth show": "auth status",
		"profiles": "profile list", "rotations": "rotation list", "resume": "rotation resume", "abort": "rotation abort", "continue": "rotation resume",
		"state": "status", "demo": "sandbox", "try": "sandbox", "upgrade": "version", "man": "help",
		"renew": "rotate", "regenerate": "generate", "rename": "update", "set": "update", "destroy": "delete", "find": "get",
	}
}

// meant says what a person who gave args to cmd most likely meant, as a hint, or "".
func meant(cmd *cobra.Command, args []string) string {
	root, path := cmd.Root(), cmd.CommandPath()
	if cmd == root {
		if verb := VerbNamed(args[0]); verb != "" {
			return verbAtRoot(root, verb, args[1:])
		}
	}
	if to, ok := meanings()[cmd.Name()+" "+args[0]]; ok {
		return fmt.Sprintf("did you mean %q?", root.Name()+" "+to)
	}
	if to, ok := meanings()[args[0]]; ok {
		first, _, _ := strings.Cut(to, " ")
		if has(cmd, first) {
			return fmt.Sprintf("did you mean %q?", path+" "+to)
		}
		if has(root, first) {
			return fmt.Sprintf("did you mean %q?", root.Name()+" "+to)
		}
	}
	if cmd.GroupID == VendorGroup && args[0] == "deliver" {
		return fmt.Sprintf("did you mean %q?", root.Name()+" deliver "+cmd.Name())
	}
	if cmd.GroupID == VendorGroup && isNoun(args[0]) {
		return fmt.Sprintf("did you mean %q?", path+" list")
	}
	var known []string
	for _, c := range cmd.Commands() {
		if !c.Hidden {
			known = append(append(known, c.Name()), c.Aliases...)
		}
	}
	if near := provider.Closest(args[0], known); near != "" {
		return fmt.Sprintf("did you mean %q?", path+" "+near)
	}
	return ""
}

// AtVendor says how a verb of vendors is called that was called without one, or before it, with
// flags that only it has, or "".
func AtVendor(root *cobra.Command, args []string) string {
	verb := VerbNamed(args[0])
	if verb == "" {
		return ""
	}
	if len(args) > 1 && slices.Contains(vendors(root), args[1]) {
		return fmt.Sprintf("put the vendor first: %s %s %s, with the flags after it", root.Name(), args[1], strings.Join(append([]string{verb}, args[2:]...), " "))
	}
	return verbAtRoot(root, verb, nil)
}

// verbAtRoot says how a verb of vendors is called that was called without one.
func verbAtRoot(root *cobra.Command, verb string, args []string) string {
	if len(args) > 0 {
		if line := atVendor(root, args[0], verb, args[1:]); line != "" {
			return "run: " + line
		}
	}
	rest := "ID"
	if len(args) > 0 && verb != string(provider.Create) {
		rest = "--name " + quote.Word(args[0])
	} else if verb == string(provider.Create) {
		rest = "--name NAME"
	}
	return fmt.Sprintf("name the vendor (%s), run: credctl VENDOR %s %s", strings.Join(vendors(root), ", "), verb, rest)
}

// atVendor is the line that calls a verb at a vendor, or "" where vendor is none.
func atVendor(root *cobra.Command, vendor, verb string, rest []string) string {
	if !slices.Contains(vendors(root), vendor) {
		return ""
	}
	words := []string{root.Name(), vendor, verb}
	for _, arg := range rest {
		words = append(words, quote.Word(arg))
	}
	return strings.Join(words, " ")
}

func vendors(root *cobra.Command) (names []string) {
	for _, c := range root.Commands() {
		if c.GroupID == VendorGroup {
			names = append(names, c.Name())
		}
	}
	return names
}

// wait is a command of vendors that reads as the verb get does.
const wait = "wait"

// VerbNamed returns the verb of vendors that has this name or alias, or wait, or "".
func VerbNamed(word string) string {
	if word == wait {
		return wait
	}
	for _, v := range provider.Verbs() {
		if word == string(v) || slices.Contains(Aliases(string(v)), word) {
			return string(v)
		}
	}
	return ""
}

// isNoun reports whether a word is what people call the things that a vendor lists.
func isNoun(word string) bool {
	word = strings.TrimSuffix(strings.ToLower(word), "s")
	return slices.Contains([]string{"key", "access-key", "api-key", "apikey", "token", "credential", "secret", "cred"}, word)
}

func has(cmd *cobra.Command, name string) bool {
	return slices.ContainsFunc(cmd.Commands(), func(c *cobra.Command) bool { return c.Name() == name })
}
