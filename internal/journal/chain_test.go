package journal_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/provider"
)

// TestAnEditedEntryIsRefused edits the file of a rotation in each way that would
// have credctl do something else.
func TestAnEditedEntryIsRefused(t *testing.T) {
	replace := func(old, by string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, by, 1) }
	}
	for name, edit := range map[string]func(string) string{
		"the old ID":              replace(`"old_id":"A"`, `"old_id":"B"`),
		"the new ID":              replace(`"new_id":"N"`, `"new_id":"M"`),
		"a hook":                  replace(`"hook":"reload"`, `"hook":"rm -r"`),
		"a step":                  replace(`"step":"issued"`, `"step":"verified"`),
		"the MAC":                 replace(`"mac":"`, `"mac":"0`),
		"no MAC":                  replace(`,"mac":"`, `,"cam":"`),
		"a second MAC":            replace(`"}`, `","mac":"00"}`),
		"an entry that was added": func(s string) string { return s + `{"seq":4,"step":"done"}` + "\n" },
		"an entry that was copied": func(s string) string {
			return s + strings.Replace(strings.SplitAfter(s, "\n")[3], `"seq":3`, `"seq":4`, 1)
		},
		"without the first entry": func(s string) string {
			return strings.NewReplacer(`"seq":2`, `"seq":1`, `"seq":3`, `"seq":2`).Replace(strings.Join(strings.SplitAfter(s, "\n")[2:], ""))
		},
		"the head":          replace(`{"head":     3,"mac":"`, `{"head":     2,"mac":"`),
		"a head of nothing": replace(`{"head":     3`, `{"head":     0`),
		"without the head":  func(s string) string { _, s, _ = strings.Cut(s, "\n"); return s },
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := open(t)
			o := create(t, s, first("A"))
			require.NoError(t, o.Append(journal.Entry{Time: noon, Step: "issued", NewID: "N", Data: json.RawMessage(`{"hook":"reload"}`)}))
			require.NoError(t, o.Append(journal.Entry{Time: noon, Step: "delivered", NewID: "N"}))
			path := filepath.Join(dir, "operations", o.ID+".jsonl")
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			b = bytes.TrimRight(b, "\n")
			edited := edit(string(b) + "\n")
			require.NotEqual(t, string(b)+"\n", edited)
			require.NoError(t, os.WriteFile(path, []byte(edited), 0o600))

			read, err := s.Load(o.ID)
			require.NoError(t, err)
			require.ErrorIs(t, read.Damaged, provider.ErrRefused)
			require.ErrorContains(t, read.Damaged, "is not as credctl wrote it")
			assert.Contains(t, provider.HintOf(read.Damaged), path)
			require.ErrorIs(t, read.Append(journal.Entry{Time: noon, Step: journal.Done}), provider.ErrRefused)
			all, err := s.Index()
			require.NoError(t, err)
			assert.Len(t, all.Unfinished(), 1, "it is not passed over")
		})
	}
}

// TestRemovedEntriesAreNoticed takes the last entries out of a file, as somebody would
// who wants a step to be repeated, or a disk that loses them.
func TestRemovedEntriesAreNoticed(t *testing.T) {
	for _, wiped := range []bool{false, true} {
		for left := 1; left < 3; left++ {
			s, dir := open(t)
			o := create(t, s, first("A"), issued("N"), journal.Entry{Time: noon, Step: journal.Done})
			if wiped {
				require.NoError(t, o.Wipe())
			}
			path := filepath.Join(dir, "operations", o.ID+".jsonl")
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			lines := strings.SplitAfter(string(b), "\n")
			for _, end := range []string{"", "\n\n\n", lines[left+1][:20]} {
				require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines[:left+1], "")+end), 0o600))
				read, err := s.Load(o.ID)
				require.NoError(t, err)
				require.ErrorIs(t, read.Damaged, provider.ErrRefused)
				require.ErrorContains(t, read.Damaged, fmt.Sprintf("entries were removed: it had 3, and has %d", left))
				require.ErrorIs(t, read.Append(journal.Entry{Time: noon, Step: journal.Done}), provider.ErrRefused)
			}
		}
	}
}

