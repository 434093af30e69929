package dsn

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal/pgtest"
	"github.com/credctl/credctl/internal/provider"
)

const source = "CREDCTL_STATE"

func TestURLs(t *testing.T) {
	for _, text := range []string{"postgres://h/d", "postgresql://h/d"} {
		assert.True(t, Is(text))
	}
	for _, text := range []string{"", "dir:/x", "/x", "mysql://h/d"} {
		assert.False(t, Is(text))
	}
	for text, has := range map[string]bool{
		"postgres://u@h/d": false, "postgres://h:5432/d": false, "postgres:///d?sslmode=disable": false,
		"postgres://u:pw@h/d": true, "postgres://u:p@w@h/d": true, "postgres://h/d?password=pw": true, "postgres://h/d?sslpassword=pw": true,
	} {
		assert.Equal(t, has, HasPassword(text), text)
	}
	for text, want := range map[string]string{
		"postgres://u:g/e@h/d":                           "postgres://u@h/d",
		"postgres://u:g?h@i@h/d":                         "postgres://u@h/d",
		"postgres://u:geheim@h:1,i:2/d?sslmode=disable":  "postgres://u@h:1,i:2/d?sslmode=disable",
		"postgres://h/d?user=u&pass%77ord=geheim&port=1": "postgres://h/d?user=u&port=1",
		"postgres://u:geheim@h?sslpassword=geheim":       "postgres://u@h",
	} {
		assert.Equal(t, want, Redact(text))
	}
}

// TestTheServerIsVerified unless it is on this machine.
func TestTheServerIsVerified(t *testing.T) {
	for text, verifiedBy := range map[string]string{
		"postgres://u@127.0.0.1/d":                          "",
		"postgres://u@[::1]/d":                              "",
		"postgres://u@localhost/d?sslmode=disable":          "",
		"postgres://u@/d?host=/run/postgresql":              "",
		"postgres://u@db.example.com/d":                     "db.example.com",
		"postgresql://u@db.example.com/d?connect_timeout=3": "db.example.com",
		"postgres://u@db.example.com/d?sslmode=verify-full": "db.example.com",
		"postgres://u@localhost:5432,db.example.com:5433/d": "localhost",
		"postgres://u@10.1.2.3/d":                           "10.1.2.3",
	} {
		d, err := Parse(text, source, t.TempDir())
		require.NoError(t, err, text)
		if verifiedBy == "" {
			continue
		}
		require.NotNil(t, d.config.TLSConfig, text)
		assert.Equal(t, verifiedBy, d.config.TLSConfig.ServerName, text)
		assert.False(t, d.config.TLSConfig.InsecureSkipVerify, text)
		for _, f := range d.config.Fallbacks {
			assert.True(t, verifies(f.TLSConfig), text)
		}
	}
	for _, mode := range []string{"disable", "allow", "prefer", "require"} {
		_, err := Parse("postgres://u:geheim@db.example.com/d?sslmode="+mode, source, t.TempDir())
		require.ErrorIs(t, err, provider.ErrUsage, mode)
		assert.Contains(t, provider.HintOf(err), "verify-full")
		assert.NotContains(t, err.Error(), "geheim")
	}
	for _, text := range []string{
		"sslmode=disable&application_name=100%", "application_name=100%&sslmode=disable", "sslmode=disable#", "#sslmode=disable", "application_name=x#&sslmode=disable",
		"sslmode=disable;x", "sslmode=disable&sslmode=disable", "sslmode=verify-full&sslmode=disable", "sslmode=disable&%73slmode=disable", "ssl=true", "host=127.0.0.1,db.example.com&sslmode=disable",
		"host=127.0.0.1%2Cdb.example.com&sslmode=disable", "sslmode=", "=disable", "%zz=1&sslmode=disable",
	} {
		for _, before := range []string{"postgres://u:geheim@db.example.com/d?", "postgres://u:a?geheim@db.example.com?", "postgres://u:geheim@127.0.0.1,db.example.com/d?", "postgres://u:geheim@[127.0.0.1?x]/d?"} {
			_, err := Parse(before+text, source, t.TempDir())
			require.ErrorIs(t, err, provider.ErrUsage, before+text)
			assert.NotContains(t, err.Error()+provider.HintOf(err), "geheim")
		}
	}
	for _, text := range []string{"postgres://u:a?b@db.example.com/d", "postgres://u:a#b@db.example.com/d#x", "postgres://db.example.com", "postgres://u@[db.example.com]", "postgres://127.0.0.1%2Cdb.example.com/d"} {
		d, err := Parse(text, source, t.TempDir())
		require.NoError(t, err, text)
		assert.True(t, verified(d.config), text)
	}
	t.Setenv("PGSSLMODE", "disable")
	d, err := Parse("postgres://u@db.example.com/d", source, t.TempDir())
	require.NoError(t, err)
	assert.True(t, verified(d.config), "a variable does not turn it off")
}

