package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/visible"
)

// rotationCmd is `credctl rotation`.
func (a *app) rotationCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "rotation", Short: "Look at rotations that have not ended, go on with them, or give them up"}
	group(cmd)
	cmd.AddCommand(a.rotationListCmd(), a.rotationShowCmd(), a.rotationResumeCmd(), a.rotationAbortCmd())
	return cmd
}

func statusColumns() []string {
	return []string{"id", "provider", "old_id", "new_id", "state", "strategy", "started", "retires", "destinations", "error"}
}

func (a *app) rotationListCmd() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the rotations that have not ended", Args: exact(),
		RunE: func(*cobra.Command, []string) error {
			engine, err := a.session.Engine()
			if err != nil {
				return err
			}
			list, err := engine.List(all)
			if err != nil {
				return err
			}
			rows := make([][]string, len(list))
			for i, s := range list {
				rows[i] = statusRow(s)
			}
			return a.printer().Results(statusColumns(), rows, list)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "list also those that have ended")
	return withColumns(cmd, statusColumns())
}

func statusRow(s rotation.Status) []string {
	retires := time.Time{}
	if s.Retires != nil {
		retires = *s.Retires
	}
	return []string{
		s.ID, s.Provider, s.OldID, s.NewID, string(s.State), string(s.Strategy), timeCell(s.Started), timeCell(retires),
		destinationsCell(s.Destinations), s.Error,
	}
}

func (a *app) rotationShowCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "show ID", Short: "Show one rotation and its steps; ID is its own, or that of either credential", Args: exact("ID"),
		ValidArgsFunction: a.completeRotations,
		RunE: func(_ *cobra.Command, args []string) error {
			engine, err := a.session.Engine()
			if err != nil {
				return err
			}
			story, err := engine.Show(args[0])
			if err != nil {
				return err
			}
			if a.forPeople() {
				if err := a.printer().Results(statusColumns(), [][]string{statusRow(story.Status)}, story); err != nil {
					return err
				}
				for _, s := range story.Steps {
					fmt.Fprintln(a.streams.Out, strings.TrimRight(fmt.Sprintf("  %s  %-10s %s", s.Time.Format(time.RFC3339), s.Step, visible.Text(s.About+" "+s.Error)), " "))
				}
				return nil
			}
			return a.printer().Results(statusColumns(), [][]string{statusRow(story.Status)}, story)
		},
	}
	return withColumns(cmd, statusColumns())
}

// completeRotations offers the rotations that have not ended.
func (a *app) completeRotations(_ *cobra.Command, args []string, text string) (ids []string, _ cobra.ShellCompDirective) {
	if engine, err := a.session.Engine(); err == nil && len(args) == 0 {
		list, _ := engine.List(false) // what cannot be read is not offered
		for _, s := range list {
			if strings.HasPrefix(s.ID, text) {
				ids = append(ids, fmt.Sprintf("%s\t%s %s", s.ID, s.Provider, s.OldID))
			}
		}
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
