package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// confirm asks whether to go on, and returns an error unless the answer is yes.
// Where nobody can be asked, it names the flag that answers.
func (a *app) confirm(question string) error {
	if a.global.yes {
		return nil
	}
	if !a.interactive() {
		return provider.Hint(provider.Usage("%s There is nobody to ask", question), "--yes says yes")
	}
	fmt.Fprintf(a.stderr, "%s [y/N] ", question)
	answer, err := bufio.NewReader(io.LimitReader(a.stdin, 100)).ReadString('\n')
	if err != nil && answer == "" {
		return errDeclined
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errDeclined
}
