package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/provider"
)

// A field is a part of what a command answers that shows no credentials.
type field struct {
	name  string
	value any // "" is left out
}

// keyValue marks cmd as one that ends with [app.answer], of fields with these names.
func (a *app) keyValue(cmd *cobra.Command, names ...string) *cobra.Command {
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := a.notIssued(cmd.Name()); err != nil {
			return err
		}
		return run(cmd, args)
	}
	return withColumns(cmd, names)
}

// answer writes what came of a command: fields where a program or --columns asks
// for them, and else a sentence.
func (a *app) answer(fields []field, sentence func() error) error {
	if a.forPeople() && len(a.global.columns) == 0 {
		return sentence()
	}
	heads, row, value := make([]string, len(fields)), make([]string, len(fields)), map[string]any{}
	for i, f := range fields {
		heads[i], row[i] = f.name, fmt.Sprint(f.value)
		if f.value != "" {
			value[f.name] = f.value
		}
	}
	return a.printer().Results(heads, [][]string{row}, value)
}

// notIssued refuses a format that shows what was just issued, for a command that
// issues nothing.
func (a *app) notIssued(what string) error {
	if a.format.Issued() {
		return provider.Usage("-o %s is for a credential that was just issued, not for %s", a.global.output, what)
	}
	return nil
}
