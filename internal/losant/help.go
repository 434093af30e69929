package losant

import (
	"fmt"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

func help() map[provider.Verb]string {
	return map[provider.Verb]string{
		provider.Create: `The fields of each type are given with --set, --set-file or --config-file. A secret is
never an argument: --set-file reads it from a file or, for -, from standard input. A
type that is not among these is passed on as it is, with --config-file.

` + table(),
		provider.Update: `Only what is named is changed. Where a field of the configuration changes, all of
it that Losant shows is sent along. "credctl losant create --help" has the fields of each type.
Workflows, integrations and archives refer to a credential by its name.`,
		provider.Rotate: `The secret of the credential is overwritten in one request; the old one cannot be
had back. Give the new one with --set-file. For snowflake and git, Losant itself makes a key
pair when none is given. "credctl losant create --help" has the fields of each type.`,
		provider.Generate: `Losant makes a new key pair, keeps the private half and shows the public one, which
then is to be registered at the service. Only snowflake and git (ssh-key) have this.`,
	}
}

// table describes the fields of all types, a line each.
func table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-20s%-25s%s\n", "TYPE", "FIELD", "VALUE")
	for _, s := range services {
		label := s.name
		for _, f := range s.fields {
			if f.readOnly {
				continue
			}
			fmt.Fprintf(&b, "%-20s%-25s%s\n", label, f.name, f.describe())
			label = ""
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (f field) describe() string {
	words := []string{f.domain()}
	if f.required {
		words = append(words, "needed")
	}
	if f.secret {
		words = append(words, "secret")
	}
	if f.note != "" {
		words = append(words, f.note)
	}
	return strings.Join(words, "; ")
}

func completeType(_ provider.Input, begin string) []string { return beginning(begin, typeNames()) }

// completeFields offers the fields that are wanted, of the type that the command
// line names, or of all types; and the values, where there are few.
func completeFields(wanted func(field) bool) func(provider.Input, string) []string {
	return func(in provider.Input, begin string) []string {
		of := services
		if v := in.Value(typeName.Info().Name); v != nil {
			if s, known := find(v.String()); known {
				of = []service{s}
			}
		}
		var words []string
		for _, s := range of {
			for _, f := range s.fields {
				if f.readOnly || !wanted(f) {
					continue
				}
				words = append(words, f.name+"=")
				if strings.HasPrefix(begin, f.name+"=") {
					words = append(words, f.choices()...)
				}
			}
		}
		slices.Sort(words)
		return beginning(begin, slices.Compact(words))
	}
}

// choices returns f with each of its values, if they are a closed set.
func (f field) choices() (words []string) {
	values := f.values
	if f.kind == truth {
		values = []string{"true", "false"}
	}
	for _, v := range values {
		words = append(words, f.name+"="+v)
	}
	return words
}

func beginning(begin string, words []string) []string {
	return slices.DeleteFunc(words, func(w string) bool { return !strings.HasPrefix(w, begin) })
}
