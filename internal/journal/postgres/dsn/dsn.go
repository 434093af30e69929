// Package dsn reads the URL of a PostgreSQL database that holds the state of rotations,
// connects to it, and says what its errors mean. It understands what libpq does: the
// PG* variables and the file .pgpass.
package dsn

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// connectTime is how long a connection may take, unless the user says otherwise.
const connectTime = 10 * time.Second

// A DSN says how to connect to a database.
type DSN struct {
	where  string
	config *pgconn.Config
}

// Is reports whether text is meant as the URL of a database.
func Is(text string) bool {
	return strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://")
}

// HasPassword reports whether a URL holds a password.
func HasPassword(text string) bool {
	return Is(text) && Redact(text) != visible.OneLine(text)
}

// Redact returns a URL with its passwords left out. A password may hold what should be
// encoded there: what is between the first colon and the last @ is not shown.
func Redact(text string) string {
	scheme, rest, _ := strings.Cut(text, "://")
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		user, _, _ := strings.Cut(rest[:at], ":")
		rest = user + rest[at:]
	}
	if path, query, has := strings.Cut(rest, "?"); has {
		parts := slices.DeleteFunc(strings.Split(query, "&"), func(p string) bool {
			name, _, _ := strings.Cut(p, "=")
			return secretParameter(name)
		})
		rest = path
		if len(parts) > 0 {
			rest += "?" + strings.Join(parts, "&")
		}
	}
	return visible.OneLine(scheme + "://" + rest)
}

// secretParameter reports whether a parameter may be a password, however its name is
// encoded.
func secretParameter(name string) bool {
	plain, err := url.QueryUnescape(name)
	return err != nil || strings.Contains(strings.ToLower(plain), "password")
}

// Parse reads a URL. source is where it comes from, and home the user's home folder,
// which may have .pgpass. No error quotes the URL, which may hold a password.
func Parse(text, source, home string) (*DSN, error) {
	query, _ := queryOf(text)
	given, err := url.ParseQuery(query)
	if err != nil {
		return nil, invalid(source, err)
	}
	for name := range given {
		if known := slices.Contains(parameters(), name); !known && strings.Contains(query, "@") {
			return nil, invalid(source, nil) // it may be a part of a password
		} else if !known {
			return nil, provider.Hint(provider.Usage("%s has an unknown parameter %q", source, visible.OneLine(name)), "valid parameters: %s", strings.Join(parameters(), ", "))
		}
	}
	if attrs := given.Get("target_session_attrs"); attrs != "" && attrs != "read-write" {
		return nil, provider.Hint(provider.Usage("%s: target_session_attrs must be read-write", source), "remove target_session_attrs from the URL")
	}
	passwords, err := passwordFile(text, given.Get("passfile"), home)
	if err != nil {
		return nil, err
	}
	own := url.Values{"target_session_attrs": {"read-write"}, "passfile": {passwords}}
	c, err := pgconn.ParseConfig(with(text, own))
	if err == nil && !verified(c) && !given.Has("sslmode") {
		own.Set("sslmode", "verify-full")
		c, err = pgconn.ParseConfig(with(text, own))
	}
	if err != nil {
		return nil, invalid(source, err)
	}
	if !verified(c) {
		return nil, provider.Hint(provider.Usage("%s: this sslmode does not verify the server, which is not on this machine", source),
			"use sslmode=verify-full; for a private CA, set sslrootcert to its certificate")
	}
	if host, err := os.Hostname(); err == nil {
		c.RuntimeParams["application_name"] = "credctl/" + host
	}
	if c.ConnectTimeout == 0 || c.ConnectTimeout > time.Minute {
		c.ConnectTimeout = connectTime
	}
	c.ValidateConnect = readWrite
	return &DSN{where: describe(c), config: c}, nil
}

// Where returns the URL of the database, without a password.
func (d *DSN) Where() string { return d.where }

