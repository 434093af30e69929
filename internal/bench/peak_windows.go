package main

import "os"

// peak is not known: the system says it only while a process runs.
func peak(*os.ProcessState) int64 { return 0 }
