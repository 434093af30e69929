package environment

// otherOwner reports nothing: Windows itself refuses to write to the folder of
// another user.
func otherOwner(string) (uid uint32, other bool) { return 0, false }
