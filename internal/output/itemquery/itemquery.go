// Package itemquery evaluates a jq expression for a value.
package itemquery

import (
	"context"

	"github.com/itchyny/gojq"

	"github.com/credctl/credctl/internal/visible"
)

// A Query is a jq expression.
type Query struct{ code *gojq.Code }

// Parse compiles an expression.
func Parse(text string) (*Query, error) {
	q, err := gojq.Parse(text)
	if err != nil {
		return nil, err
	}
	code, err := gojq.Compile(q)
	return &Query{code}, err
}

// Run gives each result for a decoded JSON value to write: a string as it is, anything
// else as JSON. It ends when ctx does, and with the first error of write, which it
// returns as unwritten.
func (q *Query) Run(ctx context.Context, v any, write func(text string) error) (failed, unwritten error) {
	results := q.code.RunWithContext(ctx, v)
	for result, ok := results.Next(); ok; result, ok = results.Next() {
		if halt, ok := result.(*gojq.HaltError); ok && halt.Value() == nil {
			return nil, nil
		}
		if err, failed := result.(error); failed {
			return err, nil
		}
		text, isString := result.(string)
		if !isString {
			b, err := gojq.Marshal(result)
			if err != nil {
				return err, nil
			}
			text = string(visible.JSON(b))
		}
		if err := write(text); err != nil {
			return nil, err
		}
	}
	return nil, nil
}
