package losant

import (
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/losant/service"
	"github.com/credctl/credctl/internal/provider"
)

func help() map[provider.Verb]string {
	return map[provider.Verb]string{
		provider.Create: `Pass the fields of the type with --set, --set-file or --config-file. A secret is
never an argument: --set-file reads it from a file, or with - from standard input. For
a type that is not listed here, pass the whole configuration with --config-file.` + "\n\nFields of each type:\n\n" + service.Table(),
		provider.Update: `Only the fields you pass change. When a field of the configuration changes, credctl sends
all fields that Losant shows. "credctl losant create --help" lists the fields of each type.
Workflows, integrations and archives refer to a credential by its name.`,
		provider.Rotate: `Overwrites the secret of the credential in one request; this cannot be undone. Pass the
new secret with --set-file. For snowflake and git, Losant generates a key pair when you
pass none. "credctl losant create --help" lists the fields of each type.`,
		provider.Generate: `Losant generates a key pair, keeps the private key and shows the public key. Register
the public key at the service. Only snowflake and git (ssh-key) have key pairs.`,
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
