// Package itemquery evaluates a jq expression for a value.
package itemquery

import (
	"context"

	"github.com/itchyny/gojq"

	"github.com/credctl/credctl/internal/visible"
)

// A Query is a jq expression.
type Query struct {
	code   *gojq.Code
	item   *Query // for each item of an array; nil: the expression needs all
	halted bool
}

// Parse compiles an expression.
func Parse(text string) (*Query, error) {
	q, err := gojq.Parse(text)
	if err != nil {
		return nil, err
	}
	code, err := gojq.Compile(q)
	if err != nil {
		return nil, err
	}
	query := &Query{code: code}
	if item := ofItem(q); item != nil {
		code, err = gojq.Compile(item)
		query.item = &Query{code: code}
	}
	return query, err
}

// OfItem returns what the expression does with each item of an array, if it only takes
// that apart, as in .[] | f and .[].id; else nil.
func (q *Query) OfItem() *Query { return q.item }

// ofItem returns what q does with each item, if it first takes an array apart; else nil.
func ofItem(q *gojq.Query) *gojq.Query {
	if len(q.FuncDefs) > 0 || q.Meta != nil || len(q.Imports) > 0 || len(q.Patterns) > 0 {
		return nil
	}
	if q.Op == gojq.OpPipe {
		left := ofItem(q.Left)
		if left == nil {
			return nil
		}
		return &gojq.Query{Left: left, Op: gojq.OpPipe, Right: q.Right}
	}
	t := q.Term
	if q.Op != 0 || t == nil || t.Type != gojq.TermTypeIdentity || len(t.SuffixList) == 0 || !t.SuffixList[0].Iter {
		return nil
	}
	if len(t.SuffixList) > 1 && t.SuffixList[1].Optional {
		return nil
	}
	return &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeIdentity, SuffixList: t.SuffixList[1:]}}
}

// Run gives each result for a decoded JSON value to write: a string as it is, anything
// else as JSON. It ends when ctx does, and with the first error of write, which it
// returns as unwritten.
func (q *Query) Run(ctx context.Context, v any, write func(text string) error) (failed, unwritten error) {
	if q.halted {
		return nil, nil
	}
	results := q.code.RunWithContext(ctx, v)
	for result, ok := results.Next(); ok; result, ok = results.Next() {
		if halt, ok := result.(*gojq.HaltError); ok && halt.Value() == nil {
			q.halted = true
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
