package folder

import (
	"bytes"
	"errors"
	"strings"

	"github.com/credctl/credctl/internal/journal/keyed"
	"github.com/credctl/credctl/internal/journal/lines"
	"github.com/credctl/credctl/internal/journal/lookup"
)

// sightings is the list of the credentials that were seen.
type sightings struct {
	*lookup.Index

	file lines.File
}

func newSightings(f lines.File, codec keyed.Codec, lock func() (release func(), err error)) sightings {
	return sightings{lookup.New(lookup.Config{
		Lines: f.Path, Table: strings.TrimSuffix(f.Path, suffix) + ".idx", Keys: codec.Keys, KeepEarlier: codec.KeepEarlier, Lock: lock,
	}), f}
}

// Refresh reads what was added.
func (s sightings) Refresh() error {
	err := s.Index.Refresh()
	if errors.Is(err, lookup.ErrAltered) { // a backup was restored, say
		if err = s.Drop(); err == nil {
			err = s.Index.Refresh()
		}
	}
	return err
}

// Add adds lines.
func (s sightings) Add(n int, line func(i int) ([]byte, error)) error {
	var text bytes.Buffer
	for i := range n {
		l, err := line(i)
		if err != nil {
			return err
		}
		text.Write(l)
	}
	if text.Len() == 0 {
		return nil
	}
	if err := s.file.Append(text.Bytes()); err != nil {
		return err
	}
	return s.Follow()
}
