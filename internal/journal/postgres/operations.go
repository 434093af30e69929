package postgres

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/failpoint"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/journal/entry"
)

// guard begins a statement that changes something only while this run holds all locks
// that it has taken ($1 and $2), and that is on the disk when it has returned.
const guard = `WITH mine AS (SELECT * FROM unnest($1::text[], $2::bigint[]) AS m(name, epoch)),
locked AS (SELECT l.name FROM credctl.lease l JOIN mine USING (name, epoch) WHERE l.expires > clock_timestamp() ORDER BY l.name FOR SHARE OF l),
may AS (
	SELECT CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') THEN set_config('synchronous_commit', 'on', true) END
	WHERE (SELECT count(*) FROM locked) = (SELECT count(*) FROM mine)
),
`

// guarded sends a statement that begins with guard, and returns the locks that it names.
func (d *Database) guarded(sql string, args ...any) (rows []row, held []*lease, err error) {
	d.leases.changing.RLock()
	defer d.leases.changing.RUnlock()
	held = d.leases.all()
	names, epochs := names(held)
	rows, err = d.conn.rows(context.Background(), guard+sql, append([]any{names, epochs}, args...)...)
	return rows, held, err
}

// refused returns why a guarded statement has changed nothing: a lock was lost, or else
// the operation ends with another entry. It returns nil where the operation ends with last: the statement was carried
// out before a connection broke.
func (d *Database) refused(held []*lease, id, last string) error {
	names, epochs := names(held)
	mine, err := d.conn.rows(context.Background(), `SELECT m.name FROM unnest($1::text[], $2::bigint[]) AS m(name, epoch)
LEFT JOIN credctl.lease l ON l.name = m.name AND l.epoch = m.epoch AND l.expires > clock_timestamp() WHERE l.name IS NULL`, names, epochs)
	if err != nil {
		return err
	}
	now, err := d.conn.rows(context.Background(), "SELECT last FROM credctl.operation WHERE id = $1", id)
	switch {
	case err != nil:
		return err
	case len(now) > 0 && now[0][0] == last:
		return nil
	case len(mine) == 0:
		return backend.ErrConflict
	}
	const why = "another run may have taken it"
	for _, l := range held {
		if l.name == mine[0][0] {
			l.lose(why)
		}
	}
	return lost(mine[0][0], why)
}

// Live returns the operations that were not moved.
func (d *Database) Live() ([]backend.Version, error) {
	rows, err := d.conn.rows(context.Background(), "SELECT id, revision FROM credctl.operation WHERE place = 'live' ORDER BY started, id")
	live := make([]backend.Version, len(rows))
	for i, r := range rows {
		live[i] = backend.Version{ID: r[0], Version: r[1]}
	}
	return live, err
}

// Read returns the text of operations.
func (d *Database) Read(ids ...string) (texts []backend.Text, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := d.conn.rows(context.Background(), `SELECT o.id, o.revision, o.head, e.body FROM credctl.operation o JOIN credctl.entry e ON e.operation = o.id
WHERE o.id = ANY($1::text[]) AND o.place IN ('live', 'ended') ORDER BY o.started, o.id, e.seq`, ids)
	for _, r := range rows {
		if len(texts) == 0 || texts[len(texts)-1].ID != r[0] {
			texts = append(texts, backend.Text{Version: backend.Version{ID: r[0], Version: r[1]}, Lines: []byte(r[2])})
		}
		t := &texts[len(texts)-1]
		t.Lines = append(append(t.Lines, r[3]...), '\n')
	}
	return texts, err
}

// divide divides the text of an operation into its head and its entries.
func divide(lines []byte) (head string, bodies []string, entries []entry.Entry) {
	var f entry.File
	f.Parse(lines)
	for line := range bytes.Lines(lines) {
		if f.Headed && head == "" {
			head = string(line)
			continue
		}
		if len(bytes.TrimSpace(line)) > 0 {
			bodies = append(bodies, text(line))
		}
	}
	return head, bodies, f.Entries
}

// Create adds an operation.
func (d *Database) Create(id string, lines []byte) error {
	head, bodies, entries := divide(lines)
	if len(entries) == 0 || len(entries) != len(bodies) {
		return fmt.Errorf("operation %s has an entry that cannot be read", id)
	}
	first, last := entries[0], entries[len(entries)-1]
	rows, held, err := d.guarded(`o AS (
	INSERT INTO credctl.operation (id, provider, kind, old_id, new_id, state, head, last, entries)
	SELECT $3, $4, $5, $6, $7, $8, $9, $10, cardinality($12::text[]) FROM may ON CONFLICT (id) DO NOTHING RETURNING id
)
INSERT INTO credctl.entry (operation, seq, host, body) SELECT o.id, b.seq, $11, b.body FROM o, unnest($12::text[]) WITH ORDINALITY AS b(body, seq) RETURNING seq`,
		id, first.Provider, first.Kind, first.OldID, newID(entries), string(last.Step), head, last.MAC, d.holder.host, bodies)
	if err != nil || len(rows) > 0 {
		return err
	}
	return d.refused(held, id, last.MAC)
}

