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

// Fill returns a text for people in lines that fit the terminal that standard error is.
func (s *Streams) Fill(text string) string {
	lines := strings.Split(visible.Lines(text), "\n")
	for i, line := range lines {
		if width := max(s.columns()-1, 20); s.ErrTTY && len([]rune(line)) > width { // the cursor is behind a question
			lines[i] = visible.Fill(line, width)
		}
	}
	return strings.Join(lines, "\n")
}

// Color reports whether results may be coloured.
func (s *Streams) Color() bool { return s.OutTTY && !s.plain }
