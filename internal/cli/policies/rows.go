package policies

import (
	"cmp"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/rotations/history"
	"github.com/credctl/credctl/internal/results"
	"github.com/credctl/credctl/internal/rotation/policy"
)

func policyColumns() []string {
	return []string{"name", "provider", "id", "due", "changed", "new_id", "state", "retires", "reason", "old_id"}
}

// policyKept are the columns that a table keeps on a narrow terminal. Where an
// entry selects several credentials, its name does not tell them apart.
func policyKept(rows [][]string) []string {
	name := slices.Index(policyColumns(), "name")
	names := map[string]bool{}
	for _, row := range rows {
		names[row[name]] = true
	}
	if len(names) < len(rows) {
		return []string{"name", "state", "id", "reason"}
	}
	return []string{"name", "state", "reason"}
}

// tabulate writes a row for each credential. In a pipe there is none for people when
// all is well.
func tabulate(run *invocation.Invocation, entries []policy.Result) error {
	rows := make([][]string, len(entries))
	quiet := run.Results.Format.ForPeople() && !run.Streams.OutTTY
	for i, r := range entries {
		if rows[i] = entryRow(run.Results, r); run.Results.Format.ForPeople() && r.Err != nil && r.State == "" {
			rows[i][slices.Index(policyColumns(), "state")] = "failed"
		}
		quiet = quiet && !r.Changed && r.Err == nil && r.Recovered == ""
	}
	if quiet {
		return nil
	}
	if entries == nil {
		entries = []policy.Result{}
	}
	for i := range rows {
		rows[i] = arranged(run.Results, rows[i])
	}
	return run.Results.Keeping(policyKept(rows)...).Results(arranged(run.Results, policyColumns()), rows, entries)
}

func entryRow(w *results.Writer, r policy.Result) []string {
	newID, oldID := r.NewID, r.OldID
	if w.Format.ForPeople() && len(w.Columns) == 0 { // what the ID says already is left out
		newID, oldID = strings.TrimPrefix(newID, r.ID), strings.TrimPrefix(oldID, r.ID)
	}
	return []string{r.Name, r.Provider, r.ID, results.YesNo(r.Due), results.YesNo(r.Changed), newID, history.State(w, r.State), results.Time(r.Retires), history.Reason(w, cmp.Or(r.Error, r.Message)), oldID}
}

// arranged returns the columns of results, or a row of them: people read the old ID next to
// the other one.
func arranged(w *results.Writer, cells []string) []string {
	if last := len(cells) - 1; w.Brief() {
		return slices.Insert(cells[:last], slices.Index(policyColumns(), "id")+1, cells[last])
	}
	return cells
}
