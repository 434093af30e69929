package table_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/table"
)

func draw(t *testing.T, table table.Table, rows ...[]string) string {
	t.Helper()
	var b strings.Builder
	table.W = &b
	for _, row := range rows {
		require.NoError(t, table.Row(row))
	}
	require.NoError(t, table.End())
	return b.String()
}

func TestTable(t *testing.T) {
	columns := []string{"id", "last_used", "region"}
	assert.Equal(t, "ID     REGION\na漢b   eu\nlong1  us\n",
		draw(t, table.Table{Columns: columns, Header: true}, []string{"a漢b", "", "eu"}, []string{"long1", "", "us"}), "columns with nothing in them are left out")
	assert.Equal(t, "ID  LAST USED  REGION\n1\n",
		draw(t, table.Table{Columns: columns, Header: true, Empty: true}, []string{"1", "", ""}), "no line ends with spaces")
	assert.Equal(t, "a?[2Jb  eu\n", draw(t, table.Table{Columns: columns}, []string{" a\x1b[2Jb ", "", "eu"}), "without a header, and safe to show")
	assert.Empty(t, draw(t, table.Table{Columns: columns, Header: true}), "without rows there is no header")
	const at = "2016-11-29T23:30:00-01:00"
	assert.Equal(t, "2016-11-30  "+at+"\n", draw(t, table.Table{Columns: []string{"retires", "name"}}, []string{at, at}), "a time is a day in UTC; a name is a name")
}

// Who waits for the end of a grace period of hours plans by the hour.
func TestTheHourOfATimeThatIsNear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		row := func(column string, in time.Duration) string {
			at := time.Now().Add(in)
			drawn := strings.TrimSpace(draw(t, table.Table{Columns: []string{column}}, []string{at.UTC().Format(time.RFC3339)}))
			return strings.NewReplacer(at.Local().Format("2006-01-02 15:04"), "hour", at.UTC().Format(time.DateOnly), "day").Replace(drawn)
		}
		for _, column := range []string{"retires", "due_at", "expires", "started", "next_due", "last_run", "last_success"} {
			assert.Equal(t, "hour", row(column, time.Hour), column)
			assert.Equal(t, "hour", row(column, -47*time.Hour), column)
			assert.Equal(t, "day", row(column, 49*time.Hour), column)
			assert.Equal(t, "day", row(column, -49*time.Hour), column)
		}
		assert.Equal(t, "day", row("created", -time.Hour), "a list has days")
	})
}

func TestLongTableIsWrittenAsItComes(t *testing.T) {
	var b strings.Builder
	long := table.Table{W: &b, Columns: []string{"id", "name", "empty"}, Header: true}
	for i := range 1000 {
		require.NoError(t, long.Row([]string{fmt.Sprintf("%03d", i), "n", ""}))
	}
	assert.True(t, strings.HasPrefix(b.String(), "ID   NAME  EMPTY\n000  n\n"), "a column may get something in a later row")
	b.Reset()
	require.NoError(t, long.Row([]string{"1000000", "m", "x"}))
	assert.Equal(t, "1000000  m     x\n", b.String(), "a wider cell is neither cut nor wrapped")
}
