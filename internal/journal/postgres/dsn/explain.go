package dsn

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest/reach"
	"github.com/credctl/credctl/internal/visible"
)

// SQLSTATE codes that mean something of their own.
const (
	NoTable        = "42P01"
	noSchema       = "3F000"
	noDatabase     = "3D000"
	readOnlyCode   = "25006"
	noPrivilege    = "42501"
	terminated     = "57P01"
	protocolBroken = "08P01" // PgBouncer gives it to most of its errors
)

var errReadOnly = errors.New("the server is read-only")

// readWrite refuses a server that cannot be written to.
func readWrite(ctx context.Context, conn *pgconn.PgConn) error {
	r := conn.ExecParams(ctx, "SHOW transaction_read_only", nil, nil, nil, nil).Read()
	if r.Err == nil && len(r.Rows) == 1 && string(r.Rows[0][0]) == "on" {
		return errReadOnly
	}
	return r.Err
}

// Code returns the SQLSTATE of an error of the server, or "".
func Code(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// Explain says what an error of a connection means for a run: its class, and what the
// user can do. doing is what failed.
func Explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case errors.Is(err, errReadOnly):
		return unavailable(fmt.Errorf("%s: %w", doing, errReadOnly), "run the command again when the primary server answers at this address")
	case !ok:
		return broken(doing, err)
	}
	said := fmt.Errorf("%s: %s", doing, visible.OneLine(e.Message))
	switch code := e.Code; {
	case code == noPrivilege:
		return provider.Hint(provider.WithClass(provider.ErrDenied, said), "the role needs USAGE on the schema credctl, and SELECT, INSERT and UPDATE on its tables; `credctl state init` and `credctl state migrate` need CREATE in the database")
	case strings.HasPrefix(code, "28"), code == protocolBroken && refusesLogin(e.Message):
		return provider.Hint(provider.WithClass(provider.ErrDenied, said), "check the role and its password (in PGPASSWORD or .pgpass)")
	case code == noDatabase, code == protocolBroken && strings.Contains(e.Message, "does not exist"), strings.Contains(e.Message, "no such database"):
		return provider.Hint(provider.WithClass(provider.ErrUsage, said), "create the database, or correct its name in the URL")
	case code == NoTable, code == noSchema:
		return NotInitialized(doing)
	case code == readOnlyCode:
		return unavailable(said, "run the command again when the primary server answers at this address")
	case code == "53100":
		return provider.WithClass(provider.ErrUnavailable, said) // the disk is full
	case strings.HasPrefix(code, "08"), strings.HasPrefix(code, "53"), strings.HasPrefix(code, "57"), strings.HasPrefix(code, "40"), code == "55P03":
		return unavailable(said, "run the command again later")
	}
	return said
}

// NotInitialized returns the error of a database without the schema of credctl.
func NotInitialized(doing string) error {
	return provider.Hint(provider.Usage("%s: the database is not initialized", doing), "run: credctl state init")
}

// refusesLogin reports whether PgBouncer means that a role may not log in.
func refusesLogin(message string) bool {
	return strings.Contains(message, "authentication failed") || strings.Contains(message, "no such user")
}

func unavailable(err error, hint string) error {
	return provider.Hint(provider.WithClass(provider.ErrUnavailable, err), "%s", hint)
}

// broken explains that no connection was made, or that it broke.
func broken(doing string, err error) error {
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s: %w", doing, context.Canceled)
	}
	err = last(err)
	if strings.Contains(err.Error(), "server refused TLS connection") {
		return provider.Hint(provider.WithClass(provider.ErrUnreachable, fmt.Errorf("%s: the server does not offer TLS", doing)),
			"enable TLS in the server, or connect through a tunnel on this machine")
	}
	why := reach.Explain(err)
	text := why.Why
	if errors.Is(err, pgconn.ErrConnClosed) || strings.HasSuffix(text, "not HTTP") {
		text = "the connection broke"
	}
	said := fmt.Errorf("%s: %s", doing, text)
	if !why.Permanent {
		return unavailable(said, "check that the database is running, then run the command again")
	}
	hint := why.Hint
	if strings.Contains(hint, "SSL_CERT_FILE") {
		hint = "for a private CA, set sslrootcert in the URL, or PGSSLROOTCERT, to its certificate"
	}
	return provider.Hint(provider.WithClass(provider.ErrUnreachable, said), "%s", hint)
}

// last returns why the last of several tries failed: where TLS is optional, that is the
// one without it.
func last(err error) error {
	if c, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		if joined, ok := c.Unwrap().(interface{ Unwrap() []error }); ok {
			if all := joined.Unwrap(); len(all) > 0 {
				return all[len(all)-1]
			}
		}
	}
	return err
}
