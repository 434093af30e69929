package finished

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/maphash"
)

// A History finds the records of a credential among all that there were at one moment. It
// keeps their lines, and reads only those that are asked for. The nil History has none.
type History struct {
	archive *Archive
	text    []byte
	begins  []int // where each line begins in text, and where the next one would
	seed    maphash.Seed
	about   map[uint64][]int // by the hash of an ID, the line that was added first before the others
}

// History returns the records of an archive by credential.
func (a *Archive) History() (*History, error) {
	size := a.Size() // of a file it is that of all lines
	h := &History{archive: a, text: make([]byte, 0, size), begins: []int{0}, seed: maphash.MakeSeed(), about: map[uint64][]int{}}
	err := a.List.Each(func(line []byte) error {
		old, replacement := member(line, "id"), member(line, "new_id")
		for _, id := range [][]byte{old, replacement} {
			sum := maphash.Bytes(h.seed, id)
			h.about[sum] = append(h.about[sum], len(h.begins)-1)
			if bytes.Equal(old, replacement) {
				break
			}
		}
		h.text = append(h.text, line...)
		h.begins = append(h.begins, len(h.text))
		return nil
	})
	return h, err
}

// member returns a text of a line without reading the rest: the first member of this name
// is the record's own.
func member(line []byte, name string) []byte {
	_, value, _ := bytes.Cut(line, []byte(`,"`+name+`":"`))
	end := 0
	for end < len(value) && value[end] != '"' {
		if value[end] == '\\' {
			var text string
			_ = json.NewDecoder(bytes.NewReader(append([]byte{'"'}, value...))).Decode(&text)
			return []byte(text)
		}
		end++
	}
	return value[:end]
}

// About calls do with each record of an operation that has to do with r, as the old or as
// the new credential, the one that was added first before the others.
func (h *History) About(r Ref, do func(Record)) error {
	if h == nil || r.ID == "" {
		return nil
	}
	for _, i := range h.about[maphash.String(h.seed, r.ID)] {
		x, err := h.archive.decode(h.text[h.begins[i]:h.begins[i+1]])
		if err != nil {
			return fmt.Errorf("line %d of the index of the journal: %w", i+1, err)
		}
		if x.Ref == r || x.New() == r {
			do(x)
		}
	}
	return nil
}
