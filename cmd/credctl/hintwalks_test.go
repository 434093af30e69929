//go:build unix

package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox"
)

func touch(s *scene, name string) {
	require.NoError(s, os.WriteFile(filepath.Join(s.dir, name), nil, 0o600))
}

func ready(s *scene) { touch(s, "ready") }

// first runs a command that must end so.
func first(s *scene, status int, args ...string) outcome {
	s.Helper()
	got := s.run(args...)
	require.Equal(s, status, got.status, "%q: %s", args, got.stderr)
	return got
}

// grace begins a rotation whose grace period is over.
func grace(s *scene, more ...string) {
	s.Helper()
	first(s, 0, s.rotate(append(more, "--grace", "3s")...)...) // the rest of the run is shorter
	time.Sleep(3100 * time.Millisecond)
}

func resumeIt(s *scene, more ...string) []string {
	return append([]string{"rotation", "resume", s.subjects[0].id}, more...)
}

// walks returns the states, by name.
func walks() map[string]walk {
	ci := subject{vendor: "stratum", id: stratumCI, places: []string{"file:%s/key"}}
	inPlace := subject{vendor: "stratum", id: stratumCI, places: []string{"file:%s/key"}, inPlace: true}
	medianova := subject{vendor: "medianova", id: medianovaWeb, places: []string{"dotenv:%s/env"}}
	overlap := []string{"--overlap", "--not-self", stratumCI}
	delete := func(s *scene, id string) {
		first(s, 0, s.subjects[0].vendor, "delete", id, "--yes", "--force", "--not-self", id)
	}
	all := map[string]walk{
		"a destination failed": {status: 8, fix: ready, begin: func(s *scene) []string { return s.rotate("--to", "exec:test -e ready") }},
		"an abort whose destination failed": {status: 8, begin: func(s *scene) []string {
			first(s, 8, s.rotate("--to", "exec:test -e ready")...)
			return []string{"rotation", "abort", s.subjects[0].id, "--yes"}
		}},
		"the hook failed":        {status: 8, fix: ready, begin: func(s *scene) []string { return s.rotate("--hook", "test -e ready") }},
		"not verified yet":       {status: 75, fix: ready, begin: func(s *scene) []string { return s.rotate("--verify", "exec:test -e ready", "--verify-timeout", "2s") }},
		"it cannot be verified":  {status: 7, fix: ready, begin: func(s *scene) []string { return s.rotate("--verify", "exec:test -e ready || exit 127") }},
		"the endpoint is no S3":  {status: 7, fix: func(s *scene) { s.ClearFaults() }, begin: func(s *scene) []string { s.fault("s3:buckets:s3-open"); return s.rotate() }},
		"the new one is refused": {of: ci, status: 7, begin: func(s *scene) []string { s.fault("stratum:tenant:401:3"); return s.rotate(overlap...) }},
		"two destinations failed": {status: 2, fix: ready, begin: func(s *scene) []string {
			first(s, 8, s.rotate("--to", "exec:test -e ready", "--to", "exec:test -e ready && true")...)
			return resumeIt(s, "--to", "file:"+s.dir+"/third")
		}},
		"the endpoint is not known": {of: medianova, o: sandbox.Options{MedianovaSecret: "data.secret_key"}, status: 8, fix: func(s *scene) { s.setenv("MEDIANOVA_S3_ENDPOINT", s.URL("s3")) }, begin: func(s *scene) []string {
			s.setenv("MEDIANOVA_S3_ENDPOINT", "")
			s.setenv("CREDCTL_MEDIANOVA_S3_ENDPOINT", "")
			first(s, 75, s.rotate("--verify", "exec:exit 3", "--verify-timeout", "100ms")...)
			return resumeIt(s, "--verify", "auto")
		}},
		"the new one was deleted": {status: 7, begin: func(s *scene) []string { grace(s); delete(s, s.made("katapult")[0].ID); return resumeIt(s) }},
		"both were deleted": {status: 2, lost: true, begin: func(s *scene) []string {
			grace(s, "--verify", "none")
			delete(s, s.made("katapult")[0].ID)
			delete(s, katapultWeb)
			return resumeIt(s)
		}},
		"the new one stopped working": {status: 7, fix: func(s *scene) { _ = os.Remove(filepath.Join(s.dir, "broken")) }, begin: func(s *scene) []string {
			grace(s, "--verify", "exec:test ! -e broken")
			touch(s, "broken")
			return resumeIt(s)
		}},
		"it cannot be verified again": {status: 75, begin: func(s *scene) []string { grace(s); s.fault("s3:buckets:503:1"); return resumeIt(s) }},
		"it can no longer be verified": {status: 7, fix: func(s *scene) { s.ClearFaults() }, begin: func(s *scene) []string {
			grace(s)
			s.fault("s3:buckets:s3-closed")
			return resumeIt(s)
		}},
		"a destination was overwritten": {status: 8, begin: func(s *scene) []string { grace(s); s.fill(s.subjects[0]); return resumeIt(s) }},
		"it cannot be deleted":          {status: 8, begin: func(s *scene) []string { s.fault("katapult:delete:400:1"); return s.rotate() }},
		"somebody else deleted it":      {status: 8, begin: func(s *scene) []string { grace(s); delete(s, katapultWeb); return resumeIt(s) }},
		"an answer in place was lost": {of: inPlace, status: 9, begin: func(s *scene) []string {
			s.fault("stratum:rotate:cut-after:1")
			return s.rotate("--yes", "--not-self", stratumCI)
		}},
		"and the new one was revoked": {of: inPlace, status: 9, lost: true, begin: func(s *scene) []string {
			s.setenv("CREDCTL_FAILPOINT", "issue.answered:1")
			_ = s.run(s.rotate("--yes", "--not-self", stratumCI)...)
			s.setenv("CREDCTL_FAILPOINT", "")
			for _, c := range s.made("stratum") {
				delete(s, c.ID)
			}
			return resumeIt(s)
		}},
		"and the new one is used": {of: inPlace, status: 9, lost: true, begin: func(s *scene) []string {
			s.fault("stratum:rotate:cut-after:1")
			first(s, 9, s.rotate("--yes", "--not-self", stratumCI)...)
			s.uses(s.made("stratum")[0].ID)
			return resumeIt(s)
		}},
		"there are two that may be ours": {of: ci, status: 9, begin: func(s *scene) []string {
			s.setenv("CREDCTL_FAILPOINT", "issue.answered:1")
			_ = s.run(s.rotate(overlap...)...)
			s.setenv("CREDCTL_FAILPOINT", "")
			theirs := s.post("/api/v1/api-keys", map[string]any{"name": s.credential("stratum", stratumCI).Name, "tenant_id": valueOf(s.env, "STRATUM_TENANT_ID")})
			require.NoError(s, os.WriteFile(filepath.Join(s.dir, "theirs"), fmt.Append(nil, theirs["plaintext_key"]), 0o600))
			return s.rotate(overlap...)
		}, fix: func(s *scene) {
			theirs, err := os.ReadFile(filepath.Join(s.dir, "theirs"))
			require.NoError(s, err)
			for _, c := range s.made("stratum") {
				if c.Secret != strings.TrimSpace(string(theirs)) && len(s.made("stratum")) == 2 {
					delete(s, c.ID)
				}
			}
			s.Cleanup(func() {
				assert.True(s, s.Authenticates("", strings.TrimSpace(string(theirs))), "what somebody keeps is not revoked")
			})
		}},
	}
	maps.Copy(all, moreWalks(ci, inPlace, medianova, overlap, delete))
	maps.Copy(all, creationWalks(ci, inPlace, medianova, overlap))
	maps.Copy(all, guardWalks(ci))
	maps.Copy(all, lostStateWalks(medianova))
	maps.Copy(all, hostWalks())
	maps.Copy(all, graceWalks())
	maps.Copy(all, unusableWalks(ci))
	maps.Copy(all, vendorWalks(ci, inPlace, medianova, overlap))
	maps.Copy(all, setupWalks(ci))
	maps.Copy(all, stateWalks())
	maps.Copy(all, verbWalks())
	maps.Copy(all, terminalWalks())
	return all
}
