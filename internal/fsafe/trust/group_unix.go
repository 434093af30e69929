//go:build unix

package trust

import (
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
)

// privateGroup reports whether nobody but root and us is in a group: it is our
// primary group, and either has our user's number and no other member that the
// system's files tell of, or is known to have no other member.
func privateGroup(gid uint32) bool {
	if int(gid) != os.Getegid() {
		return false
	}
	us := strconv.Itoa(os.Geteuid())
	name := ""
	if u, err := user.LookupId(us); err == nil {
		name = u.Username
	}
	known, alone := members(records("/etc/group"), records("/etc/passwd"), strconv.FormatUint(uint64(gid), 10), us, name)
	return alone && (known || int(gid) == os.Geteuid())
}

// members finds in the records of the system's two files whether a group is known, and
// whether it has no member but root and the user with this number and name.
func members(groups, users [][]string, gid, us, name string) (known, alone bool) {
	alone = true
	for _, fields := range groups { // name:password:gid:members
		if len(fields) < 4 || fields[2] != gid {
			continue
		}
		known = true
		for member := range strings.SplitSeq(fields[3], ",") {
			alone = alone && slices.Contains([]string{"", "root", name}, strings.TrimSpace(member))
		}
	}
	for _, fields := range users { // name:password:uid:gid:…
		alone = alone && (len(fields) < 4 || fields[3] != gid || fields[2] == us || fields[2] == "0")
	}
	return known, alone
}

func records(path string) (all [][]string) {
	b, err := os.ReadFile(path) //nolint:gosec // one of two names
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(b)) {
		all = append(all, strings.Split(strings.TrimSpace(line), ":"))
	}
	return all
}
