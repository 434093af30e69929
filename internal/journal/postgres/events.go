package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"

	"github.com/credctl/credctl/internal/provider"
)

// events are the table of the audit trail. Their numbers have no gaps: who adds one says
// which it follows.
type events struct{ in *Database }

// Where names the table.
func (e events) Where() string { return "credctl.event in " + e.in.options.Where }

// Check reports whether events can be added.
func (e events) Check() error {
	rows, err := e.in.conn.rows(context.Background(), "SELECT has_table_privilege('credctl.event', 'INSERT')")
	if err == nil && rows[0][0] != "t" {
		err = provider.WithClass(provider.ErrDenied, errors.New("the role has no INSERT on "+e.Where()))
	}
	return err
}

// Extend adds the line that next makes of the end of the trail. Where another run has
// added one meanwhile, it makes another.
func (e events) Extend(begins func(line []byte) bool, next func(tail []byte) (line []byte, err error)) error {
	for {
		tail, last, err := e.tail(begins)
		if err != nil {
			return err
		}
		line, err := next(tail)
		if err != nil {
			return err
		}
		sum := sha256.Sum256([]byte(text(line)))
		rows, err := e.in.conn.rows(context.Background(), `WITH added AS (INSERT INTO credctl.event (id, body, mac) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING RETURNING body)
SELECT body FROM added UNION SELECT body FROM credctl.event WHERE id = $1`, last+1, text(line), hex.EncodeToString(sum[:]))
		if err != nil || len(rows) > 0 && rows[0][0] == text(line) {
			return err
		}
	}
}

// tail returns the lines from the last one for which begins is true, and the number of
// the last line.
func (e events) tail(begins func(line []byte) bool) (tail []byte, last int64, err error) {
	var lines []string
	for before := int64(1<<63 - 1); ; {
		rows, err := e.in.conn.rows(context.Background(), "SELECT id, body FROM credctl.event WHERE id < $1 ORDER BY id DESC LIMIT 1", before)
		if err != nil {
			return nil, 0, err
		}
		if len(rows) == 0 {
			break
		}
		before = rows[0].int(0)
		last = max(last, before)
		lines = append(lines, rows[0][1])
		if begins([]byte(rows[0][1])) {
			break
		}
	}
	for _, l := range slices.Backward(lines) {
		tail = append(append(tail, l...), '\n')
	}
	return tail, last, nil
}

// Each gives each event to read.
func (e events) Each(read func(line []byte)) error {
	rows, err := e.in.conn.rows(context.Background(), "SELECT body FROM credctl.event ORDER BY id")
	for _, r := range rows {
		read([]byte(r[0]))
	}
	return err
}
