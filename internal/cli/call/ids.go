package call

import (
	"bufio"
	"io"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
)

// readIDs returns the IDs among the arguments: - stands for those on standard
// input, a line each. One that is named twice counts once, and so does a UUID in
// another case, which names the same to every vendor, guard, lock and journal.
// Standard input may have none: then there is nothing to do, which is no error.
func (s *selection) readIDs(c *Call, args []string) ([]string, error) {
	var ids []string
	for _, arg := range args {
		if arg != "-" {
			ids = append(ids, arg)
			continue
		}
		lines, err := linesOf(c.Run.Streams)
		if err != nil {
			return nil, err
		}
		ids, s.listed = append(ids, lines...), true
	}
	seen := make(map[string]bool, len(ids))
	for i, id := range ids {
		if provider.IsUUID(id) {
			ids[i] = strings.ToLower(id)
		}
	}
	ids = slices.DeleteFunc(ids, func(id string) bool {
		twice := seen[id]
		seen[id] = true
		return twice
	})
	return ids, CheckIDs(c.Kind, ids)
}

// CheckIDs finds an ID that cannot be one of a kind.
func CheckIDs(kind provider.Kind, ids []string) error {
	if kind.CheckID == nil {
		return nil
	}
	for _, id := range ids {
		if err := kind.CheckID(id); err != nil {
			return provider.WithClass(provider.ErrUsage, err)
		}
	}
	return nil
}

// linesOf returns the lines of standard input that have something in them.
func linesOf(streams *term.Streams) (found []string, err error) {
	in, err := streams.Claim("IDs")
	if err != nil {
		return nil, provider.WithClass(provider.ErrUsage, err)
	}
	lines := bufio.NewScanner(io.LimitReader(in, 64<<20))
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" {
			found = append(found, line)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, provider.Usage("cannot read IDs from standard input: %w", err)
	}
	return found, nil
}
