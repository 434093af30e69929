package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal/pgtest"
	"github.com/credctl/credctl/internal/sandbox"
)

// A wire passes connections on, until it is cut.
type wire struct {
	net.Listener

	to string
	mu sync.Mutex
	up map[net.Conn]bool
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{Listener: l, to: to, up: map[net.Conn]bool{}}
	t.Cleanup(func() { _ = l.Close(); w.cut() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go w.pass(c)
		}
	}()
	return w
}

func (w *wire) pass(c net.Conn) {
	server, err := net.Dial("tcp", w.to)
	if err != nil {
		_ = c.Close()
		return
	}
	w.mu.Lock()
	w.up[c], w.up[server] = true, true
	w.mu.Unlock()
	go func() { _, _ = io.Copy(server, c); _ = server.Close() }()
	_, _ = io.Copy(c, server)
	_ = c.Close()
	w.mu.Lock()
	delete(w.up, c)
	delete(w.up, server)
	w.mu.Unlock()
}

// cut ends all connections.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.up {
		_ = c.Close()
	}
}

// TestF1ManyHostsInChaos has four hosts rotate the same credentials, while runs are killed
// and the connection to the database breaks, and the database stops: in the end nothing is
// lost and nothing is left, and no client was ever cut off, as the vendor knows it. It
// rotates a thousand times where CREDCTL_LONG_TESTS is set.
func TestF1ManyHostsInChaos(t *testing.T) {
	t.Parallel()
	rotations := map[bool]int{true: 1000, false: 8}[long()]
	server := pgtest.Start(t, pgtest.Options{Durable: true})
	s := newScene(t, sandbox.Options{Count: 8})
	seeds := s.Credentials("katapult")
	for _, c := range seeds {
		if strings.HasPrefix(c.Name, "seed-") && len(s.subjects) < 8 {
			s.seeds = seeds
			s.add(subject{vendor: "katapult", id: c.ID, places: []string{"json:" + s.dir + "/" + c.ID}})
		}
	}
	require.Len(t, s.subjects, 8)
	d := server.Database(t)
	s.shares(d)
	pooled, err := url.Parse(d.Pooled(pgtest.App))
	require.NoError(t, err)
	w := newWire(t, pooled.Host)
	pooled.Host = w.Addr().String()
	s.setenv("CREDCTL_STATE", pooled.String())

	c := &chaos{scene: s, d: d, server: server, wire: w, statuses: map[int]int{}}
	points := numbered(strings.Join(strings.Fields(c.passed()), "\n"))
	ctx, stop := context.WithCancel(t.Context())
	var all, around sync.WaitGroup
	around.Go(func() { c.breaks(ctx) })
	around.Go(func() { c.watches(ctx) })
	for host := range 4 {
		all.Go(func() {
			for c.done.Load() < int32(rotations) && !t.Failed() {
				c.rotates(host, points)
			}
		})
	}
	all.Wait()
	stop()
	around.Wait()
	c.settles()
	t.Logf("%d rotations, %d created, %d killed, %d breaks, %d looks; exit statuses: %v",
		c.done.Load(), s.count("katapult", "create"), c.killed.Load(), c.broken.Load(), c.looks.Load(), c.statuses)
}

// chaos is a scene in which hosts rotate, and what they need breaks.
type chaos struct {
	*scene

	d      *pgtest.Database
	server *pgtest.Server
	wire   *wire

	done, killed, broken, looks atomic.Int32
	mu                          sync.Mutex
	statuses                    map[int]int
}

// passed rotates once, and returns the failpoints that are passed.
func (c *chaos) passed() string {
	c.Helper()
	log := c.dir + "/failpoints"
	p := c.command("", c.rotate()...)
	p.Env = append(p.Env, "CREDCTL_FAILPOINT_LOG="+log)
	require.NoError(c, p.Run(), p.stderr.String())
	text, err := os.ReadFile(log)
	require.NoError(c, err)
	return string(text)
}

