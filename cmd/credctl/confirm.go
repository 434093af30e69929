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
	answer, err := a.ask(question + " [y/N] ")
	if err != nil {
		return err
	}
	switch strings.ToLower(answer) {
	case "y", "yes":
		return nil
	}
	return errDeclined
}

// ask returns what a person answers. No answer declines.
func (a *app) ask(question string) (string, error) {
	fmt.Fprint(a.stderr, question)
	answer, err := bufio.NewReader(io.LimitReader(a.stdin, 100)).ReadString('\n')
	if err != nil && answer == "" {
		return "", errDeclined
	}
	return strings.TrimSpace(answer), nil
}
