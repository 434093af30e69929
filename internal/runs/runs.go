// Package runs remembers how the last run of each policy ended, in the state folder.
//
//	runs/HASH.json  the last run of one policy file
package runs

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/fsafe"
)

// A Run is the last run of a policy.
type Run struct {
	File        string    `json:"file"`     // of the policy, absolute
	LastRun     time.Time `json:"last_run"` // when it ended
	LastSuccess time.Time `json:"last_success,omitzero"`
	Exit        int       `json:"exit"`
	NextDue     time.Time `json:"next_due,omitzero"` // zero: nothing is known to fall due
	Due         int       `json:"due"`               // due and not rotated
	Pending     int       `json:"pending"`           // unfinished, without an error: in the grace period, for example
	Failed      int       `json:"failed"`
	Unknown     int       `json:"unknown,omitzero"` // neither due nor not: the run could not read their age

	Upcoming []time.Time `json:"upcoming,omitzero"` // when credentials fall due, the first ones in order

	Path string `json:"-"` // of the record, where it was read
}

// Removed reports whether the file of the policy no longer exists.
func (r Run) Removed() bool {
	_, err := os.Stat(r.File)
	return errors.Is(err, fs.ErrNotExist)
}

// Succeeded reports whether an exit status is one of a run that did all there was to do.
func Succeeded(exit int) bool { return exit == 0 || exit == 10 }

// FallDue records when credentials fall due that are not due yet.
func (r *Run) FallDue(at []time.Time) {
	const most = 1000
	slices.SortFunc(at, time.Time.Compare)
	if r.Upcoming = at[:min(len(at), most)]; len(at) > 0 {
		r.NextDue = at[0]
	}
}

// At returns r as it is at a later time, when more has fallen due. When it will be due is not
// in it, but for the next.
func (r Run) At(now time.Time) Run {
	upcoming := r.Upcoming
	if upcoming == nil && !r.NextDue.IsZero() { // an earlier version has recorded the next one alone
		upcoming = []time.Time{r.NextDue}
	}
	passed := 0
	for passed < len(upcoming) && !upcoming[passed].After(now) {
		passed++
	}
	r.Due, r.NextDue, r.Upcoming = r.Due+passed, time.Time{}, nil
	if passed < len(upcoming) {
		r.NextDue = upcoming[passed]
	}
	return r
}

const suffix = ".json"

// Record writes r into the state folder. If the run failed, the time of the last
// success is that of earlier runs.
func Record(state string, r Run) (Run, error) {
	dir := folder(state)
	if _, err := fsafe.Own(dir); err != nil {
		return r, fmt.Errorf("state folder: %w", err)
	}
	path := pathOf(state, r.File)
	before, berr := read(path)
	if Succeeded(r.Exit) {
		r.LastSuccess = r.LastRun
	} else if berr == nil {
		r.LastSuccess = before.LastSuccess
	}
	if berr == nil && r.Unknown > 0 { // what earlier runs knew still holds
		known := before.At(r.LastRun)
		due := max(r.Due, min(known.Due, r.Due+r.Unknown))
		r.Due, r.Unknown = due, r.Unknown-(due-r.Due)
		if r.NextDue.IsZero() {
			r.NextDue = known.NextDue
		}
	}
	text, err := json.Marshal(r)
	if err == nil {
		err = fsafe.WriteFile(path, text, fsafe.Options{})
	}
	if err != nil {
		return r, fmt.Errorf("cannot record the run: %w", err)
	}
	return r, nil
}

// All returns the last run of each policy, in the order of the files' names. A record
// that cannot be read is an error, together with the others.
func All(state string) ([]Run, error) {
	entries, err := os.ReadDir(folder(state))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	problems := []error{err}
	var all []Run
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), suffix) {
			continue
		}
		r, err := read(filepath.Join(folder(state), e.Name()))
		if err != nil {
			problems = append(problems, err)
			continue
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Run) int { return cmp.Compare(a.File, b.File) })
	return all, errors.Join(problems...)
}

// Known reports whether a run of the policy in a file was recorded.
func Known(state, file string) bool {
	_, err := os.Stat(pathOf(state, file))
	return err == nil
}

func pathOf(state, file string) string {
	name := sha256.Sum256([]byte(file))
	return filepath.Join(folder(state), hex.EncodeToString(name[:8])+suffix)
}

func folder(state string) string { return filepath.Join(state, "runs") }

func read(path string) (r Run, err error) {
	text, err := os.ReadFile(path) //nolint:gosec // G304: in the state folder
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		return r, fmt.Errorf("cannot read the record of a run: %s: %w", path, err)
	}
	r.Path = path
	return r, nil
}
