package losant

import (
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/losant/service"
	"github.com/credctl/credctl/internal/provider"
)

func help() map[provider.Verb]string {
	return map[provider.Verb]string{
		provider.Create: `The fields of each type are given with --set, --set-file or --config-file. A secret is
never an argument: --set-file reads it from a file or, for -, from standard input. A
type that is not among these is passed on as it is, with --config-file.

` + service.Table(),
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

func completeType(_ provider.Input, begin string) []string {
	return slices.DeleteFunc(service.Names(), func(name string) bool { return !strings.HasPrefix(name, begin) })
}

// completeFields offers the fields that are wanted, of the type that the command
// line names, or of all types; and the values, where there are few.
func completeFields(wanted func(service.Field) bool) func(provider.Input, string) []string {
	return func(in provider.Input, begin string) []string {
		of := service.All()
		if v := in.Value(typeName.Info().Name); v != nil {
			if s, known := service.Find(v.String()); known {
				of = []service.Type{s}
			}
		}
		return service.Suggest(of, begin, wanted)
	}
}