func newID(entries []entry.Entry) (id string) {
	for _, e := range entries {
		id = cmp.Or(e.NewID, id)
	}
	return id
}

// Append adds an entry to an operation.
func (d *Database) Append(id string, a backend.Addition) error {
	var e entry.Entry
	if err := json.Unmarshal(a.Line, &e); err != nil {
		return err
	}
	rows, held, err := d.guarded(`o AS (
	UPDATE credctl.operation SET head = $4, last = $5, entries = entries + 1, revision = revision + 1, state = $6,
		new_id = coalesce(nullif($7, ''), new_id), updated = clock_timestamp()
	FROM may WHERE id = $3 AND last = $10 AND place = 'live' RETURNING id, entries
)
INSERT INTO credctl.entry (operation, seq, host, body) SELECT id, entries, $8, $9 FROM o RETURNING seq`,
		id, string(a.Head), e.MAC, string(e.Step), e.NewID, d.holder.host, text(a.Line), a.After)
	if err != nil || len(rows) > 0 {
		return err
	}
	return d.refused(held, id, e.MAC)
}

// Replace replaces the entries of an operation.
func (d *Database) Replace(id, after string, lines []byte) error {
	head, bodies, entries := divide(lines)
	if len(entries) == 0 {
		return backend.ErrConflict
	}
	last := entries[len(entries)-1].MAC
	rows, held, err := d.guarded(`o AS (
	UPDATE credctl.operation SET head = $4, last = $5, entries = cardinality($7::text[]), state = $8, new_id = $9,
		revision = revision + 1, updated = clock_timestamp()
	FROM may WHERE id = $3 AND last = $6 AND entries <= cardinality($7::text[]) AND place = 'live' RETURNING id
)
INSERT INTO credctl.entry (operation, seq, host, body) SELECT o.id, b.seq, $10, b.body FROM o, unnest($7::text[]) WITH ORDINALITY AS b(body, seq)
ON CONFLICT (operation, seq) DO UPDATE SET body = excluded.body RETURNING seq`,
		id, head, last, after, bodies, string(entries[len(entries)-1].Step), newID(entries), d.holder.host)
	if err != nil || len(rows) > 0 {
		return err
	}
	return d.refused(held, id, last)
}

// Finish moves operations to those that have ended.
func (d *Database) Finish(ids []string, record func() error) (moved int) {
	_, release, err := d.Lock(context.Background(), "the index", 0) // records follow each other
	if err != nil {
		return 0
	}
	defer release()
	failpoint.Hit("index.adding")
	if err := record(); err != nil {
		return 0
	}
	failpoint.Hit("index.added")
	if _, err := d.conn.rows(context.Background(), "UPDATE credctl.operation SET place = 'ended' WHERE id = ANY($1::text[]) AND place = 'live'", ids); err != nil {
		return 0
	}
	return len(ids)
}

// Finished returns the operations that have ended and were not pruned.
func (d *Database) Finished() ([]string, error) {
	rows, err := d.conn.rows(context.Background(), "SELECT id FROM credctl.operation WHERE place = 'ended'")
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r[0]
	}
	slices.Sort(ids)
	return ids, err
}

// Prune empties the entries of operations that have ended. Their records are in a table.
func (d *Database) Prune(ids []string, _ [][]byte) error {
	if len(ids) == 0 {
		return nil
	}
	failpoint.Hit("prune.removing")
	_, err := d.conn.rows(context.Background(), `WITH o AS (UPDATE credctl.operation SET place = 'pruned' WHERE id = ANY($1::text[]) AND place = 'ended' RETURNING id)
UPDATE credctl.entry e SET body = '' FROM o WHERE e.operation = o.id`, ids)
	return err
}

// SetAside marks an operation, so that no run looks for it.
func (d *Database) SetAside(id string) (where string, err error) {
	rows, held, err := d.guarded("o AS (UPDATE credctl.operation SET place = 'aside', updated = clock_timestamp() FROM may WHERE id = $3 AND place IN ('live', 'aside') RETURNING id) SELECT id FROM o", id)
	if err == nil && len(rows) == 0 {
		err = d.refused(held, id, "")
	}
	return d.Where(id), err
}

// Where names the rows of an operation.
func (d *Database) Where(id string) string { return "operation " + id + " in " + d.options.Where }

// Remedy says what to do about a damaged operation.
func (d *Database) Remedy(id string) string {
	return fmt.Sprintf("compare %s with the vendor, then run there: UPDATE credctl.operation SET place = 'aside' WHERE id = '%s'", d.Where(id), id)
}
