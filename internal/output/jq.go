package output

import (
	"bufio"

	"github.com/itchyny/gojq"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

func parseQuery(text string) (code *gojq.Code, err error) {
	q, err := gojq.Parse(text)
	if err == nil {
		code, err = gojq.Compile(q)
	}
	if err != nil {
		return nil, provider.Usage("invalid --jq expression: %w", err)
	}
	return code, nil
}

// queried writes what a jq expression makes of a value: strings as they are,
// the rest as JSON, a line each. The expression sees the array of a list as one
// value, which is therefore gathered; the values of a stream it sees one by one.
type queried struct {
	p      Printer
	w      *bufio.Writer
	gather bool
	items  []any
}

func (q *queried) value(b []byte) error {
	v, err := decode(b)
	switch {
	case err != nil:
		return err
	case q.gather:
		q.items = append(q.items, v)
		return nil
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
	results := q.p.Format.query.Run(v)
	for result, ok := results.Next(); ok; result, ok = results.Next() {
		if halt, ok := result.(*gojq.HaltError); ok && halt.Value() == nil {
			return nil
		}
		if err, failed := result.(error); failed {
			return q.p.misfit("--jq expression", err)
		}
		text, isString := result.(string)
		if !isString {
			b, err := gojq.Marshal(result)
			if err != nil {
				return err
			}
			text = string(visible.JSON(b))
		}
		if err := q.p.writeText(q.w, text+"\n"); err != nil {
			return err
		}
	}
	return nil
}
