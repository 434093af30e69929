// Package bounds stops what a user's expression makes of a value and would never end.
package bounds

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/credctl/credctl/internal/provider"
)

// most bounds what an expression makes of one credential.
const most = 64 << 20

// Of returns the context that given returns, or one without bound where it is nil.
func Of(given func() (context.Context, context.CancelFunc)) (context.Context, context.CancelFunc) {
	if given == nil {
		return context.Background(), func() {}
	}
	return given()
}

// Stopped returns the error of an evaluation that ctx has ended, or nil.
func Stopped(ctx context.Context, what string) error {
	switch cause := ctx.Err(); {
	case cause == nil:
		return nil
	case errors.Is(cause, context.DeadlineExceeded):
		return provider.WithClass(cause, fmt.Errorf("the %s did not end within the time limit", what))
	default:
		return provider.WithClass(cause, fmt.Errorf("interrupted: the %s had not ended", what))
	}
}

// Writer returns a writer that fails when it gets more than one result should have.
func Writer(w io.Writer) io.Writer { return &limited{w, most} }

type limited struct {
	w    io.Writer
	left int
}

func (l *limited) Write(b []byte) (int, error) {
	if l.left -= len(b); l.left < 0 {
		return 0, fmt.Errorf("the result is longer than %d MiB", most>>20)
	}
	return l.w.Write(b)
}
