// Package states makes state folders in which something has grown, by the code of the
// journal itself.
package states

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/entry"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// KeyID is the ID of the i-th key of the vendor that is asked.
func KeyID(i int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", i, i) }

// The state folders that Fill makes.
const (
	AfterRotations = "finished"
	AfterListings  = "seen"
	AmidRotations  = "waiting"
)

// Fill makes the state folder of a kind and a size.
func Fill(kind, dir, n string) error {
	size, err := strconv.Atoi(n)
	if err != nil {
		return err
	}
	switch kind {
	case AfterRotations:
		return finish(dir, size)
	case AfterListings:
		return see(dir, size)
	case AmidRotations:
		return wait(dir, WaitingFiles(dir), size)
	}
	return fmt.Errorf("unknown state %q", kind)
}

// WaitingFiles is the folder of the files that the rotations of a state folder delivered to.
func WaitingFiles(dir string) string { return dir + "-files" }

// stateIn makes a state folder, unless it exists.
func stateIn(dir string, write func(*journal.Store) error) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	store, err := folder.Open(dir)
	if err != nil {
		return err
	}
	return write(store)
}

// finish makes a state folder with n rotations that have ended, in 100 chains. Their files
// are written whole, as rotations leave them: step by step, 50,000 take minutes.
func finish(dir string, n int) error {
	began := time.Now().AddDate(-5, 0, 0).UTC().Truncate(time.Second)
	return stateIn(dir, func(store *journal.Store) error {
		key, err := store.Key()
		if err != nil {
			return err
		}
		for i := range n {
			id := func(link int) string { return fmt.Sprintf("%08x-0000-4000-9000-%012x", i%100, link) }
			at := began.Add(time.Duration(i) * time.Minute)
			print := key.Print(provider.NewSecret(fmt.Sprint("secret", i)))
			f := entry.File{Key: key, Operation: fmt.Sprintf("%s-%08x", at.Format("20060102-150405"), i), Headed: true, Entries: []journal.Entry{
				{Seq: 1, Time: at, Step: oplog.StepIntent, Provider: "stratum", Kind: "api-key", OldID: id(i / 100)},
				{Seq: 2, Time: at, Step: journal.Issued, NewID: id(i/100 + 1), Fingerprints: map[string]string{journal.NewSecret: print}},
				{Seq: 3, Time: at.Add(time.Second), Step: journal.Done},
			}}
			_, text, err := f.Rewrite(key, func(*journal.Entry) error { return nil })
			if err == nil {
				err = os.WriteFile(store.Backend().Where(f.Operation), text, 0o600)
			}
			if err != nil {
				return err
			}
		}
		if err := store.Backend().Prune(nil, nil); err != nil { // which lets Index move them
			return err
		}
		x, err := store.Index()
		if left := len(x.Live()); err == nil && left > 0 {
			err = fmt.Errorf("%d rotations have not ended", left)
		}
		return err
	})
}

// see makes a state folder that knows when n credentials were first seen.
func see(dir string, n int) error {
	return stateIn(dir, func(store *journal.Store) error {
		seen, err := store.Seen()
		if err != nil {
			return err
		}
		refs := make([]journal.Ref, n)
		for i := range refs {
			refs[i] = journal.Ref{Provider: "katapult", Kind: "access-key", ID: fmt.Sprintf("objkey_%016d", i)}
		}
		return seen.Note(time.Now().AddDate(-1, 0, 0), refs...)
	})
}

// wait makes a state folder with n rotations in their grace period, which have delivered
// to files in a folder of their own.
func wait(dir, files string, n int) error {
	if err := os.MkdirAll(files, 0o700); err != nil {
		return err
	}
	return stateIn(dir, func(store *journal.Store) error {
		for i := range n {
			if err := waitFor(store, i, filepath.Join(files, strconv.Itoa(i))); err != nil {
				return err
			}
		}
		return nil
	})
}

// waitFor makes one rotation that is in its grace period.
func waitFor(store *journal.Store, i int, file string) error {
	secret, to, at := fmt.Sprintf("sk_test_%040d", i), "file:"+file, time.Now().Add(-time.Hour)
	if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
		return err
	}
	subject := oplog.Subject{Provider: "stratum", Kind: "api-key", ID: KeyID(i), Bound: true}
	issued := provider.Credential{Provider: "stratum", Kind: "api-key", ID: fmt.Sprintf("%08x-0000-4000-a000-000000000000", i)}
	var op *journal.Operation
	for _, x := range []struct {
		step journal.Step
		ev   oplog.Event
	}{
		{oplog.StepIntent, oplog.Event{Subject: &subject, Strategy: oplog.Replace, Options: &oplog.Options{To: []string{to}, Grace: 24 * time.Hour}, Old: &provider.Credential{ID: subject.ID}}},
		{oplog.StepIssued, oplog.Event{New: &issued}},
		{oplog.StepRights, oplog.Event{}},
		{oplog.StepVerified, oplog.Event{}},
		{oplog.StepDelivered, oplog.Event{To: to, Proof: "value"}},
		{oplog.StepHooked, oplog.Event{}},
		{oplog.StepGrace, oplog.Event{Until: at.Add(240 * time.Hour)}},
	} {
		e, err := x.ev.Entry(x.step, at)
		if err != nil {
			return err
		}
		if x.step == oplog.StepIssued {
			e.NewID, e.Secrets = issued.ID, map[string]provider.Secret{journal.NewSecret: provider.NewSecret(secret)}
		}
		if op == nil {
			e.Provider, e.Kind, e.OldID = "stratum", "api-key", subject.ID
			op, err = store.Create(e)
		} else {
			err = op.Append(e)
		}
		if err != nil {
			return err
		}
	}
	return op.Settle()
}
