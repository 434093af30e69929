package states

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/journal/transfer"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/session"
)

// moveHeads are what import and export answer.
func moveHeads() []string {
	return []string{"from", "to", "rotations", "pruned", "sightings", "events"}
}

func importState(run *invocation.Invocation) *cobra.Command {
	var from string
	cmd := &cobra.Command{
		Use: "import", Short: "Move a folder into the configured state", Args: syntax.Exact(),
		Long: `Copies the rotations of a state folder, when each credential was first seen, and the audit trail
into the state in use, and marks the folder: later runs that use it end with exit status 2. You can
run it again, and import the folders of several hosts: what the state has is not copied again, and
the earlier date counts. A credential with unfinished rotations in both is refused.

Stop all runs that use the folder first. Where the folder has another identity, secrets are encrypted
again, and credctl no longer recognizes the secrets that were issued with that folder.`,
		Example: `# Move the state folder of this host into the database of the PG* variables
CREDCTL_STATE=postgres:// credctl state import

# Move a folder that was copied from the host web-2
CREDCTL_STATE=postgres:// credctl state import --from web-2`,
		RunE: with(run, func(ctx context.Context, s session.State, _ []string) error {
			dir, err := source(s, from)
			if err != nil {
				return err
			}
			to, err := s.Where()
			if err != nil {
				return err
			}
			store, err := s.Folder(dir, true)
			if err != nil {
				return err
			}
			counts, err := moveInto(ctx, run, store, dir, to)
			if err != nil {
				return err
			}
			return answerMoved(run, "Imported", "dir:"+dir, to, counts)
		}),
	}
	cmd.Flags().StringVar(&from, "from", "", "state `folder` to import (default: that of this host)")
	_ = cmd.MarkFlagDirname("from")
	return syntax.WithColumns(cmd, moveHeads())
}

// source returns the folder to import.
func source(s session.State, from string) (string, error) {
	dir := from
	switch {
	case dir == "" && s.URL == "":
		return "", noDatabase("import")
	case dir == "":
		dir = s.Dir
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if s.URL == "" && dir == s.Dir {
		return "", provider.Hint(provider.Usage("%s is the state in use", dir), "pass the folder to import, or set CREDCTL_STATE to the state to import into")
	}
	if _, err := os.Stat(filepath.Join(dir, "operations")); from != "" && errors.Is(err, fs.ErrNotExist) {
		return "", provider.Hint(provider.WithClass(provider.ErrNotFound, fmt.Errorf("%s is not a state folder", dir)), "pass its path: credctl state import --from DIR")
	}
	return dir, nil
}

// moveInto copies the journal of a folder into the one in use, and marks the folder. What
// a run began meanwhile, before the mark, is copied after it.
func moveInto(ctx context.Context, run *invocation.Invocation, store *journal.Store, dir, where string) (all transfer.Counts, err error) {
	moved, err := folder.MovedTo(dir)
	if err == nil && moved != "" && moved != where {
		err = provider.Hint(provider.Usage("the state in %s has moved to %s", dir, moved), "to move it from there, set CREDCTL_STATE to it and run: credctl state export --to %s", dir)
	}
	if err != nil {
		return all, err
	}
	to, err := run.Session.Journal()
	if err != nil {
		return all, err
	}
	for range 2 {
		counts, err := transfer.Copy(ctx, to, store)
		if err == nil {
			err = folder.MarkMoved(dir, where)
		}
		if err != nil {
			return all, err
		}
		all = transfer.Counts{
			Operations: all.Operations + counts.Operations, Records: all.Records + counts.Records,
			Sightings: all.Sightings + counts.Sightings, Events: all.Events + counts.Events,
		}
	}
	return all, nil
}

func exportState(run *invocation.Invocation) *cobra.Command {
	var to string
	var cmd *cobra.Command
	cmd = &cobra.Command{
		Use: "export", Short: "Copy the state into a folder", Args: syntax.Exact(),
		Long: `Copies the state in use into a folder, which CREDCTL_STATE=dir:DIR then uses, with the identity
unless a variable or the keyring has it. The state in use stays as it is: before you use the folder,
stop all hosts, because two states do not see each other. A folder whose state was moved into the
database can be used again after the export.`,
		Example: `# Copy the state
credctl state export --to state-copy

# Look at the copy
CREDCTL_STATE="dir:$PWD/state-copy" credctl state check`,
		RunE: with(run, func(ctx context.Context, s session.State, _ []string) error {
			if to == "" {
				return syntax.MissingFlags(cmd, "--to")
			}
			dir, err := filepath.Abs(to)
			if err != nil {
				return err
			}
			from, err := s.Where()
			if err != nil {
				return err
			}
			if from == "dir:"+dir {
				return provider.Hint(provider.Usage("%s is the state in use", dir), "pass another folder")
			}
			counts, err := copyInto(ctx, run, s, dir, from)
			if err != nil {
				return err
			}
			return answerMoved(run, "Exported", from, "dir:"+dir, counts)
		}),
	}
	cmd.Flags().StringVar(&to, "to", "", "`folder` to copy the state into")
	_ = cmd.MarkFlagDirname("to")
	return syntax.WithColumns(cmd, moveHeads())
}

// copyInto copies the journal in use into a folder.
func copyInto(ctx context.Context, run *invocation.Invocation, s session.State, dir, from string) (counts transfer.Counts, err error) {
	moved, err := folder.MovedTo(dir)
	if err == nil && moved != "" && moved != from {
		err = provider.Hint(provider.Usage("the state in %s has moved to %s", dir, moved), "pass another folder")
	}
	if err != nil {
		return counts, err
	}
	store, err := run.Session.Journal()
	if err != nil {
		return counts, err
	}
	if err := store.CheckIdentity(); err != nil {
		return counts, err
	}
	if err := giveIdentity(ctx, s, dir); err != nil {
		return counts, err
	}
	to, err := s.Folder(dir, true)
	if err != nil {
		return counts, err
	}
	if counts, err = transfer.Copy(ctx, to, store); err != nil {
		return counts, err
	}
	return counts, folder.MarkMoved(dir, "")
}

func answerMoved(run *invocation.Invocation, verb, from, to string, c transfer.Counts) error {
	sentence := func() error {
		run.Streams.Remark("%s %s from %s into %s", verb, count(c.Operations+c.Records, "rotation"), from, to)
		run.Streams.Remark("Also: %s, %s of the audit trail", count(c.Sightings, "first-seen date"), count(c.Events, "event"))
		return nil
	}
	return run.Results.Answer(moveHeads(), sentence, from, to, c.Operations, c.Records, c.Sightings, c.Events)
}
