package main

import (
	"fmt"
	"sync"

	"github.com/credctl/credctl/internal/visible"
)

// progress returns what tells a person what is being waited for. Nobody else is
// told: a log of cron should hold what went wrong.
func (a *app) progress() func(what string) {
	if !a.stderrTTY || a.global.quiet {
		return nil
	}
	var mu sync.Mutex
	last := ""
	return func(what string) {
		mu.Lock()
		defer mu.Unlock()
		if what != last {
			fmt.Fprintf(a.stderr, "… %s\n", visible.Text(what))
			last = what
		}
	}
}
