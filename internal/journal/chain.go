package journal

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// The MAC is the last member of a line, over the line without it.
const macBegin, macEnd = `,"mac":"`, `"}`

// line returns the line of e, with its MAC, as the entry after the one with MAC
// before.
func (o *Operation) line(e *Entry, before string) ([]byte, error) {
	k, err := o.store.sealer()
	if err != nil {
		return nil, err
	}
	e.MAC = ""
	line, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	e.MAC = k.link(o.ID, before, line)
	return append(append(line[:len(line)-1], macBegin...), e.MAC+macEnd+"\n"...), nil
}

// genuine reports whether a line is one that credctl wrote after the entry with
// MAC before.
func (o *Operation) genuine(k *key, line []byte, before string) bool {
	at := bytes.LastIndex(line, []byte(macBegin))
	if at < 0 {
		return false
	}
	mac, whole := bytes.CutSuffix(line[at+len(macBegin):], []byte(macEnd))
	content := append(bytes.Clone(line[:at]), '}')
	return whole && hmac.Equal(mac, []byte(k.link(o.ID, before, content)))
}

// link returns the MAC of an entry in an operation.
func (k *key) link(operation, before string, content []byte) string {
	h := hmac.New(sha256.New, k.chain)
	h.Write([]byte(operation + "\n" + before + "\n"))
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// before returns the MAC that the entry after these follows.
func (o *Operation) before(entries []Entry) string {
	if len(entries) == 0 && o.headed {
		return chainStart
	}
	return lastMAC(entries)
}

func lastMAC(entries []Entry) string {
	if len(entries) == 0 {
		return ""
	}
	return entries[len(entries)-1].MAC
}
