package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/credctl/credctl/internal/bench/kvtest"
	"github.com/credctl/credctl/internal/sandbox"
)

const (
	rotations = 100
	atOnce    = 8
	latency   = 20 * time.Millisecond // of every answer
)

// deliveryPairs are policies that rotate 100 keys, each to three secrets of a Vault.
func deliveryPairs(credctl, dir string) (pairs []pair) {
	for _, verify := range []string{"none", "auto"} {
		pairs = append(pairs, pair{
			name: "100 rotations to 3 servers, 20 ms, verify " + verify, against: "the sum of its requests / 8", must: map[string]string{"none": "<= 1.2"}[verify], rounds: 3,
			run: func(ctx context.Context, env []string) (cost, cost, error) {
				return deliveries(ctx, env, credctl, dir, verify)
			},
		})
	}
	return pairs
}

// deliveries runs the policy once, and returns what the requests alone would take.
func deliveries(ctx context.Context, env []string, credctl, dir, verify string) (took, requests cost, err error) {
	box, err := sandbox.Start(sandbox.Options{Count: rotations, Latency: latency, ProvisionDelay: -1})
	if err != nil {
		return took, requests, err
	}
	defer box.Close()
	v := kvtest.New(latency)
	server := httptest.NewServer(v)
	defer server.Close()
	state, err := os.MkdirTemp(dir, "deliveries-")
	if err != nil {
		return took, requests, err
	}
	path := filepath.Join(state, "policy.yaml")
	text := fmt.Sprintf("max_changes: %d\nrotations:\n- {name: all, provider: katapult, select: {name: 'seed-*'}, max_age: 30d, verify: %s, to: ['vault:secret/{name}/a', 'vault:secret/{name}/b', 'vault:secret/{name}/c']}\n", rotations, verify)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return took, requests, err
	}
	env = append(env, box.Env()...)
	env = append(env, "XDG_STATE_HOME="+state, "VAULT_ADDR="+server.URL, "VAULT_TOKEN=bench")
	took, err = once(ctx, []string{credctl, "rotate", "-f", path, "--parallel", strconv.Itoa(atOnce)}, env)
	requests.wall = time.Duration(v.Requests()+len(box.Requests(""))) * latency / atOnce
	if err == nil && v.Secrets() != 3*rotations {
		err = fmt.Errorf("%d secrets were delivered, not %d", v.Secrets(), 3*rotations)
	}
	return took, requests, err
}
