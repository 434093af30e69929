package table_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/table"
)

func TestNarrowTerminalLeavesOutWholeColumns(t *testing.T) {
	rows := [][]string{{"katapult", "objkey_1", "web assets of the shop", "active", "2026-01-02"}, {"stratum", "objkey_22", "b", "revoked", ""}}
	for _, c := range []struct {
		width   int
		want    string
		leftOut string
	}{
		{0, "PROVIDER  ID         NAME                    STATUS   CREATED\nkatapult  objkey_1   web assets of the shop  active   2026-01-02\nstratum   objkey_22  b                       revoked\n", ""},
		{64, "PROVIDER  ID         NAME                    STATUS   CREATED\nkatapult  objkey_1   web assets of the shop  active   2026-01-02\nstratum   objkey_22  b                       revoked\n", ""},
		{63, "PROVIDER  ID         NAME                    STATUS\nkatapult  objkey_1   web assets of the shop  active\nstratum   objkey_22  b                       revoked\n", "created"},
		{33, "ID         NAME\nobjkey_1   web assets of the shop\nobjkey_22  b\n", "provider status created"},
		{20, "ID         NAME\nobjkey_1   web asse…\nobjkey_22  b\n", "provider status created"},
		{15, "NAME\n  ID\nweb assets of…\n  objkey_1\nb\n  objkey_22\n", "provider status created"},
		{3, "NAME\n  ID\nweb assets of the shop\n  objkey_1\nb\n  objkey_22\n", "provider status created"},
	} {
		var out []string
		got := draw(t, table.Table{
			Columns: []string{"provider", "id", "name", "status", "created"}, Header: true,
			Width: c.width, Keep: []string{"id", "name"}, LeftOut: func(columns []string) { out = append(out, columns...) },
		}, rows[0], rows[1])
		assert.Equal(t, c.want, got, c.width)
		assert.Equal(t, c.leftOut, strings.Join(out, " "), c.width)
	}
}

func TestOneRowThatDoesNotFitIsALineForEachColumn(t *testing.T) {
	one := table.Table{Columns: []string{"id", "last_used", "name"}, Header: true, Width: 16, Keep: []string{"id", "name"}, Stack: true}
	assert.Equal(t, "ID    objkey_1\nNAME  web assets\n", draw(t, one, []string{"objkey_1", "", "web assets"}))
	assert.Equal(t, "ID      key-1\nREASON  it was not\n        delivered\n        everywhere\n", draw(t, table.Table{Columns: []string{"id", "reason"}, Header: true, Width: 18, Stack: true}, []string{"key-1", "it was not delivered everywhere"}), "sentences are filled")
	assert.Equal(t, "ID    a\nNAME\n  web assets of the shop\n", draw(t, table.Table{Columns: []string{"id", "name"}, Header: true, Width: 24, Stack: true}, []string{"a", "web assets of the shop"}), "a value that does not fit next to its name comes below it")
	assert.Equal(t, "ID      a\nSCOPES  read,\n        write\n", draw(t, table.Table{Columns: []string{"id", "scopes"}, Header: true, Width: 13, Stack: true}, []string{"a", "read,write"}), "scopes are divided")
	assert.Equal(t, "ID         NAME\nobjkey_22  b\n", draw(t, table.Table{Columns: one.Columns, Header: true, Width: 20, Stack: true}, []string{"objkey_22", "", "b"}))
}

func TestColorTakesNoRoom(t *testing.T) {
	red := func(column, cell string) string {
		if column == "status" {
			return "\x1b[31m" + cell + "\x1b[0m"
		}
		return cell
	}
	rows := make([][]string, 0, 102)
	for range 102 { // more than the library draws
		rows = append(rows, []string{"revoked", "x"})
	}
	lines := strings.Split(draw(t, table.Table{Columns: []string{"status", "id"}, Header: true, Style: red}, rows...), "\n")
	assert.Equal(t, "STATUS   ID", lines[0])
	for _, line := range []string{lines[1], lines[102]} {
		assert.True(t, strings.HasPrefix(line, "\x1b[31mrevoked\x1b[0m  "), line)
		assert.Equal(t, "revoked  x", strings.NewReplacer("\x1b[31m", "", "\x1b[0m", "").Replace(line))
	}
}

// What answers the question stays: a path is shortened at its beginning, and a sentence or
// an ID comes whole below its row.
func TestNarrowTerminalShowsWhatMattersMost(t *testing.T) {
	columns := []string{"operation", "provider", "id", "state", "file", "message"}
	rows := [][]string{{"op-1", "katapult", "objkey_1", "failed", "/etc/credctl/rotations.yaml", "the vendor returned no secret"}, {"op-2", "stratum", "objkey_22", "done", "/a.yaml", ""}}
	for _, c := range []struct {
		width int
		keep  []string
		want  string
	}{
		{50, []string{"message", "id", "state"}, "ID         STATE   MESSAGE\nobjkey_1   failed  the vendor returned no secret\nobjkey_22  done\n"},
		{40, []string{"message", "id", "state"}, "OPERATION  PROVIDER  ID         STATE\n  MESSAGE\nop-1       katapult  objkey_1   failed\n  the vendor returned no secret\nop-2       stratum   objkey_22  done\n"},
		{20, []string{"message", "id", "state"}, "ID         STATE\n  MESSAGE\nobjkey_1   failed\n  the vendor\n  returned no secret\nobjkey_22  done\n"},
		{15, []string{"message", "id", "state"}, "STATE\n  ID\n  MESSAGE\nfailed\n  objkey_1\n  the vendor\n  returned no\n  secret\ndone\n  objkey_22\n"},
		{30, []string{"file", "state"}, "STATE   FILE\nfailed  …redctl/rotations.yaml\ndone    /a.yaml\n"},
		{20, []string{"id", "operation", "state"}, "ID         STATE\n  OPERATION\nobjkey_1   failed\n  op-1\nobjkey_22  done\n  op-2\n"},
		{9, []string{"name"}, "OPERATION\nop-1\nop-2\n"},
	} {
		got := draw(t, table.Table{Columns: columns, Header: true, Width: c.width, Keep: c.keep}, rows...)
		assert.Equal(t, c.want, got, "%d %v", c.width, c.keep)
	}
}