// A run that was killed after an entry, and before the head that names it, has
// written the entry; the next one continues.
func TestAHeadMayBeBehind(t *testing.T) {
	s, dir := open(t)
	o := create(t, s, first("A"))
	before, err := os.ReadFile(file(dir, o))
	require.NoError(t, err)
	require.NoError(t, o.Append(issued("N")))
	after, err := os.ReadFile(file(dir, o))
	require.NoError(t, err)
	behind := append(bytes.SplitAfter(before, []byte("\n"))[0], bytes.SplitAfterN(after, []byte("\n"), 2)[1]...)
	require.NoError(t, os.WriteFile(file(dir, o), behind, 0o600))
	read, err := s.Load(o.ID)
	require.NoError(t, err)
	require.NoError(t, read.Damaged)
	require.Len(t, read.Entries, 2)
	require.NoError(t, read.Append(journal.Entry{Time: noon, Step: journal.Done}))
	read, err = s.Load(o.ID)
	require.NoError(t, err)
	require.NoError(t, read.Damaged)
	assert.Len(t, read.Entries, 3)
}

// A rotation's file under another rotation's name is not that rotation.
func TestARenamedOperationIsRefused(t *testing.T) {
	s, dir := open(t)
	o := create(t, s, first("A"))
	path := filepath.Join(dir, "operations", o.ID+".jsonl")
	require.NoError(t, os.Rename(path, filepath.Join(dir, "operations", "other.jsonl")))
	read, err := s.Load("other")
	require.NoError(t, err)
	require.ErrorIs(t, read.Damaged, provider.ErrRefused)
}

func TestALostIdentityIsNotReplaced(t *testing.T) {
	for name, ended := range map[string]bool{"with an unfinished operation": false, "with ended operations only": true} {
		t.Run(name, func(t *testing.T) {
			s, dir := open(t)
			o := create(t, s, first("A"))
			if ended {
				require.NoError(t, o.Append(journal.Entry{Time: noon, Step: journal.Done}))
				require.NoError(t, o.Wipe())
				x, err := s.Index()
				require.NoError(t, err)
				require.Empty(t, x.Live())
			}
			identity := filepath.Join(dir, "identity", "age.txt")
			require.NoError(t, os.Remove(identity))
			again, err := folder.Open(dir)
			require.NoError(t, err)
			_, err = again.Index()
			require.ErrorIs(t, err, provider.ErrRefused)
			require.ErrorContains(t, err, identity+" is missing")
			assert.NoFileExists(t, identity)
		})
	}
}

// The state folder notes which identity it was written with, so that a lost one is
// noticed where no file of a rotation is left.
func TestALostIdentityIsNoticedWithoutRotations(t *testing.T) {
	s, dir := open(t)
	require.NoError(t, s.Issued(web, provider.NewSecret(canary), noon))
	require.NoError(t, os.Remove(filepath.Join(dir, "identity", "age.txt")))
	again, err := folder.Open(dir)
	require.NoError(t, err)
	require.ErrorIs(t, again.CheckIdentity(), provider.ErrRefused)
}

// What a kubelet or logrotate opens is closed again, and that is said once.
func TestOwnFilesAreClosedAgain(t *testing.T) {
	s, dir := open(t)
	create(t, s, first("A"))
	require.NoError(t, s.Audit(journal.Event{Time: noon, Verb: "rotate", Result: "ok"}))
	for _, open := range []func(){
		func() {
			require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, _ error) error {
				if d.IsDir() {
					return os.Chmod(path, 0o770|os.ModeSetgid)
				}
				return os.Chmod(path, 0o660)
			}))
		},
		func() { require.NoError(t, os.Chmod(filepath.Join(dir, "audit.jsonl"), 0o640)) },
	} {
		open()
		var notes []string
		again, err := folder.OpenWith(dir, folder.Options{Closed: func(path string) { notes = append(notes, path) }})
		require.NoError(t, err)
		_, err = again.Index()
		require.NoError(t, err)
		require.NoError(t, again.CheckAudit(), "which comes first")
		require.NoError(t, again.Audit(journal.Event{Time: noon, Verb: "rotate", Result: "ok"}))
		require.Len(t, notes, 1)
		require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, _ error) error {
			info, err := d.Info()
			require.NoError(t, err)
			assert.Zero(t, info.Mode().Perm()&0o077, path)
			return nil
		}))
	}
}

// headOf returns the first line of an operation's file.
func headOf(content []byte) []byte { return content[:bytes.IndexByte(content, '\n')+1] }
