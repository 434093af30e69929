//go:build linux

package journal_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/fsafe/fsafetest"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/provider"
)

// child is the environment variable that makes TestWhatReturnedIsDurable do what it
// is about, in the folder that is its value.
const child = "CREDCTL_JOURNAL_CHILD"

// marker begins the names of the folders that are made when a method has returned.
const marker = "returned:"

// TestWhatReturnedIsDurable has a process call each method, and finds nothing of
// the journal that a power cut could lose at the moment when it returns.
func TestWhatReturnedIsDurable(t *testing.T) {
	if dir := os.Getenv(child); dir != "" {
		record(t, dir)
		return
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestWhatReturnedIsDurable$")
	cmd.Env = append(os.Environ(), child+"="+dir)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	calls, status := fsafetest.Trace(t, cmd)
	require.Zero(t, status, said.String())
	var returned []string
	var before []fsafetest.Call
	for _, c := range calls {
		if _, what, ok := strings.Cut(c.Path, marker); ok {
			returned = append(returned, what)
			assert.Empty(t, fsafetest.Lost(before), "%s has returned", what)
		} else if strings.HasPrefix(c.Path, dir) {
			before = append(before, c)
		}
	}
	assert.Equal(t, []string{"Open", "Create", "Append", "Append again", "Wipe", "Index", "Issued", "Note", "Audit"}, returned)
}

func record(t *testing.T, dir string) {
	t.Helper()
	returned := func(what string, err error) {
		require.NoError(t, err, what)
		require.NoError(t, os.Mkdir(filepath.Join(dir, marker+what), 0o700))
	}
	s, err := folder.Open(filepath.Join(dir, "state"))
	returned("Open", err)
	o, err := s.Create(first("A"))
	returned("Create", err)
	returned("Append", o.Append(issued("B")))
	returned("Append again", o.Append(journal.Entry{Time: noon, Step: journal.Done}))
	returned("Wipe", o.Wipe())
	_, err = s.Index()
	returned("Index", err)
	returned("Issued", s.Issued(web, provider.NewSecret(canary), noon))
	seen, err := s.Seen()
	require.NoError(t, err)
	returned("Note", seen.Note(noon, web.With("new")))
	returned("Audit", s.Audit(journal.Event{Time: noon, Verb: "rotate", Result: "ok"}))
}

// TestAnEntryThatCouldNotBeWritten: a disk may be full although the file could be
// opened. The entry is not there, and one that fits takes its place.
func TestAnEntryThatCouldNotBeWritten(t *testing.T) {
	s, dir := open(t)
	o := create(t, s, first("A"), issued("B"))
	info, err := os.Stat(file(dir, o))
	require.NoError(t, err)
	big := journal.Entry{Time: noon, Step: "verified", Data: []byte(`"` + strings.Repeat("x", int(info.Size())) + `"`)}

	var was syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was))
	signal.Ignore(syscall.SIGXFSZ)
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(info.Size()), Max: was.Max}))
	failed := o.Append(big)
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was))
	signal.Reset(syscall.SIGXFSZ)

	require.ErrorIs(t, failed, syscall.EFBIG)
	assert.Len(t, o.Entries, 2)
	read, err := s.Load(o.ID)
	require.NoError(t, err)
	require.NoError(t, read.Damaged)
	assert.Equal(t, o.Entries, read.Entries)
	require.NoError(t, read.Append(journal.Entry{Time: noon, Step: journal.Done}))
	read, err = s.Load(o.ID)
	require.NoError(t, err)
	require.NoError(t, read.Damaged)
	assert.True(t, read.Final())
}

// What was seen first and could not be written down is an error, and is not known.
func TestASightingThatCouldNotBeWritten(t *testing.T) {
	s, _ := open(t)
	seen, err := s.Seen()
	require.NoError(t, err)
	require.NoError(t, seen.Note(noon, web.With("old")))
	var was syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was))
	signal.Ignore(syscall.SIGXFSZ)
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1, Max: was.Max}))
	failed := seen.Note(noon, web.With("new"))
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was))
	signal.Reset(syscall.SIGXFSZ)
	require.ErrorIs(t, failed, syscall.EFBIG)
	require.NoError(t, seen.Note(noon, web.With("new")), "the next run writes it")
}

// A fingerprint tells a secret again to who has the identity; to others, who may
// guess at secrets, it says nothing: another store makes another of the same secret.
func TestFingerprintsAreKeyed(t *testing.T) {
	prints := map[string]bool{}
	for range 2 {
		s, _ := open(t)
		o := create(t, s, first("A"), issued("B"))
		prints[o.Last().Fingerprints[journal.NewSecret]] = true
		same := create(t, s, first("C"), issued("D"))
		assert.Equal(t, o.Last().Fingerprints, same.Last().Fingerprints)
	}
	assert.Len(t, prints, 2)
	assert.NotContains(t, prints, "")
}

// Journals outlast the program that wrote them: by another name no fingerprint would
// be found in them, and no credential known as ours.
func TestFingerprintsKeepTheirNameOnDisk(t *testing.T) {
	s, _ := open(t)
	text, err := json.Marshal(create(t, s, first("A"), issued("B")).Last())
	require.NoError(t, err)
	assert.Contains(t, string(text), `"prints":{"new":"`)
}
