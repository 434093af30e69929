package sandbox

import (
	"context"
	"fmt"
	"net"
	"strconv"
)

// listen opens n listeners on loopback. With an error, it opens none.
func listen(addr string, n int) ([]net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	name, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("sandbox: address %q: %w", addr, err)
	}
	if ip := net.ParseIP(name); name != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("sandbox: %q is not a loopback address: anybody could use the sandbox there", addr)
	}
	port, err := strconv.Atoi(portText)
	if err != nil || port < 0 || port > 65535-n+1 {
		return nil, fmt.Errorf("sandbox: port %q: want 0 to %d", portText, 65535-n+1)
	}
	var listeners []net.Listener
	for i := range n {
		p := 0
		if port != 0 {
			p = port + i
		}
		var lc net.ListenConfig
		l, err := lc.Listen(context.Background(), "tcp", net.JoinHostPort(name, strconv.Itoa(p)))
		if err != nil {
			for _, open := range listeners {
				_ = open.Close()
			}
			return nil, fmt.Errorf("sandbox: %w", err)
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}
