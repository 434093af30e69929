package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/command"
	"github.com/credctl/credctl/internal/provider"
)

// The bounds of what gives a token and may never answer.
const (
	tokenCommandLimit = 10 * time.Second
	keyringLimit      = 3 * time.Second
)

// tokenCommand runs the command of the configuration that prints a token. There
// is no shell between: a list is its arguments, text is divided at its spaces.
func (a *app) tokenCommand(vendor string, given any) (string, error) {
	var argv []string
	switch c := given.(type) {
	case string:
		argv = strings.Fields(c)
	case []any:
		for _, arg := range c {
			argv = append(argv, fmt.Sprint(arg))
		}
	}
	if len(argv) == 0 {
		return "", provider.Usage("%s token_command is empty", vendor)
	}
	var out bytes.Buffer
	err := command.Program{Args: argv, Env: a.environ(), Stdout: &out, Limit: tokenCommandLimit, Asks: true}.Run(context.Background())
	token := strings.TrimRight(out.String(), "\r\n")
	if err == nil && token == "" {
		err = errors.New("it printed nothing")
	}
	if err != nil {
		return "", provider.As(provider.ErrDenied, fmt.Errorf("%s token_command %s: %w", vendor, argv[0], err))
	}
	return token, nil
}

// bounded calls f, and gives up on it after a while.
func bounded[T any](limit time.Duration, f func() (T, error)) (T, error) {
	type answer struct {
		v   T
		err error
	}
	ch := make(chan answer, 1)
	go func() {
		v, err := f()
		ch <- answer{v, err}
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case got := <-ch:
		return got.v, got.err
	case <-timer.C:
		var none T
		return none, fmt.Errorf("no answer within %s", limit)
	}
}
