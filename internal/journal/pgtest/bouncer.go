package pgtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func bouncerProgram() string {
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// beginBouncer starts PgBouncer in transaction mode, in front of every database. It gives
// back the connections of databases that no test uses now.
func (s *Server) beginBouncer() error {
	var users strings.Builder
	for _, r := range []Role{Owner, App} {
		fmt.Fprintf(&users, "%q %q\n", string(r), r.Password())
	}
	users.WriteString(`"postgres" ""` + "\n")
	ini := `[databases]
* = host=127.0.0.1 port=` + s.port + `
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ` + s.pooled + `
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ` + filepath.Join(s.dir, "users.txt") + `
pool_mode = transaction
default_pool_size = 8
max_client_conn = 1000
server_idle_timeout = 5
server_login_retry = 0
`
	for name, content := range map[string]string{"users.txt": users.String(), "pgbouncer.ini": ini} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	if err := s.bouncer.start(); err != nil {
		return err
	}
	return s.bouncer.answers(func() bool { return listens(s.pooled) })
}
