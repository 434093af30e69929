package dsn

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// What the server says decides whether a run may be repeated, and what the user can do.
func TestWhatAnErrorMeans(t *testing.T) {
	require.NoError(t, Explain("asking", nil))
	for name, c := range map[string]struct {
		code, message string
		class         error
		hint          string
	}{
		"no privilege":            {"42501", "permission denied for table operation", provider.ErrDenied, "the role needs USAGE"},
		"a wrong password":        {"28P01", "password authentication failed", provider.ErrDenied, "check the role and its password"},
		"the same from PgBouncer": {"08P01", "SASL authentication failed", provider.ErrDenied, "check the role and its password"},
		"no role in PgBouncer":    {"08P01", "no such user: robot", provider.ErrDenied, "check the role and its password"},
		"no database":             {"3D000", "none", provider.ErrUsage, "create the database"},
		"none in PgBouncer":       {"08P01", `database "d" does not exist`, provider.ErrUsage, "create the database"},
		"none in an older one":    {"08P01", "no such database: d", provider.ErrUsage, "create the database"},
		"no table":                {"42P01", `relation "credctl.meta" does not exist`, provider.ErrUsage, "run: credctl state init"},
		"no schema":               {"3F000", "none", provider.ErrUsage, "run: credctl state init"},
		"a standby":               {"25006", "cannot execute INSERT in a read-only transaction", provider.ErrUnavailable, "when the primary server answers"},
		"a full disk":             {"53100", "could not extend file", provider.ErrUnavailable, ""},
		"a pooler's protocol":     {"08P01", "server conn crashed?", provider.ErrUnavailable, "run the command again later"},
		"too many connections":    {"53300", "too many clients", provider.ErrUnavailable, "run the command again later"},
		"a shutdown":              {"57P01", "terminating connection", provider.ErrUnavailable, "run the command again later"},
		"a deadlock":              {"40P01", "deadlock detected", provider.ErrUnavailable, "run the command again later"},
		"a lock of the database":  {"55P03", "could not obtain lock", provider.ErrUnavailable, "run the command again later"},
		"any other":               {"22001", "value too long", nil, ""},
		"no row of this name":     {"22001", "it does not exist", nil, ""},
	} {
		err := Explain("asking", &pgconn.PgError{Code: c.code, Message: c.message})
		require.ErrorContains(t, err, "asking: ", name)
		for _, class := range []error{provider.ErrDenied, provider.ErrUsage, provider.ErrUnavailable} {
			assert.Equal(t, errors.Is(c.class, class), errors.Is(err, class), "%s: %v", name, class)
		}
		if hint := provider.HintOf(err); c.hint == "" {
			assert.Empty(t, hint, name)
		} else {
			assert.Contains(t, hint, c.hint, name)
		}
	}
	assert.ErrorContains(t, Explain("asking", net.ErrClosed), "asking: ")
}

// A pooler may hand out a connection of a server that was stopped: then the next one is
// tried, once. What a server refuses for good is not tried again.
func TestAConnectionThatAPoolerLost(t *testing.T) {
	for name, c := range map[string]struct {
		codes []string
		asked int64
		class error
	}{
		"lost, then refused": {[]string{terminated, "28P01"}, 2, provider.ErrDenied},
		"lost twice":         {[]string{terminated, terminated, "28P01"}, 2, provider.ErrUnavailable},
		"refused":            {[]string{"28P01", terminated}, 1, provider.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer l.Close()
			var asked atomic.Int64
			go func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					b := pgproto3.NewBackend(conn, conn)
					_, _ = b.ReceiveStartupMessage()
					b.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: c.codes[asked.Add(1)-1], Message: "no"})
					_ = b.Flush()
					_ = conn.Close()
				}
			}()
			d, err := Parse("postgres://u@"+l.Addr().String()+"/d?sslmode=disable", source, t.TempDir())
			require.NoError(t, err)
			_, err = d.Connect(context.Background())
			require.ErrorIs(t, err, c.class)
			assert.Equal(t, c.asked, asked.Load())
		})
	}
}

// A run waits for a server for a minute at most, whatever the URL says.
func TestHowLongAConnectionMayTake(t *testing.T) {
	for parameter, want := range map[string]time.Duration{
		"": connectTime, "&connect_timeout=3": 3 * time.Second, "&connect_timeout=60": time.Minute, "&connect_timeout=61": connectTime, "&connect_timeout=0": connectTime,
	} {
		d, err := Parse("postgres://u@localhost/d?sslmode=disable"+parameter, source, t.TempDir())
		require.NoError(t, err)
		assert.Equal(t, want, d.config.ConnectTimeout, parameter)
	}
}

// The file of passwords is the one of the URL, or else of the variable, or else in the home
// folder.
func TestTheFileOfPasswords(t *testing.T) {
	home := t.TempDir()
	write := func(name, password string) string {
		path := filepath.Join(home, name)
		require.NoError(t, os.WriteFile(path, []byte("*:*:*:*:"+password+"\n"), 0o600))
		return path
	}
	write(".pgpass", "of the home")
	url, variable := write("url", "of the URL"), write("variable", "of the variable")
	password := func(text string) string {
		d, err := Parse(text, source, home)
		require.NoError(t, err)
		return d.config.Password
	}
	t.Setenv("PGPASSFILE", "")
	assert.Equal(t, "of the home", password("postgres://u@localhost/d"))
	t.Setenv("PGPASSFILE", variable)
	assert.Equal(t, "of the variable", password("postgres://u@localhost/d"))
	assert.Equal(t, "of the URL", password("postgres://u@localhost/d?passfile="+url))
}
