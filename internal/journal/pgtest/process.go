package pgtest

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A process is a program that ends when the test does, also if that is killed: its shell
// reads from a pipe that the test keeps open.
type process struct {
	args   []string
	signal string // ends it at once
	log    string
	dir    string // removed when the test process ends, however that happens
	owner  *account

	command *exec.Cmd
	pipe    io.WriteCloser
}

// Where the pipe closes without a word, the test was killed: the shell removes the folder.
const watched = `signal=$1 dir=$2; shift 2; "$@" & read -r stop; kill -s "$signal" $! 2>/dev/null; wait $!; test "$stop" = stop || rm -rf "$dir"`

func (s *Server) process(name, signal, program string, args ...string) *process {
	return &process{args: append([]string{program}, args...), signal: signal, log: filepath.Join(s.dir, name+".log"), dir: s.dir, owner: s.owner}
}

func (p *process) start() error {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	p.command = exec.Command("sh", append([]string{"-c", watched, "sh", p.signal, p.dir}, p.args...)...)
	p.command.Stdout, p.command.Stderr, p.command.Dir = log, log, p.dir
	p.owner.runs(p.command)
	if p.pipe, err = p.command.StdinPipe(); err != nil {
		return err
	}
	return p.command.Start()
}

// stop ends the program at once, as a crash does, and waits for that.
func (p *process) stop() {
	if p.command == nil || p.command.Process == nil {
		return
	}
	_, _ = io.WriteString(p.pipe, "stop\n")
	_ = p.pipe.Close()
	_ = p.command.Wait()
	p.command = nil
}

// run carries out a program of PostgreSQL.
func (s *Server) run(program string, args ...string) error {
	_, err := s.output(program, args...)
	return err
}

func (s *Server) output(program string, args ...string) (string, error) {
	c := exec.Command(filepath.Join(s.bin, program), args...)
	c.Dir, c.Env = s.dir, []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"}
	s.owner.runs(c)
	out, err := c.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", program, err, out)
	}
	return strings.TrimSuffix(string(out), "\n"), nil
}

// answers waits until a program listens, and fails with its log if it does not.
func (p *process) answers(ready func() bool) error {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ready() {
			return nil
		}
	}
	log, _ := os.ReadFile(p.log)
	return fmt.Errorf("%s did not start:\n%s", p.args[0], log)
}

func listens(port string) bool {
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err == nil {
		_ = c.Close()
	}
	return err == nil
}

// freePort returns a port below those that systems give to connections and to listeners
// that ask for any: nobody takes it before the program starts, or while it is restarted.
func freePort() (string, error) {
	var err error
	for range 100 {
		var l net.Listener
		if l, err = net.Listen("tcp", fmt.Sprint("127.0.0.1:", 10000+rand.IntN(20000))); err == nil {
			defer l.Close()
			_, port, err := net.SplitHostPort(l.Addr().String())
			return port, err
		}
	}
	return "", err
}
