package main

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal/pgtest"
	"github.com/credctl/credctl/internal/sandbox"
)

// TestWhatIsWrongWithAStateDatabase: `state check` finds it, and `state status` shows who
// holds a lock.
func TestWhatIsWrongWithAStateDatabase(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{Durable: true})
	db := server.Database(t)
	_, sandboxed := inSandbox(t, sandbox.Options{ProvisionDelay: -1})
	env := host(t, sandboxed, db.URL(pgtest.App))
	ends(t, host(t, sandboxed, db.URL(pgtest.Owner), "XDG_STATE_HOME="+valueOf(env, "XDG_STATE_HOME")), 0, "state init")
	ends(t, env, 0, "katapult rotate objkey_sbxWebAssets0002 --grace 0 --to file:"+filepath.Join(t.TempDir(), "key"))
	ends(t, env, 0, "katapult update objkey_sbxBackup0000001 --new-name saved")
	got := ends(t, env, 0, "state check")
	assert.Contains(t, got.stdout, "this host agrees with the database")
	assert.Contains(t, got.stdout, "no synchronous standby: a failover may lose the last entries")

	db.SQL(t, `INSERT INTO credctl.lease (name, epoch, holder, host, pid, taken, expires)
		VALUES ('katapult/access-key/objkey_1', 7, 'abc', 'cron-2', 4711, clock_timestamp() - interval '90 s', clock_timestamp() + interval '30 s'),
		('katapult/access-key/objkey_2', 8, 'abc', 'cron-2', 4711, clock_timestamp() - interval '1 h', clock_timestamp() - interval '50 min')`)
	got = ends(t, env, 0, "state status")
	assert.Contains(t, got.stdout, "Locks:      1\n            katapult/access-key/objkey_1, held by process 4711 on cron-2 for 1m")
	assert.NotContains(t, got.stdout, "objkey_2", "its time is over")
	assert.Contains(t, ends(t, env, 0, "state status -o json").stdout, `"host": "cron-2"`)

	db.SQL(t, "REVOKE UPDATE ON credctl.lease FROM credctl_app")
	got = ends(t, env, 3, "state check")
	assert.Contains(t, got.stderr, "the role lacks UPDATE on lease")
	db.SQL(t, "GRANT UPDATE ON credctl.lease TO credctl_app")

	fullPageWrites(t, db, "off")
	got = ends(t, env, 1, "state check")
	assert.Contains(t, got.stderr, "the server may lose what it reported as written: fsync or full_page_writes is off")
	fullPageWrites(t, db, "on")

	db.SQL(t, "UPDATE credctl.event SET body = replace(body, 'objkey', 'objkez') WHERE id = (SELECT min(id) FROM credctl.event)")
	got = ends(t, env, 7, "state check")
	assert.Contains(t, got.stderr, "hint: run: credctl audit --verify-trail")
	ends(t, env, 7, "audit --verify-trail")
}

// fullPageWrites changes a setting of the server, and waits until new connections have it.
func fullPageWrites(t *testing.T, db *pgtest.Database, value string) {
	t.Helper()
	db.SQL(t, "ALTER SYSTEM SET full_page_writes = "+value)
	db.SQL(t, "SELECT pg_reload_conf()")
	require.Eventually(t, func() bool { return db.SQL(t, "SHOW full_page_writes") == value }, time.Minute, 20*time.Millisecond)
}
