package commands

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/golangci/golangci-lint/v2/pkg/logutils"
)

type noCommand struct{ cmd *cobra.Command }

func none(name string) noCommand { return noCommand{&cobra.Command{Use: name, Hidden: true}} }

func newMigrateCommand(logutils.Log, BuildInfo) noCommand { return none("migrate") }

func newCustomCommand(logutils.Log) noCommand { return none("custom") }

func (*configCommand) executeVerify(*cobra.Command, []string) error {
	return errors.New("this build has no schema of its configuration")
}
