package configfile

import (
	"fmt"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// Template returns a configuration file in which every setting is a comment.
func Template(vendors []provider.Provider) string {
	var b strings.Builder
	b.WriteString("# Configuration of credctl. Flags and environment variables take precedence.\n" +
		"# Do not write tokens here: token_file names a file that holds a token, token_command\n" +
		"# a command that prints one, and `credctl auth login` stores one in the keyring.\n\n" +
		fmt.Sprintf("version: %d\n", newest) + "#default_profile: default\n#state: postgres://credctl@db.example.com/credctl  # for several hosts; without it, the state folder\n#state_identity: keyring  # where the key of the rotation journal is; without it, in the state folder\n#state_lease: 2m  # how long a lock in the database lasts after a crash\n\nprofiles:\n  default:\n")
	for _, p := range vendors {
		fmt.Fprintf(&b, "    # %s\n    %s:\n      #base_url: %s\n", p.Title, p.Name, p.BaseURL)
		for _, param := range p.Settings {
			i := param.Info()
			key := i.Setting()
			name, usage := key, strings.ReplaceAll(i.Usage, "`", "")
			if i.From == provider.File {
				name += "_file"
				usage, _, _ = strings.Cut(usage, "; - is standard input") // which is for flags
			}
			fmt.Fprintf(&b, "      #%s:  # %s\n", name, usage)
			if key == Token {
				fmt.Fprintf(&b, "      #%s:  # command that prints the token; runs without a shell\n", TokenCommand)
			}
		}
	}
	return b.String()
}