// current returns the ID of what a place holds; "" where it is just being replaced.
func (c *chaos) current(sub subject) string {
	key, _, err := c.place(sub, sub.places[0]).Current(context.Background())
	for _, k := range c.Credentials(sub.vendor) {
		if err == nil && k.AccessKey == key && k.Live {
			return k.ID
		}
	}
	return ""
}

// rotates has a host rotate one of the credentials. The run may be killed.
func (c *chaos) rotates(host int, points []string) {
	sub := c.subjects[rand.N(len(c.subjects))]
	id := c.current(sub)
	if id == "" {
		return
	}
	p := on(c.command("", "katapult", "rotate", id, "--to", sub.places[0], "--lock-timeout", "2s", "-o", "json"), fmt.Sprint("host ", host))
	chance := rand.N(10)
	if chance < 3 {
		p.Env = append(p.Env, "CREDCTL_FAILPOINT="+points[rand.N(len(points))])
	}
	if err := p.Start(); err != nil {
		c.Error(err)
		return
	}
	if chance == 9 {
		kill := time.AfterFunc(rand.N(700*time.Millisecond), func() { _ = p.Process.Kill() })
		defer kill.Stop()
	}
	_ = p.Wait() // its status tells
	got := p.outcome()
	c.mu.Lock()
	c.statuses[got.status]++
	c.mu.Unlock()
	switch {
	case got.status < 0:
		c.killed.Add(1)
	case got.status == 0 && strings.Contains(got.stdout, `"changed": true`):
		c.done.Add(1)
	case got.status == 8 && strings.Contains(got.stderr, `"message":"the audit trail: `): // all else is done
		c.done.Add(1)
	default:
		assert.Contains(c, []int{0, 75}, got.status, "%s%s", got.stdout, got.stderr)
	}
}

// breaks breaks the connections of the hosts, and stops the database.
func (c *chaos) breaks(ctx context.Context) {
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-time.After(300*time.Millisecond + rand.N(600*time.Millisecond)):
		}
		c.broken.Add(1)
		switch {
		case n%12 == 0:
			c.server.Stop()
			time.Sleep(rand.N(time.Second))
			c.server.Start(c)
		case n%2 == 0:
			c.d.Disconnect(c)
		default:
			c.wire.cut()
		}
	}
}

// watches looks whether each place holds what works, again and again.
func (c *chaos) watches(ctx context.Context) {
	for ctx.Err() == nil {
		for _, sub := range c.subjects {
			works := false
			for range 3 { // it may be replaced, and then what it held be deleted, while it is read
				key, secret, err := c.place(sub, sub.places[0]).Current(context.Background())
				if works = err == nil && c.Authenticates(key, secret.Reveal()); works {
					break
				}
			}
			assert.True(c, works, "%s: a client was cut off", sub.id)
			c.looks.Add(1)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// settles has each host finish what it has begun, and checks that nothing was lost and
// nothing is left.
func (c *chaos) settles() {
	c.Helper()
	for range 2 { // what one host has kept, another may need
		for host := range 4 {
			p := on(c.command("", "rotation", "resume", "--all"), fmt.Sprint("host ", host))
			_ = p.Run() // its status tells
			assert.Equal(c, 0, p.outcome().status, p.stderr.String())
		}
	}
	for _, o := range c.operations() {
		assert.True(c, o.Final() && o.Wiped(), "%s has come to %s", o.ID, o.Last().Step)
	}
	valid := func(all []sandbox.Credential) (n int) {
		for _, k := range all {
			if k.Live {
				n++
			}
		}
		return n
	}
	assert.Equal(c, valid(c.seeds), valid(c.Credentials("katapult")), "each was replaced by one")
	for _, sub := range c.subjects {
		assert.NotEmpty(c, c.current(sub), "%s holds what does not work", sub.places[0])
	}
	c.untouched("in the end")
	c.private("in the end")
}
