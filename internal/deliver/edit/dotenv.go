package edit

import (
	"slices"
	"strings"

	"github.com/joho/godotenv"

	"github.com/credctl/credctl/internal/quote"
)

// A Dotenv is the content of a dotenv file.
type Dotenv struct {
	mark, eol string
	entries   []dotenvEntry
}

// ParseDotenv reads the content of a dotenv file, and refuses what is a program, or
// what readers of the format would differ on.
func ParseDotenv(content string) (*Dotenv, error) {
	mark, rest := cutBOM(content)
	entries, err := dotenvEntries(rest)
	return &Dotenv{mark, newline(rest), entries}, err
}

// String returns the content as it was edited.
func (d *Dotenv) String() string {
	var b strings.Builder
	b.WriteString(d.mark)
	for _, e := range d.entries {
		b.WriteString(e.raw)
	}
	return b.String()
}

// Values returns those of the named variables that are set. Of several values of
// one the last counts, as it does for every reader.
func (d *Dotenv) Values(names ...string) map[string]string {
	values := map[string]string{}
	for _, e := range d.entries {
		if e.name == "" || !slices.Contains(names, e.name) {
			continue
		}
		if got, err := godotenv.Unmarshal(e.raw); err == nil { // else it is not of our making, and will be replaced
			values[e.name] = got[e.name]
		}
	}
	return values
}

// Set changes a variable wherever it is, so that no reader finds the old value, or
// adds it at the end. A value that the format cannot hold is [provider.ErrUsage],
// and changes nothing.
func (d *Dotenv) Set(name, value string) error {
	quoted, err := quote.Dotenv(value)
	if err != nil {
		return err
	}
	found := false
	for i, e := range d.entries {
		if e.name != name {
			continue
		}
		found = true
		text := quoted
		operator := strings.HasSuffix(e.raw[:e.from], ":") && strings.HasPrefix(text, "=") // T:=x means different things to different readers
		if (e.quoted() || operator) && quote.Plain(value) {                                // a reader that knows quotes, or a colon, reads these
			text = `"` + value + `"`
		}
		d.entries[i].raw = e.raw[:e.from] + text + e.raw[e.to:]
		d.entries[i].to = e.from + len(text)
	}
	if found {
		return nil
	}
	if n := len(d.entries); n > 0 && !strings.HasSuffix(d.entries[n-1].raw, "\n") {
		d.entries[n-1].raw += d.eol
	}
	if exported(d.entries) {
		name = "export " + name
	}
	d.entries = append(d.entries, dotenvEntry{raw: name + "=" + quoted + d.eol})
	return nil
}

// Remove takes a variable out, wherever it is.
func (d *Dotenv) Remove(name string) {
	d.entries = slices.DeleteFunc(d.entries, func(e dotenvEntry) bool { return e.name == name })
}
