package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/sandbox"
)

// TestASandboxAtATerminal says how it is used, and ^C ends it without a warning.
func TestASandboxAtATerminal(t *testing.T) {
	t.Parallel()
	_, env := inSandbox(t, sandbox.Options{})
	p := sit(t, env, "sandbox")
	p.sees(`eval "$(credctl sandbox --detach)"`)
	p.types("\x03")
	status, screen := p.status()
	assert.Equal(t, 0, status, screen)
	assert.Contains(t, screen, "\rStopped the sandbox\r\n")
	assert.NotContains(t, screen, "Interrupted")

	status, screen = sit(t, env, "sandbox", "--detach").status()
	assert.Equal(t, 2, status, "no shell would know the sandbox")
	assert.Contains(t, screen, `hint: run: eval "$(credctl sandbox --detach)"`)
	assert.NotContains(t, screen, "export ")
}

// TestARevokedKeyIsNotAskedAbout: what is known to be refused is refused before the question.
func TestARevokedKeyIsNotAskedAbout(t *testing.T) {
	t.Parallel()
	const revoked = "3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f502"
	_, env := inSandbox(t, sandbox.Options{})
	status, screen := sit(t, env, "stratum", "delete", revoked).status()
	assert.Equal(t, 4, status, screen)
	assert.NotContains(t, screen, "[y/N]")
	assert.Contains(t, screen, "credctl: stratum delete: "+revoked+" is already revoked, since 2026-03-03")
	p := sit(t, env, "stratum", "delete", revoked, stratumCI)
	p.sees("[y/N]")
	p.types("n\n")
	status, screen = p.status()
	assert.Equal(t, 130, status, screen)
	assert.NotContains(t, screen, "Delete 2 ")
}
