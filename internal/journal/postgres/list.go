package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/journal/keyed"
)

// A list is a table of lines that are found by keys.
type list struct {
	in    *conn
	table string
	named bool // a line is that of an operation, which has only one
	codec keyed.Codec
}

// Refresh does nothing: each statement sees what there is.
func (l *list) Refresh() error { return nil }

// Size is more than the place of each line.
func (l *list) Size() int64 {
	rows, err := l.in.rows(context.Background(), "SELECT coalesce(max(seq), 0) + 1 FROM credctl."+l.table)
	if err != nil || len(rows) == 0 || rows[0].int(0) == 1 {
		return 0
	}
	return rows[0].int(0)
}

// Find returns the line with this key.
func (l *list) Find(key string) (line []byte, at int64, err error) {
	rows, err := l.in.rows(context.Background(), "SELECT seq, body FROM credctl."+l.table+" WHERE keys @> ARRAY[$1] ORDER BY seq", key)
	for _, r := range rows {
		next := []byte(r[1] + "\n")
		if line == nil || l.codec.KeepEarlier == nil || !l.codec.KeepEarlier(key, line, next) {
			line, at = next, r.int(0)
		}
	}
	if err != nil || line == nil {
		return nil, 0, err
	}
	keys, err := l.codec.Keys(line)
	if err == nil && !slices.Contains(keys, key) {
		err = fmt.Errorf("credctl.%s has keys in row %d that are not as credctl wrote them", l.table, at)
	}
	return line, at, err
}

// Each calls do with every line.
func (l *list) Each(do func(line []byte) error) error {
	rows, err := l.in.rows(context.Background(), "SELECT body FROM credctl."+l.table+" ORDER BY seq")
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := do([]byte(r[0] + "\n")); err != nil {
			return err
		}
	}
	return nil
}

// Add adds lines.
func (l *list) Add(n int, line func(i int) ([]byte, error)) error {
	for i := range n {
		next, err := line(i)
		if err != nil {
			return err
		}
		if next == nil {
			continue
		}
		keys, err := l.codec.Keys(next)
		if err != nil {
			return err
		}
		if err := l.add(next, keys); err != nil {
			return err
		}
	}
	return nil
}

func (l *list) add(line []byte, keys []string) error {
	if !l.named {
		_, err := l.in.rows(context.Background(), "INSERT INTO credctl."+l.table+" (keys, body) VALUES ($1::text[], $2)", keys, text(line))
		return err
	}
	var of struct {
		Operation string `json:"operation"`
	}
	if err := json.Unmarshal(line, &of); err != nil {
		return err
	}
	_, err := l.in.rows(context.Background(), "INSERT INTO credctl."+l.table+" (name, keys, body) VALUES ($1, $2::text[], $3) ON CONFLICT (name) DO NOTHING", of.Operation, keys, text(line))
	return err
}
