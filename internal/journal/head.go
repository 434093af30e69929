package journal

import (
	"bytes"
	"crypto/hmac"
	"encoding/json"
	"fmt"
	"os"

	"github.com/credctl/credctl/internal/provider"
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

// headLine returns the head of a file that ends with the last of entries.
func (o *Operation) headLine(entries []Entry) ([]byte, error) {
	k, err := o.store.sealer()
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, `{"head":%6d,"mac":"%s"}`+"\n", len(entries), k.headMAC(o.ID, entries)), nil
}

func (k *key) headMAC(operation string, entries []Entry) string {
	return k.link(operation, chainStart+fmt.Sprint(len(entries)), []byte(lastMAC(entries)))
}

// cutHead splits a file into its head, which is nil where there is none, and the rest.
func cutHead(b []byte) (h *head, size int64, rest []byte) {
	line, rest, found := bytes.Cut(b, []byte("\n"))
	if !found || !bytes.HasPrefix(line, []byte(`{"head":`)) || json.Unmarshal(line, &h) != nil {
		return nil, 0, b
	}
	return h, int64(len(line)) + 1, rest
}

// checkHead refuses an operation whose file has lost entries that its head names.
func (o *Operation) checkHead(k *key, h *head) {
	switch {
	case h.Entries > len(o.Entries):
		o.damage(fmt.Sprintf("entries were removed: it had %d, and has %d", h.Entries, len(o.Entries)))
	case h.Entries < 1 || !hmac.Equal([]byte(h.MAC), []byte(k.headMAC(o.ID, o.Entries[:h.Entries]))):
		o.damage("its first line is not as credctl wrote it")
	default:
		return
	}
	o.Damaged = provider.WithClass(provider.ErrRefused, o.Damaged)
}

// writeHead names the last of o.Entries in the head. Its failure takes nothing from
// the entry, which is durable; the next head names it too.
func (o *Operation) writeHead(f *os.File) {
	if !o.headed {
		return
	}
	if line, err := o.headLine(o.Entries); err == nil {
		_, _ = f.WriteAt(line, 0)
		_ = f.Sync()
	}
}
