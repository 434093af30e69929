package vendorjson

import (
	"bufio"
	"io"
)

// The bounds of what is decoded before it is passed on.
const (
	batches    = 8
	batchItems = 64
	readSize   = 32 << 10
)

// ReadItemsAhead is [ReadItems] that decodes the next items while yield is busy with
// those before. No item waits for more of the answer. If yield wants no more, stop makes
// the reading of the answer end. When ReadItemsAhead returns, nothing is under way any more.
func ReadItemsAhead[T any](l *Listing, items string, stop func(), yield func(T) bool) error {
	var decoded [batches][]T
	q := newQueue()
	return l.readAhead(q, stop, func() error {
		return ReadItems(l, items, func(item T) bool {
			decoded[q.batch] = append(decoded[q.batch], item)
			q.added()
			return true
		})
	}, func(batch int) (more bool) {
		for _, item := range decoded[batch] {
			if !yield(item) {
				return false
			}
		}
		decoded[batch] = decoded[batch][:0]
		return true
	})
}

// readAhead runs read, which fills the batches of q, in a goroutine of its own, and gives
// each batch to pass.
func (l *Listing) readAhead(q *queue, stop func(), read func() error, pass func(batch int) (more bool)) error {
	var err error
	l.body.r = bufio.NewReaderSize(waiting{l.body.r, q.next}, readSize)
	go func() {
		defer close(q.full)
		err = read()
		q.next()
	}()
	stopped := true
	defer func() { // also where pass panics
		if stopped {
			stop()
		}
		for batch := range q.full {
			q.free <- batch
		}
		l.Stopped = stopped
	}()
	for batch := range q.full {
		if !pass(batch) {
			return nil
		}
		q.free <- batch
	}
	stopped = false
	return err
}

// A queue is the numbers of the batches, between who fills and who empties them.
type queue struct {
	full, free chan int
	batch      int // which is being filled
	count      int // of the items in it
}

func newQueue() *queue {
	q := &queue{full: make(chan int, batches), free: make(chan int, batches)}
	for batch := range batches {
		q.free <- batch
	}
	q.batch = <-q.free
	return q
}

// added notes another item in the batch.
func (q *queue) added() {
	if q.count++; q.count == batchItems {
		q.next()
	}
}

// next passes the batch on, if there is something in it, and waits for an empty one.
func (q *queue) next() {
	if q.count > 0 {
		q.full <- q.batch
		q.batch, q.count = <-q.free, 0
	}
}

// A waiting reader calls before where it may have to wait.
type waiting struct {
	io.Reader
	before func()
}

func (w waiting) Read(b []byte) (int, error) {
	w.before()
	return w.Reader.Read(b)
}
