package postgres

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
)

// A connection that was ended is opened again, and a statement that lost to another is sent
// again; any other error is reported.
func TestWhatIsTriedAgain(t *testing.T) {
	for code, want := range map[string]struct{ ends, conflicts bool }{
		"57P01": {ends: true}, "57P02": {ends: true}, "57P05": {ends: true}, "08P01": {ends: true}, "08006": {ends: true}, "08003": {ends: true},
		"40P01": {conflicts: true}, "40001": {conflicts: true}, "42501": {}, "53100": {},
	} {
		err := fmt.Errorf("the journal: %w", &pgconn.PgError{Code: code})
		assert.Equal(t, want.ends, ending(err), code)
		assert.Equal(t, want.conflicts, conflicting(err), code)
	}
}