// Connect returns a new connection, which can write. Its errors say where and why, and
// have the class of what they mean.
func (d *DSN) Connect(ctx context.Context) (*pgconn.PgConn, error) {
	conn, err := pgconn.ConnectConfig(ctx, d.config)
	if Code(err) == terminated { // by a server that a pooler was still connected to
		conn, err = pgconn.ConnectConfig(ctx, d.config)
	}
	if err != nil {
		return nil, Explain("could not connect to "+d.where, err)
	}
	return conn, nil
}

// parameters are those of libpq that a URL may have.
func parameters() []string {
	return []string{
		"application_name", "channel_binding", "connect_timeout", "dbname", "host", "passfile", "password", "port", "service",
		"sslcert", "sslkey", "sslmode", "sslnegotiation", "sslpassword", "sslrootcert", "target_session_attrs", "user",
	}
}

// queryOf returns the parameters of a URL. A ? in its password does not begin them.
func queryOf(text string) (query string, has bool) {
	_, rest, _ := strings.Cut(text, "://")
	if at := strings.IndexAny(rest, "@/"); at >= 0 && rest[at] == '@' {
		rest = rest[at:]
	}
	_, query, has = strings.Cut(rest, "?")
	return query, has
}

// with adds parameters to a URL. The last one of a name counts.
func with(text string, more url.Values) string {
	joint := "?"
	if _, has := queryOf(text); has {
		joint = "&"
	}
	return text + joint + strings.ReplaceAll(more.Encode(), "+", "%20")
}

// passwordFile returns the file of passwords, which the URL may name. One that other users
// can read is refused where it is needed.
func passwordFile(text, path, home string) (string, error) {
	if path == "" {
		path = os.Getenv("PGPASSFILE")
	}
	if path == "" {
		path = filepath.Join(home, ".pgpass")
	}
	needed := !HasPassword(text) && os.Getenv("PGPASSWORD") == ""
	if info, err := os.Stat(path); err == nil && needed && exposed(info) { //nolint:gosec // G703: the user names it
		return "", provider.Hint(provider.Usage("%s can be read by other users", path), "run: chmod 600 %s", path)
	}
	return path, nil
}

// verified reports whether every server that is not on this machine must prove who it is.
func verified(c *pgconn.Config) bool {
	all := append([]*pgconn.FallbackConfig{{Host: c.Host, TLSConfig: c.TLSConfig}}, c.Fallbacks...)
	return !slices.ContainsFunc(all, func(f *pgconn.FallbackConfig) bool { return !loopback(f.Host) && !verifies(f.TLSConfig) })
}

func verifies(c *tls.Config) bool {
	return c != nil && (!c.InsecureSkipVerify || c.VerifyPeerCertificate != nil || c.VerifyConnection != nil)
}

// loopback reports whether a host, or the folder of a socket, is on this machine.
func loopback(host string) bool {
	if network, _ := pgconn.NetworkAddress(host, 0); network == "unix" || host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// describe returns the URL of c for people: without a password and parameters.
func describe(c *pgconn.Config) string {
	var hosts []string
	add := func(host string, port uint16) {
		if h := net.JoinHostPort(host, strconv.Itoa(int(port))); !slices.Contains(hosts, h) {
			hosts = append(hosts, h)
		}
	}
	add(c.Host, c.Port)
	for _, f := range c.Fallbacks {
		add(f.Host, f.Port)
	}
	user := url.User(c.User)
	return visible.OneLine("postgres://" + user.String() + "@" + strings.Join(hosts, ",") + "/" + url.PathEscape(c.Database))
}

// invalid says what is wrong with a URL, without quoting it.
func invalid(source string, err error) error {
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		return provider.WithClass(provider.ErrUsage, errors.New(source+": "+file.Error()))
	}
	return provider.Hint(provider.Usage("%s is not a valid PostgreSQL URL", source), "write it as postgres://ROLE@HOST:PORT/DATABASE")
}
