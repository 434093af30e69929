package entry

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"encoding/json"
	"fmt"

	"github.com/credctl/credctl/internal/journal/seal"
	"github.com/credctl/credctl/internal/provider"
)

// A File is the file of an operation: a head and a line for each entry. Files of an
// older credctl have no head.
type File struct {
	Key       *seal.Key // nil: the MACs are not checked
	Operation string    // its ID

	Entries []Entry
	Headed  bool
	End     int64 // of the last entry

	Damage string // what is wrong with the file; empty: nothing
	Edited bool   // somebody else changed the file
}

// The MAC is the last member of a line, over the line without it.
const macBegin, macEnd = `,"mac":"`, `"}`

// Line returns the line of e, with its MAC, as the entry after those of f.
func (f *File) Line(e *Entry) ([]byte, error) {
	e.MAC = ""
	line, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	e.MAC = f.Key.Link(f.Operation, f.before(), line)
	return append(append(line[:len(line)-1], macBegin...), e.MAC+macEnd+"\n"...), nil
}

// Rewrite returns the file with what change leaves of its entries, signed with a key, and
// its text.
func (f *File) Rewrite(k *seal.Key, change func(*Entry) error) (*File, []byte, error) {
	again := &File{Key: k, Operation: f.Operation, Headed: f.Headed}
	var lines []byte
	for _, e := range f.Entries {
		if err := change(&e); err != nil {
			return nil, nil, err
		}
		line, err := again.Line(&e)
		if err != nil {
			return nil, nil, err
		}
		again.Entries, lines = append(again.Entries, e), append(lines, line...)
	}
	if again.Headed {
		lines = append(again.Head(), lines...)
	}
	return again, lines, nil
}

// Reseal encrypts the secrets of an entry with another key.
func (e *Entry) Reseal(from, to *seal.Key) error {
	if e.Sealed == "" {
		return nil
	}
	secrets := map[string]provider.Secret{}
	err := from.Open(e.Sealed, secrets)
	if err != nil {
		return fmt.Errorf("the secrets of entry %d cannot be decrypted: %w", e.Seq, err)
	}
	e.Sealed, e.Fingerprints, err = to.Seal(secrets)
	return err
}

// genuine reports whether a line is one that credctl wrote after the entries of f.
func (f *File) genuine(line []byte) bool {
	at := bytes.LastIndex(line, []byte(macBegin))
	if at < 0 {
		return false
	}
	mac, complete := bytes.CutSuffix(line[at+len(macBegin):], []byte(macEnd))
	content := append(bytes.Clone(line[:at]), '}')
	return complete && hmac.Equal(mac, []byte(f.Key.Link(f.Operation, f.before(), content)))
}

// before returns the MAC that the next entry follows.
func (f *File) before() string {
	if len(f.Entries) == 0 && f.Headed {
		return chainStart
	}
	return lastMAC(f.Entries)
}

// Last returns the MAC of the last entry, or "" if there is none.
func (f *File) Last() string { return lastMAC(f.Entries) }

func lastMAC(entries []Entry) string {
	if len(entries) == 0 {
		return ""
	}
	return entries[len(entries)-1].MAC
}

// Parse reads the content of the file. An entry that is not whole counts as never
// written when no other follows: its Append has not returned. The first one came with
// the file. Blank lines are the reserve.
func (f *File) Parse(b []byte) {
	b = b[:min(len(b), len(bytes.TrimRight(b, "\n"))+1)]
	head, at, b := cutHead(b)
	f.Headed = head != nil
	torn := 0
	for line := range bytes.Lines(b) {
		start := at
		at += int64(len(line))
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var e Entry
		switch {
		case !bytes.HasSuffix(line, []byte("\n")) || json.Unmarshal(line, &e) != nil || e.Step == "":
			torn = cmp.Or(torn, len(f.Entries)+1)
		case torn != 0 || e.Seq != len(f.Entries)+1:
			f.Damage = fmt.Sprintf("entry %d cannot be read, and others follow it", cmp.Or(torn, len(f.Entries)+1))
			return
		case f.Key != nil && !f.genuine(bytes.TrimSuffix(line, []byte("\n"))):
			f.edited("entry %d is not as credctl wrote it", e.Seq)
			return
		default:
			f.Entries, f.End = append(f.Entries, e), start+int64(len(line))
		}
	}
	if len(f.Entries) == 0 {
		f.Damage = "entry 1 cannot be read, so that it may be about any credential"
		return
	}
	if head != nil && f.Key != nil {
		f.checkHead(head)
	}
}

func (f *File) edited(format string, args ...any) {
	f.Damage, f.Edited = fmt.Sprintf(format, args...), true
}
