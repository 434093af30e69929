package itemquery

import (
	"bytes"
	"encoding/json"
)

// Decode returns a JSON value as maps, slices, strings, bools and json.Number,
// whose digits stay as they are.
func Decode(b []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}
