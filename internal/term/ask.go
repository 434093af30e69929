package term

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

// ErrDeclined is the answer no to a question.
var ErrDeclined = errors.New("cancelled")

// A Question asks whether something that cannot be undone should be done.
type Question struct {
	Do      string // "Delete access key objkey_1 (web-assets)"
	Account string // "organization acme"; "": it is not known
	Profile string // of the configuration; "": none is used
	Effect  string // a sentence: "Clients that use it stop working."
}

func (q Question) String() string {
	text := q.Do
	if q.Account != "" {
		text += " in " + q.Account
	}
	if q.Profile != "" {
		text += " (profile " + q.Profile + ")"
	}
	return strings.TrimSpace(text + "? " + q.Effect)
}

// Confirm asks a person whether to continue, and returns an error unless the answer
// is yes. Where nobody can be asked, the error names the flag that answers.
func (s *Streams) Confirm(ctx context.Context, question string) error {
	if s.Yes {
		return nil
	}
	if !s.Interactive() {
		why := "standard input is not a terminal"
		if s.InTTY && s.ErrTTY {
			why = "prompts are disabled (--no-input or CI)"
		}
		return provider.Hint(provider.Usage("Confirmation is required, and %s: %s", why, question), "to confirm, pass --yes")
	}
	for {
		answer, err := s.Ask(ctx, question+" [y/N]")
		if err != nil {
			return err
		}
		switch strings.ToLower(answer) {
		case "y", "yes":
			return nil
		case "", "n", "no":
			return ErrDeclined
		}
		question = "Answer y for yes or n for no"
	}
}

// Ask returns what a person answers. No answer declines.
func (s *Streams) Ask(ctx context.Context, question string) (string, error) {
	answer, err := s.prompt(ctx, question, func() (string, error) {
		answer, err := bufio.NewReader(io.LimitReader(s.In, 100)).ReadString('\n')
		if err != nil && answer == "" {
			return "", ErrDeclined
		}
		return answer, nil
	})
	if err != nil { // no newline was typed
		fmt.Fprintln(s.Err)
	}
	return answer, err
}

// AskHidden returns what a person types without showing it. The terminal is as
// it was afterwards, also when the person interrupts.
func (s *Streams) AskHidden(ctx context.Context, question string) (string, error) {
	f, ok := s.In.(*os.File)
	if !ok {
		return "", provider.Usage("cannot ask for a secret: standard input is not a terminal")
	}
	fd := int(f.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	defer func() { _ = term.Restore(fd, before) }()
	if err := hide(fd); err != nil {
		return "", err
	}
	defer fmt.Fprintln(s.Err)
	return s.prompt(ctx, question, func() (string, error) {
		secret, err := readHidden(fd)
		if errors.Is(err, io.EOF) {
			err = ErrDeclined
		}
		return secret, err
	})
}

// prompt waits for what read returns, but no longer than ctx lasts: a read from a
// terminal cannot be interrupted.
func (s *Streams) prompt(ctx context.Context, question string, read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	s.asking.Store(true)
	defer s.asking.Store(false)
	stop, answered := ctx.Done(), make(chan answer, 1) // from here on an interrupt ends nothing but ctx
	fmt.Fprint(s.Err, s.Fill(strings.TrimRight(question, " "))+" ")
	go func() {
		text, err := read()
		answered <- answer{strings.TrimSpace(text), err}
	}()
	select {
	case got := <-answered:
		return got.text, got.err
	case <-stop:
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return "", provider.WithClass(ctx.Err(), errors.New("no answer within the time limit"))
		}
		return "", provider.WithClass(ctx.Err(), errors.New("interrupted"))
	}
}
