// Package trust opens files along a path on which nobody else can replace
// anything: every folder and every symlink is ours or root's, and no other user may
// write there. Each name is opened in the folder before it, so that what was
// checked is what is used.
//
// Other users may write in a sticky folder, such as /tmp, because they cannot
// replace what is ours there; then what the path enters must be ours or root's. A
// group may write when it is our own private group. Nobody can write on a
// read-only mount.
package trust

// A Walk says how [Locate] goes along a path.
type Walk struct {
	Trust  bool // refuse what others can replace
	Follow bool // the last name too, where it is a symlink
	Dir    bool // to a folder, and not to a name in one
	Make   bool // make folders that are missing
}

// A Spot is a name in a folder that is open, and what has that name.
type Spot struct {
	Folder *Folder
	Name   string
	Entry  *Entry // nil: nothing
}

// Path returns the path of the spot, in which no symlink is left.
func (s Spot) Path() string { return s.Folder.Join(s.Name) }

// Resolve returns where the symlinks at path lead, which need not exist yet.
// Two names of one file have the same result.
func Resolve(path string) (string, error) {
	s, err := Locate(path, Walk{Follow: true})
	if err != nil {
		return "", err
	}
	return s.Path(), s.Folder.Close()
}
