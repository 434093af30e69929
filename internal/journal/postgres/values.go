package postgres

import (
	"strconv"
	"strings"
)

// encode returns a parameter as text.
func encode(v any) []byte {
	switch v := v.(type) {
	case string:
		return []byte(v)
	case int:
		return strconv.AppendInt(nil, int64(v), 10)
	case int64:
		return strconv.AppendInt(nil, v, 10)
	case []string:
		return array(v)
	case []int64:
		all := make([]string, len(v))
		for i, n := range v {
			all[i] = strconv.FormatInt(n, 10)
		}
		return array(all)
	}
	return nil // NULL
}

// array returns an array as text.
func array(values []string) []byte {
	var b strings.Builder
	b.WriteByte('{')
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('"')
		b.WriteString(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v))
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return []byte(b.String())
}