func TestWhatIsWrongWithAURL(t *testing.T) {
	for text, want := range map[string]string{
		"postgres://u:geheim@h:port/d":                     "is not a valid PostgreSQL URL",
		"postgres://u:geheim@h/d?sslmod=disable":           `unknown parameter "sslmod"`,
		"postgres://u:x/a?geheim@h/d":                      "is not a valid PostgreSQL URL",
		"postgres://u:geheim@h/d?target_session_attrs=any": "must be read-write",
		"postgres://u:geheim@h/d?sslrootcert=/none/ca.crt": "/none/ca.crt: no such file",
		"postgres://u:gehe\x00im@h/d":                      "is not a valid PostgreSQL URL",
	} {
		_, err := Parse(text, source, t.TempDir())
		require.ErrorIs(t, err, provider.ErrUsage, text)
		assert.Contains(t, err.Error(), want)
		assert.NotContains(t, err.Error()+provider.HintOf(err), "geheim")
	}
}

// TestLibpqsOwnSettings: the variables and the file of passwords.
func TestLibpqsOwnSettings(t *testing.T) {
	home := t.TempDir()
	for name, value := range map[string]string{"PGHOST": "127.0.0.7", "PGPORT": "5544", "PGUSER": "robot", "PGDATABASE": "state"} {
		t.Setenv(name, value)
	}
	file := filepath.Join(home, ".pgpass")
	require.NoError(t, os.WriteFile(file, []byte("127.0.0.7:5544:state:robot:geheim\n"), 0o600))
	d, err := Parse("postgres://", source, home)
	require.NoError(t, err)
	assert.Equal(t, "postgres://robot@127.0.0.7:5544/state", d.Where())
	assert.Equal(t, "geheim", d.config.Password)

	require.NoError(t, os.Chmod(file, 0o644))
	_, err = Parse("postgres://", source, home)
	require.ErrorIs(t, err, provider.ErrUsage)
	assert.Contains(t, provider.HintOf(err), "chmod 600 "+file)
	t.Setenv("PGPASSWORD", "other")
	d, err = Parse("postgres://", source, home)
	require.NoError(t, err, "the file is not needed")
	assert.Equal(t, "other", d.config.Password)
	assert.Equal(t, connectTime, d.config.ConnectTimeout)
}

func TestConnect(t *testing.T) {
	s := pgtest.Start(t, pgtest.Options{TLS: true})
	d := s.Database(t)
	try := func(url string) error {
		at, err := Parse(url, source, t.TempDir())
		require.NoError(t, err)
		conn, err := at.Connect(t.Context())
		if err == nil {
			_ = conn.Close(t.Context())
			return nil
		}
		assert.Contains(t, err.Error(), "could not connect to postgres://")
		assert.NotContains(t, err.Error()+provider.HintOf(err), pgtest.App.Password())
		assert.NotEmpty(t, provider.HintOf(err), err.Error())
		return err
	}
	direct, pooled := d.URL(pgtest.App), d.Pooled(pgtest.App)
	for _, url := range []string{direct, pooled, direct + "?sslmode=verify-full&sslrootcert=" + s.CA()} {
		require.NoError(t, try(url), url)
	}
	for _, url := range []string{direct, pooled} {
		require.ErrorIs(t, try(strings.Replace(url, pgtest.App.Password(), "wrong", 1)), provider.ErrDenied)
		require.ErrorIs(t, try(strings.Replace(url, string(pgtest.App), "nobody", 1)), provider.ErrDenied)
		require.ErrorIs(t, try(strings.Replace(url, d.Name, "elsewhere", 1)), provider.ErrUsage)
	}
	require.ErrorIs(t, try(direct+"?sslmode=verify-full"), provider.ErrUnreachable, "nobody knows its authority")
	require.ErrorIs(t, try(pooled+"?sslmode=verify-full"), provider.ErrUnreachable, "PgBouncer offers no TLS here")

	at, err := Parse(direct, source, t.TempDir())
	require.NoError(t, err)
	conn, err := at.Connect(t.Context())
	require.NoError(t, err)
	host, _ := os.Hostname()
	assert.Equal(t, "credctl/"+host, d.SQL(t, "SELECT DISTINCT application_name FROM pg_stat_activity WHERE usename = 'credctl_app'"))
	d.Disconnect(t)
	require.ErrorIs(t, Explain("asking", conn.ExecParams(t.Context(), "SELECT 1", nil, nil, nil, nil).Read().Err), provider.ErrUnavailable)

	d.ReadOnly(t, true)
	require.ErrorIs(t, try(direct), provider.ErrUnavailable)
	d.ReadOnly(t, false)
	s.Standby(t, true)
	require.ErrorIs(t, try(direct), provider.ErrUnavailable)
	s.Stop()
	require.ErrorIs(t, try(direct), provider.ErrUnavailable)
	require.ErrorIs(t, try(pooled+"?connect_timeout=1"), provider.ErrUnavailable, "PgBouncer waits for the server")
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = at.Connect(stopped)
	require.ErrorIs(t, err, context.Canceled)
}

// TestAServerThatStarts says so, and is asked again later.
func TestAServerThatStarts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b := pgproto3.NewBackend(c, c)
			_, _ = b.ReceiveStartupMessage()
			b.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "57P03", Message: "the database system is starting up"})
			_ = b.Flush()
			_ = c.Close()
		}
	}()
	d, err := Parse("postgres://u@"+l.Addr().String()+"/d?sslmode=disable", source, t.TempDir())
	require.NoError(t, err)
	_, err = d.Connect(t.Context())
	require.ErrorIs(t, err, provider.ErrUnavailable)
	assert.Contains(t, err.Error(), "the database system is starting up")
}
