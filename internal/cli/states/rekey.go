package states

import (
	"context"
	"errors"
	"path/filepath"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/identity"
	"github.com/credctl/credctl/internal/journal/rekey"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/locks"
	"github.com/credctl/credctl/internal/session"
)

func rekeyState(run *invocation.Invocation) *cobra.Command {
	heads := []string{"state", "recipient", "rotations", "identity", "previous"}
	var file string
	var cmd *cobra.Command
	cmd = &cobra.Command{
		Use: "rekey", Short: "Encrypt the state for a new identity", Args: syntax.Exact(),
		Long: `Encrypts the secrets of unfinished rotations for the identity in a file, and makes it the identity of
the state. The old identity opens nothing that is written from then on. Signatures and fingerprints
stay valid, so that the history remains: they are made with keys that are passed on, encrypted.

Stop all runs first. An identity that is in the state folder is replaced on this host, and the old
identity stays in the same folder as age.txt.before-rekey-DATE-TIME; on other hosts, and where a
variable names the identity, replace it yourself. Keep the old identity until every state folder is
imported. After an interruption, run the command again.`,
		Example: `# Encrypt the state for an identity that age-keygen has created
credctl state rekey --new-identity new.txt

# Check that this host can use the state
credctl state check`,
		RunE: with(run, func(ctx context.Context, s session.State, _ []string) error {
			if file == "" {
				return syntax.MissingFlags(cmd, "--new-identity")
			}
			path, err := filepath.Abs(file)
			if err != nil {
				return err
			}
			is, err := s.Where()
			if err != nil {
				return err
			}
			recipient, rotations, err := rekeyTo(ctx, s, identity.File(path))
			if err != nil {
				return err
			}
			place, _, err := s.Identity()
			if err != nil {
				return err
			}
			before, own, err := replaceIdentity(s, path)
			if err != nil {
				return err
			}
			sentence := func() error {
				run.Streams.Remark("Encrypted %s in %s for %s", count(rotations, "rotation"), is, recipient)
				if before != "" {
					run.Streams.Remark("The old identity is in %s", before)
				}
				if !own {
					run.Streams.Remark("Next: replace %s by %s on this host", place.Name, path)
				}
				if s.URL != "" {
					run.Streams.Remark("Next: replace the identity on every other host; until then their runs end with exit status 3")
				}
				return nil
			}
			return run.Results.Answer(heads, sentence, is, recipient, rotations, place.Name, before)
		}),
	}
	cmd.Flags().StringVar(&file, "new-identity", "", "`file` with the new age identity")
	_ = cmd.MarkFlagFilename("new-identity")
	return syntax.WithColumns(cmd, heads)
}

// rekeyTo makes the identity at a place that of the state.
func rekeyTo(ctx context.Context, s session.State, place identity.Place) (recipient string, rotations int, err error) {
	id, err := readIdentity(ctx, place)
	if err != nil {
		return "", 0, err
	}
	recipient = id.Recipient().String()
	store, err := s.Open()
	if err != nil {
		return recipient, 0, err
	}
	key, refused := store.Key()
	switch {
	case refused == nil && key.Recipient() == recipient:
		return recipient, 0, provider.Hint(provider.Usage("%s is the identity of the state already", place.Name), "create another one with: age-keygen -o FILE")
	case refused == nil:
		err = rekey.Prepare(ctx, store, id, alone)
	case !errors.Is(refused, provider.ErrDenied) && !errors.Is(refused, provider.ErrRefused):
		err = refused
	}
	if err != nil {
		return recipient, 0, err
	}
	renewed, err := s.OpenWith(place)
	if err != nil {
		return recipient, 0, err
	}
	rotations, err = rekey.Finish(ctx, renewed, alone)
	if err != nil && refused != nil { // no run before this one has changed the identity
		err = refused
	}
	return recipient, rotations, err
}

func readIdentity(ctx context.Context, place identity.Place) (*age.X25519Identity, error) {
	text, err := place.Read(ctx)
	if err != nil {
		if !errors.Is(err, provider.ErrRefused) {
			err = provider.WithClass(provider.ErrUsage, err)
		}
		return nil, provider.Hint(err, "create an identity with: age-keygen -o FILE")
	}
	return identity.Parse(place.Name, text)
}

// alone takes the locks of an operation.
func alone(ctx context.Context, s *journal.Store, x journal.Index, o *journal.Operation) (context.Context, func(), error) {
	names, err := locks.Of(o, x.Root)
	if err != nil {
		return ctx, nil, err
	}
	return locks.Take(ctx, s, names, 0)
}
