// Package overlap notices that a listing changes while its pages are read, so that
// items move from one page to another.
package overlap

import (
	"errors"
	"hash/maphash"

	"github.com/credctl/credctl/internal/provider"
)

// What is wrong with a page.
var (
	ErrRepeated = errors.New("the vendor returns the same page of the listing again")
	ErrShifted  = provider.WithClass(provider.ErrUnavailable, errors.New("the list changed each time credctl read it, so it may be incomplete"))
)

// Progress is how much of a listing was read in one pass.
type Progress struct {
	count  int
	total  int
	known  bool   // total is
	begin  string // the ID of the first item of the page before
	before map[string]struct{}
}

// most bounds how many IDs of a page are kept.
const most = 10_000

// Next notes an item of the first page, which is read item by item.
func (p *Progress) Next(id string) {
	if p.count++; p.count == 1 {
		p.begin, p.before = id, map[string]struct{}{}
	}
	if len(p.before) < most {
		p.before[id] = struct{}{}
	}
}

// Count is how many items were noted.
func (p *Progress) Count() int { return p.count }

// Total notes how many items there are, as a page says, if it does. It must not differ
// from one page to another.
func (p *Progress) Total(total int, told bool) error {
	if told && p.known && total != p.total {
		return ErrShifted
	}
	p.total, p.known = total, told
	return nil
}

// Page notes a further page, whose items have these IDs. One that was on the page
// before as well has moved.
func (p *Progress) Page(ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	if ids[0] != "" && ids[0] == p.begin {
		return ErrRepeated
	}
	if _, moved := p.before[ids[0]]; moved && ids[0] != "" {
		return ErrShifted
	}
	p.count, p.begin = p.count+len(ids), ids[0]
	clear(p.before)
	for _, id := range ids {
		p.before[id] = struct{}{}
	}
	return nil
}

// End checks that as many items were noted as there are.
func (p *Progress) End() error {
	if p.known && p.count < p.total {
		return ErrShifted
	}
	return nil
}

// Seen tells items that an earlier pass has passed on from those that none has, by
// eight bytes each.
type Seen struct {
	seed   maphash.Seed
	hashes []uint64            // in the first pass, which passes on all
	index  map[uint64]struct{} // after it
}

// Add reports whether the item with this ID is to be passed on.
func (s *Seen) Add(id string) bool {
	if s.hashes == nil && s.index == nil {
		s.seed = maphash.MakeSeed()
	}
	h := maphash.String(s.seed, id)
	if s.index == nil {
		s.hashes = append(s.hashes, h)
		return true
	}
	_, known := s.index[h]
	s.index[h] = struct{}{}
	return !known
}

// EndPass says that another pass follows.
func (s *Seen) EndPass() {
	if s.index != nil {
		return
	}
	s.index = make(map[uint64]struct{}, len(s.hashes))
	for _, h := range s.hashes {
		s.index[h] = struct{}{}
	}
	s.hashes = nil
}
