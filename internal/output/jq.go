package output

import (
	"bufio"
	"cmp"

	"github.com/credctl/credctl/internal/output/bounds"
	"github.com/credctl/credctl/internal/output/itemquery"
	"github.com/credctl/credctl/internal/provider"
)

func parseQuery(text string) (*itemquery.Query, error) {
	q, err := itemquery.Parse(text)
	if err != nil {
		return nil, provider.Usage("the --jq expression: %w", err)
	}
	return q, nil
}

// queried writes what a jq expression makes of a value, a line each: of the array of a list,
// which is gathered unless the expression only takes it apart; of a stream one by one.
type queried struct {
	p      Printer
	w      *bufio.Writer
	query  *itemquery.Query
	gather bool
	items  []any
	memory bounds.Gatherer
}

func (q *queried) value(b []byte) error {
	v, err := itemquery.Decode(b)
	switch {
	case err != nil:
		return err
	case q.gather:
		q.items = append(q.items, v)
		return q.memory.Add("--jq expression")
	}
	return q.run(v)
}

func (q *queried) end() error {
	if !q.gather {
		return nil
	}
	return q.run(q.items)
}

func (q *queried) run(v any) error {
	ctx, cancel := bounds.Of(q.p.Bound)
	defer cancel()
	failed, unwritten := q.query.Run(ctx, v, func(text string) error { return q.p.writeText(q.w, text+"\n") })
	if failed != nil {
		return cmp.Or(bounds.Stopped(ctx, "--jq expression"), q.p.misfit("--jq expression", failed))
	}
	return unwritten
}
