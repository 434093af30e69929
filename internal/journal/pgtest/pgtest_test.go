package pgtest

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// query asks as credctl does: over TCP, with a password.
func query(t *testing.T, url, statement string) (string, error) {
	t.Helper()
	out, err := exec.Command("psql", "-X", "-q", "-A", "-t", "-d", url, "-c", statement).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func TestServer(t *testing.T) {
	s := Start(t, Options{TLS: true})
	d := s.Database(t)
	other := s.Database(t)
	assert.NotEqual(t, d.Name, other.Name)

	_, err := query(t, d.URL(Owner), "CREATE SCHEMA credctl; CREATE TABLE credctl.x (n int)")
	require.NoError(t, err)
	for _, url := range []string{d.URL(App), d.Pooled(App)} {
		out, err := query(t, url, "INSERT INTO credctl.x VALUES (1)")
		require.NoError(t, err, out)
		out, err = query(t, url, "DELETE FROM credctl.x")
		require.Error(t, err)
		assert.Contains(t, out, "permission denied")
	}
	out, err := query(t, d.URL(App)+"?sslmode=verify-full&sslrootcert="+s.CA(), "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
	require.NoError(t, err, out)
	assert.Equal(t, "t", out)
	assert.Equal(t, "2", d.SQL(t, "SELECT count(*) FROM credctl.x"))

	restore := s.Backup(t)
	d.SQL(t, "INSERT INTO credctl.x VALUES (2)")
	restore(t)
	assert.Equal(t, "2", d.SQL(t, "SELECT count(*) FROM credctl.x"), "what came after the backup is lost")

	d.ReadOnly(t, true)
	_, err = query(t, d.URL(App), "INSERT INTO credctl.x VALUES (3)")
	require.Error(t, err)
	d.ReadOnly(t, false)
	s.Standby(t, true)
	assert.Equal(t, "t", d.SQL(t, "SELECT pg_is_in_recovery()"))
	s.Standby(t, false)
	out, err = query(t, d.Pooled(App), "INSERT INTO credctl.x VALUES (3)")
	require.NoError(t, err, out)

	s.StopBouncer()
	_, err = query(t, d.Pooled(App), "SELECT 1")
	require.Error(t, err)
	s.StartBouncer(t)
	_, err = query(t, d.Pooled(App), "SELECT 1")
	require.NoError(t, err)
	s.Stop()
	_, err = query(t, d.URL(App), "SELECT 1")
	require.Error(t, err)
	s.Start(t)
	_, err = query(t, d.URL(App), "SELECT 1")
	require.NoError(t, err)
	assert.Contains(t, s.Log(t), "database system is ready")
	s.close()
	assert.NoDirExists(t, s.dir)
}

func TestShared(t *testing.T) {
	s := Shared(t)
	assert.Same(t, s, Shared(t))
	assert.Equal(t, "1", s.Database(t).SQL(t, "SELECT 1"))
	_, err := os.Stat(s.dir)
	require.NoError(t, err)
}
