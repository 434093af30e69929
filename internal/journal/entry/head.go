package entry

import (
	"bytes"
	"crypto/hmac"
	"encoding/json"
	"fmt"
	"strconv"
)

// A head is the first line of an operation's file. It has one width, so that it is
// written in place, and names the entry that was the last one when it was written.
// That entry is durable before the head names it: a file with fewer entries than
// its head was cut. More of them are credctl's own if their MACs are.
type head struct {
	Entries int    `json:"head"`
	MAC     string `json:"mac"`
}

// chainStart is what the first entry of a file with a head follows. In a file
// without one it follows nothing, so that a head cannot be taken away.
const chainStart = "head"

// Head returns the first line of the file.
func (f *File) Head() []byte {
	return fmt.Appendf(nil, `{"head":%6d,"mac":"%s"}`+"\n", len(f.Entries), f.headMAC(f.Entries))
}

func (f *File) headMAC(entries []Entry) string {
	return f.Key.Link(f.Operation, chainStart+strconv.Itoa(len(entries)), []byte(lastMAC(entries)))
}

// cutHead splits a file into its head, which is nil where there is none, and the rest.
func cutHead(b []byte) (h *head, size int64, rest []byte) {
	line, rest, found := bytes.Cut(b, []byte("\n"))
	if !found || !bytes.HasPrefix(line, []byte(`{"head":`)) || json.Unmarshal(line, &h) != nil {
		return nil, 0, b
	}
	return h, int64(len(line)) + 1, rest
}

// checkHead notices that the file has lost entries that its head names.
func (f *File) checkHead(h *head) {
	switch {
	case h.Entries > len(f.Entries):
		f.edited("entries were removed: it had %d, and has %d", h.Entries, len(f.Entries))
	case h.Entries < 1 || !hmac.Equal([]byte(h.MAC), []byte(f.headMAC(f.Entries[:h.Entries]))):
		f.edited("its first line is not as credctl wrote it")
	}
}
