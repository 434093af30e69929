package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"sync"
)

const (
	lowerHex  = "0123456789abcdef"
	alnum     = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	upper     = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	base64url = alnum + "-_"
)

// source makes IDs and secrets.
type source struct {
	mu sync.Mutex
	r  io.Reader
}

func secureSource() *source { return &source{r: rand.Reader} }

// seededSource gives the same bytes in every run: for example data, and for documents.
func seededSource(name string) *source {
	return &source{r: mathrand.NewChaCha8(sha256.Sum256([]byte(name)))}
}

func (s *source) bytes(n int) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := make([]byte, n)
	_, _ = io.ReadFull(s.r, b) // neither reader can fail
	return b
}

// text is n characters of an alphabet.
func (s *source) text(n int, alphabet string) string {
	b := s.bytes(n)
	for i := range b {
		b[i] = alphabet[int(b[i])%len(alphabet)]
	}
	return string(b)
}

func (s *source) uuid() string {
	b := s.bytes(16)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
