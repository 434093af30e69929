package fsafe

// A walk says how [locate] goes along a path.
type walk struct {
	trust  bool // refuse what others can replace
	follow bool // the last name too, where it is a symlink
	dir    bool // to a folder, and not to a name in one
	make   bool // make folders that are missing
}

// A spot is a name in a folder that is open, and what has that name.
type spot struct {
	folder *folder
	name   string
	entry  *entry // nil: nothing
}

func (s spot) path() string { return s.folder.join(s.name) }

// Resolve returns where the symlinks at path lead, which need not exist yet.
// Two names of one file have the same result.
func Resolve(path string) (string, error) {
	s, err := locate(path, walk{follow: true})
	if err != nil {
		return "", err
	}
	return s.path(), s.folder.close()
}
