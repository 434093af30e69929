package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/credctl/credctl/internal/provider"
)

// confirm asks whether to go on, and returns an error unless the answer is yes.
// Where nobody can be asked, it names the flag that answers.
func (a *app) confirm(ctx context.Context, question string) error {
	if a.global.yes {
		return nil
	}
	if !a.interactive() {
		return provider.Hint(provider.Usage("%s There is nobody to ask", question), "--yes says yes")
	}
	answer, err := a.ask(ctx, question+" [y/N] ")
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
func (a *app) ask(ctx context.Context, question string) (string, error) {
	return a.prompt(ctx, question, func() (string, error) {
		answer, err := bufio.NewReader(io.LimitReader(a.terminal, 100)).ReadString('\n')
		if err != nil && answer == "" {
			return "", errDeclined
		}
		return answer, nil
	})
}

// askHidden returns what a person types without showing it. The terminal is as
// it was afterwards, also when the person interrupts.
func (a *app) askHidden(ctx context.Context, question string) (string, error) {
	f, ok := a.terminal.(*os.File)
	if !ok {
		return "", provider.Usage("there is no terminal to read a secret from")
	}
	fd := int(f.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	defer func() { _ = term.Restore(fd, before) }()
	defer fmt.Fprintln(a.stderr)
	return a.prompt(ctx, question, func() (string, error) {
		secret, err := term.ReadPassword(fd)
		if errors.Is(err, io.EOF) {
			err = errDeclined
		}
		return string(secret), err
	})
}

// prompt waits for what read returns, but no longer than ctx lasts: a read from a
// terminal cannot be interrupted.
func (a *app) prompt(ctx context.Context, question string, read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	stop, answered := ctx.Done(), make(chan answer, 1) // from here on an interrupt ends nothing but ctx
	fmt.Fprint(a.stderr, question)
	go func() {
		text, err := read()
		answered <- answer{strings.TrimSpace(text), err}
	}()
	select {
	case got := <-answered:
		return got.text, got.err
	case <-stop:
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return "", provider.WithClass(ctx.Err(), errors.New("nobody answered in time"))
		}
		return "", provider.WithClass(ctx.Err(), errors.New("interrupted"))
	}
}
