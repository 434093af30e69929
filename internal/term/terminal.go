package term

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"

	"github.com/credctl/credctl/internal/visible"
)

// Adapt takes what the environment says of the terminal: its width in COLUMNS,
// and that colour is not wanted in NO_COLOR, TERM=dumb or CI.
func (o *Options) Adapt(env map[string]string) {
	o.envWidth, _ = strconv.Atoi(env["COLUMNS"])
	o.ci = env["CI"] != "" && env["CI"] != "false"
	o.plain = env["NO_COLOR"] != "" || env["TERM"] == "dumb" || o.ci
}

// Width returns the number of columns of the terminal that standard output is.
// It is 0 when standard output is no terminal, or one of unknown width.
func (s *Streams) Width() int {
	if !s.OutTTY {
		return 0
	}
	return s.width(s.Out.Writer)
}

func (s *Streams) width(stream any) int {
	f, ok := stream.(*os.File)
	if !ok || s.envWidth > 0 {
		return s.envWidth
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// Fill returns a text for people in lines that fit the terminal that standard error is,
// and as it is where that is none.
func (s *Streams) Fill(text string) string {
	if !s.ErrTTY {
		return visible.Lines(text)
	}
	return wrap(text, s.columns()-1) // the cursor is behind a question
}

// FillOut returns a text for people in lines that fit the terminal that standard output is.
func (s *Streams) FillOut(text string) string {
	width := s.Width()
	if width == 0 {
		return visible.Lines(text)
	}
	return wrap(text, width)
}

func wrap(text string, width int) string {
	lines := strings.Split(visible.Lines(text), "\n")
	for i, line := range lines {
		lines[i] = visible.Wrap(line, max(width, 20))
	}
	return strings.Join(lines, "\n")
}

// Color reports whether results may be coloured.
func (s *Streams) Color() bool { return s.OutTTY && !s.plain }
