package history

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// HintName adds to the error of an ID that the journal does not know whose name it is, if it
// is one: the command with the ID.
func HintName(run *invocation.Invocation, cmd *cobra.Command, name string, err error) error {
	if name == "" || !errors.Is(err, provider.ErrNotFound) {
		return err
	}
	engine, eerr := run.Session.Engine()
	if eerr != nil {
		return err
	}
	all, lerr := oplog.List(engine.Journal, true)
	if lerr != nil { // the first error says enough
		return err
	}
	var ids []string
	for _, s := range all {
		if s.Name == name && s.ID != "" && !slices.Contains(ids, s.ID) {
			ids = append(ids, s.ID)
		}
	}
	switch len(ids) {
	case 0:
		return err
	case 1:
		return provider.Hint(err, "%q is the name of %s, run: %s %s", name, ids[0], cmd.CommandPath(), quote.Word(ids[0]))
	}
	return provider.Hint(err, "these credentials are named %q: %s; pass the ID of one of them", name, strings.Join(ids, ", "))
}
