package finished

import (
	"slices"
	"time"
)

// Prune removes the steps of operations that ended before a time, and returns their
// records, which stay. The last one of a chain stays whole: its destinations hold the
// credential in force. With dry, Prune removes nothing.
func (a *Archive) Prune(before time.Time, dry bool) (pruned []Record, err error) {
	there, err := a.in.Finished()
	if err != nil {
		return nil, err
	}
	var old []Record
	err = a.Each(func(r Record) error {
		if _, found := slices.BinarySearch(there, r.Operation); found && r.Ended.Before(before) {
			old = append(old, r)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var ids []string
	var lines [][]byte
	for _, r := range old {
		inForce, err := a.inForce(r)
		if err != nil {
			return nil, err
		}
		if inForce {
			continue
		}
		line, err := a.encode(r)
		if err != nil {
			return nil, err
		}
		pruned, ids, lines = append(pruned, r), append(ids, r.Operation), append(lines, line)
	}
	if dry || len(pruned) == 0 {
		return pruned, nil
	}
	return pruned, a.in.Prune(ids, lines)
}

// Adopt adds the records of operations that another journal has pruned, and returns how many
// it has added: see Take.
func (a *Archive) Adopt(records []Record) (added int, err error) {
	ids, lines := make([]string, len(records)), make([][]byte, len(records))
	for i, r := range records {
		ids[i] = r.Operation
		if lines[i], err = a.encode(r); err != nil {
			return 0, err
		}
	}
	if err := a.in.Prune(ids, lines); err != nil {
		return 0, err
	}
	return a.Take(records)
}

// inForce reports whether r has issued a secret that was not replaced since.
func (a *Archive) inForce(r Record) (bool, error) {
	if r.Aborted || r.NewID == "" {
		return false, nil
	}
	last, err := a.Last(r.New())
	if err != nil || last != r.New() {
		return false, err
	}
	made, _, err := a.Made(last)
	return made.Operation == r.Operation, err
}
