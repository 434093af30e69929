package sandbox

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/conformance"
)

// A mirror sends recorded requests to the sandbox, and holds its answers against
// the recorded ones. What the real server chose, such as IDs and secrets, has
// another value here: names maps the recorded values to those of the sandbox.
type mirror struct {
	client
	names map[string]string
}

func newMirror(t *testing.T, vendor string, opts Options) *mirror {
	t.Helper()
	return &mirror{start(t, opts).client(t, vendor), map[string]string{}}
}

// here puts into a recorded text what the sandbox has instead of it; there does the opposite.
func (m *mirror) here(text string) string {
	for recorded, ours := range m.names {
		text = strings.ReplaceAll(text, recorded, ours)
	}
	return text
}

func (m *mirror) there(text string) string {
	for recorded, ours := range m.names {
		text = strings.ReplaceAll(text, ours, recorded)
	}
	return text
}

// learn remembers what the sandbox chose for the members of an answer.
func (m *mirror) learn(t *testing.T, e conformance.Exchange, r reply, path ...any) {
	t.Helper()
	m.names[e.At(t, path...).(string)] = r.text(t, path...)
}

// send sends the request of e.
func (m *mirror) send(e conformance.Exchange) reply {
	m.t.Helper()
	path := e.Path
	if len(e.Query) > 0 {
		path += "?" + e.Query.Encode()
	}
	var headers []string
	for _, name := range []string{"X-Api-Key", "Content-Type"} {
		if value := e.Header.Get(name); value != "" {
			headers = append(headers, name+": "+m.here(value))
		}
	}
	return m.do(e.Method, m.here(path), m.here(e.Body), headers...)
}

// like compares what surrounds the body of an answer with the recorded one.
func (m *mirror) like(e conformance.Exchange, r reply) {
	m.t.Helper()
	assert.Equal(m.t, e.Status, r.status, "%s: %s", e.Name, r.body)
	for name := range e.AnswerHeader {
		if strings.HasPrefix(name, "X-") {
			assert.Contains(m.t, r.header, name, e.Name)
		}
	}
	for _, name := range []string{"Content-Type", "X-Api-Schema", "Retry-After"} {
		assert.Equal(m.t, e.AnswerHeader.Get(name), r.header.Get(name), "%s: %s", e.Name, name)
	}
}

// blankTimes takes the times out of an answer.
func blankTimes(text string) string {
	return regexp.MustCompile(`"\d{4}-\d\d-\d\dT[0-9:.]+Z"`).ReplaceAllString(text, `"a time"`)
}
