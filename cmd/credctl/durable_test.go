//go:build linux

package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/fsafe/fsafetest"
	"github.com/credctl/credctl/internal/sandbox"
)

// traced runs the program, and returns what it did with the files of the scene and
// when it sent something.
func (s *scene) traced(args ...string) []fsafetest.Call {
	s.Helper()
	p := s.command("", args...)
	calls, status := fsafetest.Trace(s, p.Cmd)
	require.Zero(s, status, p.stderr.String())
	var ours []fsafetest.Call
	for _, c := range calls {
		if c.Name == fsafetest.Send || strings.HasPrefix(c.Path, s.dir) {
			ours = append(ours, c)
		}
	}
	return ours
}

// Whenever a request is sent, all that was written is durable: a power cut at any
// moment loses no more than kill -9 does.
func TestF1ARotationIsDurableAtEachRequest(t *testing.T) {
	t.Parallel()
	s := web(t, sandbox.Options{})
	calls := s.traced(s.rotate("--secret-file", "secret")...)
	sent := 0
	for i, c := range calls {
		if c.Name == fsafetest.Send {
			sent++
			assert.Empty(t, fsafetest.Lost(calls[:i]), "before request %d", sent)
		}
	}
	assert.Greater(t, sent, 10)
	assert.Empty(t, fsafetest.Lost(calls), "at the end")
	for _, of := range []string{"secret", "aws", "key.json", "operations/", "audit.jsonl"} {
		assert.Positive(t, fsafetest.Of(calls, fsafetest.Sync, func(path string) bool { return strings.Contains(path, of) }), "%s was synced", of)
	}
	s.ended()
}

func TestASecretFileIsDurable(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{})
	calls := s.traced("katapult", "create", "--name", "x", "--secret-file", "secret")
	assert.Empty(t, fsafetest.Lost(calls))
	assert.Positive(t, fsafetest.Of(calls, fsafetest.Sync, func(p string) bool { return strings.Contains(p, "secret") }))
	assert.FileExists(t, filepath.Join(s.dir, "secret"))
}

// Where nothing can be written, nothing is requested.
func TestNoFileCanBeWritten(t *testing.T) {
	t.Parallel()
	s := newScene(t, sandbox.Options{})
	p := s.command("", "katapult", "create", "--name", "x", "--secret-file", "secret", "-o", "json")
	limit(t, p, 0)
	require.Error(t, p.Run())
	got := p.outcome()
	assert.Equal(t, 1, got.status, got.stderr)
	assert.NoFileExists(t, filepath.Join(s.dir, "secret"))
	assert.Zero(t, sent(s.Sandbox, "katapult", "create"))
}
