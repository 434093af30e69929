package output

import (
	"bufio"

	"github.com/itchyny/gojq"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

func parseQuery(text string) (*gojq.Code, error) {
	q, err := gojq.Parse(text)
	if err != nil {
		return nil, provider.Usage("the --jq expression: %w", err)
	}
	code, err := gojq.Compile(q)
	if err != nil {
		return nil, provider.Usage("the --jq expression: %w", err)
	}
	return code, nil
}

// queried writes what a jq expression makes of a value: strings as they are,
// the rest as JSON, a line each. The expression sees the array of a list as a
// whole, which is therefore gathered; the values of jsonl it sees one by one.
type queried struct {
	w      *bufio.Writer
	code   *gojq.Code
	clean  bool
	vague  bool // its errors quote values, among which is a secret
	gather bool
	items  []any
}

func (q *queried) value(b []byte) error {
	v, err := decode(b)
	if err != nil {
		return err
	}
	if q.gather {
		q.items = append(q.items, v)
		return nil
	}
	return q.run(v)
}

func (q *queried) end() error {
	if !q.gather {
		return nil
	}
	if q.items == nil {
		q.items = []any{}
	}
	return q.run(q.items)
}

func (q *queried) run(v any) error {
	results := q.code.Run(v)
	for {
		result, ok := results.Next()
		if !ok {
			return nil
		}
		if halt, ok := result.(*gojq.HaltError); ok && halt.Value() == nil {
			return nil
		}
		if err, failed := result.(error); failed {
			if q.vague {
				return provider.Usage("the --jq expression does not fit this value")
			}
			return provider.Usage("the --jq expression: %w", err)
		}
		text, isString := result.(string)
		if !isString {
			b, err := gojq.Marshal(result)
			if err != nil {
				return err
			}
			text = string(escape(nil, b))
		}
		if q.clean {
			text = visible.Lines(text)
		}
		if _, err := q.w.WriteString(text + "\n"); err != nil {
			return err
		}
	}
}
